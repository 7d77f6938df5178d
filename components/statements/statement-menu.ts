import { Copy, PanelBottomOpen, RotateCcw } from 'lucide-react';
import type { ActionDialogs } from '@/components/actions/action-provider';
import type { MenuEntry } from '@/components/ui/menu';
import { copyText } from '@/components/ui/sql';
import { announce } from '@/lib/client/announce';
import { oneLine, type Statement, statementKey } from './summary';

/** The menu of a statement: open it, copy it, begin its statistics anew. */
export function statementMenu(row: Statement, dialogs: ActionDialogs, toggle: (key: string) => void): MenuEntry[] {
  const { userid, dbid, queryid, query } = row;
  return [
    { label: 'Show or hide it in full', icon: PanelBottomOpen, onSelect: () => toggle(statementKey(row)) },
    {
      label: 'Copy statement',
      icon: Copy,
      ...(query
        ? {
            onSelect: async () => {
              announce((await copyText(query)) ? 'Copied.' : 'Not copied: the browser did not allow it.');
            },
          }
        : { off: 'Its text is not visible.' }),
    },
    'separator',
    {
      label: "Reset this statement's statistics…",
      icon: RotateCcw,
      acts: { action: 'reset-statements', database: row.datname },
      onSelect: () =>
        dialogs.form({
          action: 'reset-statements',
          target: { label: oneLine(row), detail: null, target: { kind: 'statement', userid, dbid, queryid } },
        }),
    },
  ];
}
