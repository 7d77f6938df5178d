import type { LoadBy } from '@/lib/history/answers';

/** One thing that load is narrowed to: `lock` by class, a statement id, a user's name … */
export type LoadFilter = { by: LoadBy; value: string };

/** By what load can be sliced, in the order of the page. */
export const slices = ['statement', 'wait', 'user', 'application', 'client', 'database'] as const;

/** One of the slices of the top table. */
export type Slice = (typeof slices)[number];

const kinds: readonly string[] = ['class', ...slices];

/** What each slice is called, alone and counted. */
export const sliceWords: Record<LoadBy, { one: string; many: string; none: string }> = {
  class: { one: 'Wait class', many: 'wait classes', none: 'other' },
  statement: { one: 'Statement', many: 'statements', none: 'no query id yet' },
  wait: { one: 'Wait event', many: 'wait events', none: 'no event' },
  user: { one: 'User', many: 'users', none: 'no user' },
  application: { one: 'Application', many: 'applications', none: 'no name' },
  client: { one: 'Client', many: 'clients', none: 'no address' },
  database: { one: 'Database', many: 'databases', none: 'no database' },
};

/** Reads `class:lock,user:app` as the API takes it; parts that make no sense are left out. */
export function parseLoadFilters(text: string): LoadFilter[] {
  return text.split(',').flatMap((part) => {
    const at = part.indexOf(':');
    const by = part.slice(0, at);
    const value = decoded(part.slice(at + 1));
    // An empty value is what has none: no user, no client …
    return at > 0 && value !== undefined && kinds.includes(by) ? [{ by: by as LoadBy, value }] : [];
  });
}

function decoded(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

/** Writes filters as the URL and the API hold them. */
export function printLoadFilters(filters: LoadFilter[]): string {
  return filters.map(({ by, value }) => `${by}:${encodeURIComponent(value).replaceAll('%3A', ':')}`).join(',');
}

/** The filters with one more; another of the same kind makes way, and the same one is taken away. */
export function toggled(filters: LoadFilter[], filter: LoadFilter): LoadFilter[] {
  const others = filters.filter(({ by }) => by !== filter.by);
  return filters.some(({ by, value }) => by === filter.by && value === filter.value) ? others : [...others, filter];
}
