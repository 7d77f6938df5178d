import { ClipboardList, Undo2, Wrench } from 'lucide-react';
import type { ActionDialogs } from '@/components/actions/action-provider';
import { runState, runWord, statement, tookSeconds } from '@/components/actions/words';
import type { Column } from '@/components/table/column';
import { visible } from '@/components/ui/highlight';
import type { MenuEntry } from '@/components/ui/menu';
import { StateText } from '@/components/ui/state';
import { Ago } from '@/components/ui/time';
import type { Run } from '@/lib/actions/protocol';
import { duration, notApplicable } from '@/lib/format';
import { figuresWords } from './summary';

const none = <span className="muted">{notApplicable}</span>;

/** The columns of runs that are over; what was done opens the run. */
export function runColumns(show: (runId: string) => void): Column<Run>[] {
  return [
    {
      id: 'title',
      header: 'What',
      value: (run) => statement(run.title),
      cell: (run) => {
        const title = visible(statement(run.title));
        return (
          <button
            type="button"
            className="link-button text-start cut run-name"
            title={title}
            onClick={() => show(run.runId)}
          >
            <bdi>{title}</bdi>
          </button>
        );
      },
      meaning: 'What was done. Choose one to see the run in full.',
    },
    {
      id: 'status',
      header: 'Result',
      value: (run) => runWord(run.status),
      cell: (run) => (
        <StateText state={runState(run)} small>
          {runWord(run.status)}
        </StateText>
      ),
      meaning: 'How it ended, as the catalog showed it.',
    },
    {
      id: 'ended',
      header: 'Ended',
      first: 'descending',
      value: (run) => run.endedAt,
      cell: (run) => (run.endedAt ? <Ago at={run.endedAt} /> : none),
      meaning: 'When it was over.',
    },
    {
      id: 'took',
      header: 'Took',
      kind: 'number',
      rank: 2,
      value: (run) => tookSeconds(run) ?? null,
      cell: (run) => {
        const seconds = tookSeconds(run);
        return seconds === undefined ? none : duration(seconds);
      },
      meaning: 'From its start to its end.',
    },
    {
      id: 'message',
      header: 'What came of it',
      grow: true,
      value: (run) => run.message,
      cell: (run) => {
        const text = visible([run.message, figuresWords(run)].filter(Boolean).join(' '));
        return (
          <span className="cut" style={{ display: 'block' }} title={text}>
            {text}
          </span>
        );
      },
      meaning: 'The result in a sentence, with figures before and after.',
    },
    {
      id: 'user',
      header: 'By',
      rank: 3,
      value: (run) => run.schedule ?? run.user,
      cell: (run) => (
        <span className="cut run-by" title={run.schedule && `schedule ${visible(run.schedule)}`}>
          <bdi>{visible(run.user)}</bdi>
          {run.schedule && (
            <span className="muted">
              {' '}
              schedule <bdi>{visible(run.schedule)}</bdi>
            </span>
          )}
        </span>
      ),
      meaning: 'Who started it.',
    },
    { id: 'run', header: 'Run', rank: 3, hidden: true, value: (run) => run.runId, meaning: 'Its id.' },
  ];
}

/** The menu of a run that is over: see it, take it back, do what it left to be done. */
export function runMenu(run: Run, server: string, dialogs: ActionDialogs): MenuEntry[] {
  const { undo, next = [] } = run;
  return [
    { label: 'Show run', icon: ClipboardList, onSelect: () => dialogs.run(run.runId) },
    {
      label: 'Audit entry',
      icon: ClipboardList,
      href: `/${encodeURIComponent(server)}/audit?search=${encodeURIComponent(run.runId)}`,
    },
    'separator',
    {
      label: 'Undo…',
      icon: Undo2,
      ...(undo
        ? { acts: undo.body, onSelect: () => dialogs.preview(undo.body) }
        : { off: 'It has nothing that could be taken back.' }),
    },
    ...next.map(({ title, body }) => ({
      label: `${visible(title)}…`,
      icon: Wrench,
      acts: body,
      onSelect: () => dialogs.preview(body),
    })),
  ];
}
