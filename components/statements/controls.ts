import type { TopicAsk } from '@/lib/client/queries';

/** From which mean time statements are shown, in ms, as the URL and the topic's parameter hold it. */
export const means = ['0', '10', '100', '1000'] as const;

/** How many statements are shown, by total time. */
export const limits = ['20', '50', '100', '200'] as const;

export type Mean = (typeof means)[number];
export type Limit = (typeof limits)[number];

/** What is chosen where the URL says nothing or something that cannot be chosen. */
export const defaults: { mean: Mean; limit: Limit } = { mean: '0', limit: '20' };

const one = <Value extends string>(among: readonly Value[], value: string | null, otherwise: Value) =>
  among.find((choice) => choice === value) ?? otherwise;

/**
 * How the topic is asked for what the URL chose. Of one database the most are asked for, because the topic counts
 * statements of all databases.
 */
export function statementsAsk(mean: string | null, limit: string | null, database: string | null): TopicAsk {
  return {
    params: {
      min_mean_ms: one(means, mean, defaults.mean),
      limit: database ? '200' : one(limits, limit, defaults.limit),
    },
  };
}
