import { keyWords } from './key-words';

/** A name as it must be written in SQL: quoted unless it is plain and no key word, as `quote_ident()` would. */
export function quoted(name: unknown): string {
  const text = String(name);
  return /^[a-z_][a-z0-9_]*$/.test(text) && !keyWords.has(text) ? text : `"${text.replaceAll('"', '""')}"`;
}
