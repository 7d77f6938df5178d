/** How the overview asks for the statements that took the most time; the page's prefetch asks the same. */
export const worstAsk = { params: { min_mean_ms: '0', limit: '5' } };
