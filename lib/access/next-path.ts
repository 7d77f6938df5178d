/** Longer addresses are not kept through a sign-in: they travel in a cookie. */
const longest = 1500;
const nowhere = 'http://pgdeck.invalid';
const forbidden = /[\0-\x20\x7f-\x9f\\]/;

/**
 * Where a sign-in leads back to: a path of pgdeck's own (without the base path) with its query, or `/` for anything that
 * is not one or could lead to another site.
 */
export function safeNext(text: string | null | undefined): string {
  if (typeof text !== 'string' || text.length > longest || !isOwn(text)) return '/';
  const url = URL.canParse(text, nowhere) ? new URL(text, nowhere) : undefined;
  if (url?.origin !== nowhere) return '/';
  // Only resolved, or decoded, `/..//host` and `/%2Fhost` begin with two slashes.
  if (!isOwn(decoded(url.pathname))) return '/';
  // Not back to the sign-in itself, and no answer for programs.
  return /^\/(api|signin)(\/|$)/i.test(url.pathname) ? '/' : url.pathname + url.search + url.hash;
}

function isOwn(path: string): boolean {
  return /^\/(?!\/)/.test(path) && !forbidden.test(path);
}

/** What a careless server or proxy would make of a path; nothing where it cannot be decoded. */
function decoded(path: string): string {
  try {
    return decodeURIComponent(path).replace(/ /g, '+');
  } catch {
    return '';
  }
}
