/** Paths of which the last answer is held: those of a page, and of the page before. */
const most = 24;

const held = new Map<string, { tag: string; value: object }>();

/** What tells pgdeck which answer of a path is here already. */
export function tagOf(path: string): { 'if-none-match'?: string } {
  const tag = held.get(path)?.tag;
  return tag === undefined ? {} : { 'if-none-match': tag };
}

/** Holds an answer that has a tag, and gives it back. */
export function holdAnswer<T>(path: string, headers: Headers, value: T): T {
  const tag = headers.get('etag');
  held.delete(path);
  if (tag !== null && typeof value === 'object' && value !== null) held.set(path, { tag, value });
  if (held.size > most) held.delete(held.keys().next().value as string);
  return value;
}

/** The answer that pgdeck says is still the last one, with the age that it has now; undefined where it is not here. */
export function heldAnswer<T>(path: string, headers: Headers): T | undefined {
  const found = held.get(path);
  const age = headers.get('x-age-seconds');
  if (!found || age === null || found.tag !== headers.get('etag')) return undefined;
  return { ...found.value, ageSeconds: Number(age) } as T;
}
