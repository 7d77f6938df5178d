import {
  ChartNoAxesColumn,
  Eraser,
  Hammer,
  HardDriveDownload,
  ListPlus,
  ListTree,
  Lock,
  type LucideIcon,
  PanelTopClose,
  PanelTopDashed,
  RefreshCw,
  SlidersHorizontal,
  Trash2,
} from 'lucide-react';
import type { ActionDialogs } from '@/components/actions/action-provider';
import type { MenuEntry } from '@/components/ui/menu';
import { type Table, tableName, whyNotAnalyze } from './summary';

type Offer = { label: string; icon: LucideIcon; action: string; kinds: string; danger?: true };

/** What a form or a preview is offered for, by kind of relation (`r` table, `p` partitioned, `m` materialized view). */
const offers: Offer[] = [
  { label: 'Vacuum…', icon: Eraser, action: 'vacuum', kinds: 'rpm' },
  { label: 'Create index…', icon: ListPlus, action: 'create-index', kinds: 'rpm' },
  { label: 'Reindex…', icon: Hammer, action: 'reindex', kinds: 'rpm' },
  { label: 'Storage parameters…', icon: SlidersHorizontal, action: 'set-storage-parameters', kinds: 'rm' },
  { label: 'Statistics…', icon: ChartNoAxesColumn, action: 'create-statistics', kinds: 'rpm' },
  { label: 'Create partition…', icon: PanelTopDashed, action: 'create-partition', kinds: 'p' },
  { label: 'Vacuum full…', icon: HardDriveDownload, action: 'vacuum-full', kinds: 'rpm', danger: true },
];

/** Why a table cannot be written to from here; undefined where it can. */
export function whyNotChange(standby: boolean, database: string | null): string | undefined {
  if (database === null) return 'The database is not known yet.';
  return standby ? 'This is a standby: do it on its primary.' : undefined;
}

/** The menu of a table: where it is shown, what keeps it well, what changes it. */
export function tableMenu(
  row: Table,
  {
    database,
    standby,
    hrefs,
    dialogs,
  }: {
    database: string | null;
    standby: boolean;
    hrefs: { indexes: string; locks: string };
    dialogs: ActionDialogs;
  },
): MenuEntry[] {
  const off = whyNotChange(standby, database);
  const noAnalyze = whyNotAnalyze(row, standby) ?? off;
  const target = { kind: 'relation' as const, database: database ?? '', oid: row.relid };
  const choice = { label: tableName(row), detail: null, target };
  return [
    { label: 'Show its indexes', icon: ListTree, href: hrefs.indexes },
    ...(row.locked_by.length > 0 ? [{ label: 'Open blocking tree', icon: Lock, href: hrefs.locks } as const] : []),
    'separator',
    {
      label: 'Analyze table…',
      icon: RefreshCw,
      acts: { action: 'analyze', target },
      off: noAnalyze,
      onSelect: () => dialogs.preview({ action: 'analyze', target }),
    },
    ...offers
      .filter(({ kinds }) => kinds.includes(row.relkind))
      .map(({ label, icon, action, danger }) => ({
        label,
        icon,
        acts: { action, target },
        off,
        danger: danger === true && !off,
        onSelect: () => dialogs.form({ action, target: choice }),
      })),
    ...(row.partition_of
      ? [
          {
            label: 'Detach partition…',
            icon: PanelTopClose,
            acts: { action: 'detach-partition', target },
            off,
            onSelect: () => dialogs.form({ action: 'detach-partition', target: choice }),
          },
          {
            label: 'Drop partition…',
            icon: Trash2,
            acts: { action: 'drop-partition', target },
            off,
            danger: !off,
            onSelect: () => dialogs.form({ action: 'drop-partition', target: choice }),
          },
        ]
      : row.relkind === 'r'
        ? [
            {
              label: 'Attach as a partition…',
              icon: PanelTopDashed,
              acts: { action: 'attach-partition', target },
              off,
              onSelect: () => dialogs.form({ action: 'attach-partition', target: choice }),
            },
          ]
        : []),
  ];
}
