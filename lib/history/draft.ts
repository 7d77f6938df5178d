import type { ChangeEvent } from './answers';

/** A change as it is found: the time is the finder's to add, unless the change itself tells it (epoch ms). */
export type Draft = { kind: ChangeEvent['kind']; title: string; detail: Record<string, unknown>; at?: number };

/** A change with what it is one of, such as `tables created`, and whose: many of one sort are told as one. */
export type Found = Draft & { sort: string; name: string };

/** At most so many changes of one sort stand for themselves; more become one with a list. */
const fold = { from: 20, names: 100 };

/** Changes as the list shows them: many of one sort at once become one. `sort` names it, such as `tables created`. */
export function folded(drafts: Found[]): Draft[] {
  const sorts = new Map<string, Found[]>();
  for (const draft of drafts) sorts.set(draft.sort, [...(sorts.get(draft.sort) ?? []), draft]);
  return [...sorts.values()].flatMap((same): Draft[] => {
    const [first] = same;
    if (!first || same.length <= fold.from) return same.map(({ sort: _, name: __, ...draft }) => draft);
    const names = same.map(({ name }) => name);
    const rest = names.length > 3 ? ` and ${names.length - 3} more` : '';
    return [
      {
        kind: first.kind,
        title: `${same.length} ${first.sort}: ${names.slice(0, 3).join(', ')}${rest}`,
        detail: {
          ...(same.every(({ detail }) => detail.database === first.detail.database) &&
            'database' in first.detail && { database: first.detail.database }),
          objects: names.slice(0, fold.names),
        },
      },
    ];
  });
}
