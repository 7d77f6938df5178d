/** Paths of which the last answer is held: those of a page, and of the page before. */
const most = 24;

type Held<T> = { tag: string; value: T };

const answers = new Map<string, Held<unknown>>();

/** The last answer of a path with the tag that tells pgdeck which one is here already; undefined where it had none. */
export function heldAnswer<T>(path: string): Held<T> | undefined {
  return answers.get(path) as Held<T> | undefined;
}

/** Holds an answer that has a tag, and gives it back. */
export function hold<T>(path: string, headers: Headers, value: T): T {
  const tag = headers.get('etag');
  answers.delete(path);
  if (tag !== null) answers.set(path, { tag, value });
  if (answers.size > most) answers.delete(answers.keys().next().value as string);
  return value;
}

/** An answer that pgdeck says is still the last one, with the age that it has now. */
export function withAge<T>(value: T, headers: Headers): T {
  return { ...value, ageSeconds: Number(headers.get('x-age-seconds')) };
}
