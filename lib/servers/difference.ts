import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '@/lib/config';

/** What another list of servers means: ids, and of a changed server the keys of the file that say something else. */
export type Difference = { added: string[]; changed: { id: string; keys: string[] }[]; removed: string[] };

/** What the file calls the parts of a configuration. */
const keyOf: Partial<Record<keyof ServerConfig, string>> = {
  read: 'url',
  action: 'actionUrl',
  pgbouncer: 'pgbouncerUrl',
};
const parts = [
  ...(['name', 'read', 'action', 'environment', 'tags', 'pgbouncer', 'cpus', 'spindles', 'applications'] as const),
  'access',
] as const;

/** The keys of the file that say something else of a server than before. */
export function changedKeys(before: ServerConfig, after: ServerConfig): string[] {
  return parts.filter((part) => !isDeepStrictEqual(before[part], after[part])).map((part) => keyOf[part] ?? part);
}

/** Compares two lists of servers by their ids; which comes first is no difference. */
export function differenceOf(before: ServerConfig[], after: ServerConfig[]): Difference {
  const known = new Map(before.map((server) => [server.id, server]));
  const kept = new Set(after.map(({ id }) => id));
  return {
    added: after.filter(({ id }) => !known.has(id)).map(({ id }) => id),
    changed: after.flatMap((server) => {
      const old = known.get(server.id);
      const keys = old ? changedKeys(old, server) : [];
      return keys.length > 0 ? [{ id: server.id, keys }] : [];
    }),
    removed: before.filter(({ id }) => !kept.has(id)).map(({ id }) => id),
  };
}

/** A difference in a sentence, without any value: `Added: books. Changed: shop (tags, url). Removed: old.` */
export function differenceWords({ added, changed, removed }: Difference): string {
  const said = [
    ['Added', added],
    ['Changed', changed.map(({ id, keys }) => `${id} (${keys.join(', ')})`)],
    ['Removed', removed],
  ] as const;
  const words = said.filter(([, ids]) => ids.length > 0).map(([word, ids]) => `${word}: ${ids.join(', ')}.`);
  return words.length > 0 ? words.join(' ') : 'Nothing is different.';
}
