import { Hammer, Trash2 } from 'lucide-react';
import type { ActionDialogs } from '@/components/actions/action-provider';
import { whyNotChange } from '@/components/tables/table-menu';
import type { MenuEntry } from '@/components/ui/menu';
import { type Index, indexName, standing } from './summary';

/** Why an index cannot be dropped by itself; undefined where it can. */
export function whyNotDrop(row: Pick<Index, 'is_primary' | 'constraint_type'>): string | undefined {
  if (row.is_primary) return 'It keeps the primary key: that is dropped with ALTER TABLE.';
  if (row.constraint_type === 'u') return 'It keeps a unique constraint: that is dropped with ALTER TABLE.';
  if (row.constraint_type === 'x') return 'It keeps an exclusion constraint: that is dropped with ALTER TABLE.';
  return undefined;
}

/** What can be done to an index; one that a build left invalid is repaired or dropped. */
export function indexActs(
  row: Index,
  { database, standby, dialogs }: { database: string | null; standby: boolean; dialogs: ActionDialogs },
): MenuEntry[] {
  const building = standing(row) === 'building' ? 'It is being built now: see the Progress page.' : undefined;
  const off = whyNotChange(standby, database) ?? building;
  const noDrop = off ?? whyNotDrop(row);
  const invalid = standing(row) === 'invalid';
  const target = { kind: 'index' as const, database: database ?? '', oid: row.indexrelid };
  const choice = { label: indexName(row), detail: null, target };
  return [
    {
      label: invalid ? 'Repair: reindex…' : 'Reindex…',
      icon: Hammer,
      acts: { action: 'reindex', target },
      off,
      onSelect: () => dialogs.form({ action: 'reindex', target: choice }),
    },
    {
      label: invalid ? 'Drop the leftover…' : 'Drop index…',
      icon: Trash2,
      acts: { action: 'drop-index', target },
      danger: !noDrop,
      off: noDrop,
      onSelect: () => dialogs.form({ action: 'drop-index', target: choice }),
    },
  ];
}
