'use client';

import './progress.css';
import { Ban, ClipboardList, Copy, ListTree, OctagonX, Users } from 'lucide-react';
import { useMemo } from 'react';
import { actOn } from '@/components/sessions/session-actions';
import { whyNotSignal } from '@/components/sessions/session-kind';
import type { Column } from '@/components/table/column';
import { LiveStrip } from '@/components/table/live-strip';
import { useFrozen } from '@/components/table/use-frozen';
import { Button } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { ActionMenu, type MenuEntry } from '@/components/ui/menu';
import { copyText } from '@/components/ui/sql';
import type { PreviewBody } from '@/lib/actions/protocol';
import { announce } from '@/lib/client/announce';
import type { TopicView } from '@/lib/client/use-topic';
import { durationInWords, notApplicable } from '@/lib/format';
import { Link } from '../ui/link';
import type { ProgressRow } from './eta';
import { commandWords, doneWords, leftWords, objectOf, rateWords, runOf } from './summary';
import { useEstimates, type Watched } from './use-estimates';

const rowKey = (row: ProgressRow) => `${row.pid}:${row.backend_start_us ?? ''}:${row.command}`;

// What counts as a change while the list stands still; figures tick by themselves.
const watchedColumns: Column<ProgressRow>[] = [
  { id: 'phase', header: 'Phase', value: (row) => row.phase },
  { id: 'waits_for_pid', header: 'Waits for', value: (row) => row.waits_for_pid },
];

/** What a line of the list can start or open. */
export type ProgressActs = {
  act: (body: PreviewBody) => void;
  sessionHref: (pid: number) => string;
  locksHref: (pid: number) => string;
  /** Shows a run of pgdeck's own. */
  showRun: (runId: string) => void;
};

/** Every long command with phase, bar, rate and the time its phase still takes; stands still under a pointer. */
export function ProgressList({
  rows: given,
  view,
  acts,
}: {
  rows: ProgressRow[];
  view: TopicView<ProgressRow>;
  acts: ProgressActs;
}) {
  const estimates = useEstimates(given, view.sampledAt);
  const byKey = useMemo(() => new Map(estimates.map((each) => [rowKey(each.row), each])), [estimates]);
  const { rows, frozen, frozenAt, waiting, hold, moved, release, resume } = useFrozen(
    given,
    view.sampledAt,
    rowKey,
    watchedColumns,
    true,
  );
  return (
    <>
      <LiveStrip
        cadenceSeconds={view.cadenceSeconds}
        frozen={frozen}
        frozenAt={frozenAt}
        waiting={waiting?.count ?? 0}
        onResume={resume}
        tools={null}
      />
      <ul
        className="progress-list"
        aria-label="Commands that run"
        onPointerEnter={(event) => event.pointerType !== 'touch' && hold('pointer')}
        onPointerMove={(event) => event.pointerType !== 'touch' && moved()}
        onPointerLeave={() => release('pointer')}
        onFocus={() => hold('focus')}
        onBlur={(event) => {
          if (!event.currentTarget.contains(event.relatedTarget)) release('focus');
        }}
      >
        {rows.map((row) => (
          <Entry
            key={rowKey(row)}
            row={row}
            watched={byKey.get(rowKey(row))}
            ended={waiting?.ended.has(rowKey(row)) ?? false}
            acts={acts}
            onMenu={(open) => (open ? hold('menu') : release('menu'))}
          />
        ))}
      </ul>
    </>
  );
}

function Entry({
  row,
  watched,
  ended,
  acts,
  onMenu,
}: {
  row: ProgressRow;
  watched: Watched | undefined;
  ended: boolean;
  acts: ProgressActs;
  onMenu: (open: boolean) => void;
}) {
  const perSecond = watched?.left?.perSecond ?? row.done_per_second ?? null;
  const done = doneWords(row);
  const noCancel = whyNot(row);
  const runId = runOf(row);
  const known = row.done_ratio !== null;
  return (
    <li className="progress-entry" data-pid={row.pid} data-ended={ended || undefined}>
      <div className="progress-what">
        <h3 title={visible(row.query ?? '') || undefined}>{visible(commandWords(row))}</h3>
        <small>
          {visible(
            [
              `session ${row.pid}`,
              row.autovacuum ? undefined : row.usename,
              row.application_name || undefined,
              row.datname,
              row.running_seconds !== null && `for ${durationInWords(row.running_seconds)}`,
            ]
              .filter(Boolean)
              .join(' · '),
          )}
        </small>
      </div>
      <div className="progress-done">
        <div
          className="progress-track"
          role="progressbar"
          aria-label={`${row.command} of ${objectOf(row)}: ${row.phase ?? 'phase'}`}
          aria-valuemin={0}
          aria-valuemax={100}
          {...(known && { 'aria-valuenow': Math.floor((row.done_ratio ?? 0) * 100) })}
          aria-valuetext={done ?? row.phase ?? 'not counted'}
          data-open={known ? undefined : ''}
        >
          {known && <i style={{ width: `${(row.done_ratio ?? 0) * 100}%` }} />}
        </div>
        <span className="progress-line">
          {row.phase ?? 'phase not visible'}
          {done && `: ${done}`}
        </span>
      </div>
      <div className="progress-left">
        {ended ? 'Ended.' : <Left row={row} watched={watched} locksHref={acts.locksHref} />}
        <span className="progress-line">
          {perSecond === null || row.done === null || row.waits_for_pid !== null
            ? notApplicable
            : rateWords(perSecond, row.unit)}
        </span>
      </div>
      <div className="progress-acts">
        {!ended && runId && (
          <Button onClick={() => acts.showRun(runId)} aria-label={`Show the run of session ${row.pid}`}>
            Show run
          </Button>
        )}
        {!ended && !runId && !noCancel && (
          <Button acts={actOn(row, 'cancel')} onClick={() => acts.act(cancelOf(row))}>
            Cancel {row.pid}…
          </Button>
        )}
        {!ended && (
          <ActionMenu
            label={`Actions: session ${row.pid}, ${row.command}`}
            title={
              <>
                <b>Session {row.pid}</b> · {row.command}
              </>
            }
            entries={() => entriesOf(row, acts, noCancel)}
            onOpenChange={onMenu}
          />
        )}
      </div>
    </li>
  );
}

function Left({
  row,
  watched,
  locksHref,
}: {
  row: ProgressRow;
  watched: Watched | undefined;
  locksHref: (pid: number) => string;
}) {
  if (row.waits_for_pid !== null)
    return (
      <>
        Waits for <Link href={locksHref(row.waits_for_pid)}>session {row.waits_for_pid}</Link>
      </>
    );
  if (row.wait_event_type === 'Lock')
    return (
      <>
        Waits for a lock: <Link href={locksHref(row.pid)}>show whose</Link>
      </>
    );
  return <>{leftWords(row, watched?.samples ?? [], watched?.left)}</>;
}

function whyNot(row: ProgressRow): string | undefined {
  return (
    whyNotSignal(row) ??
    (row.query_start_us === null || row.backend_start_us === null ? 'Who runs it is hidden from this role.' : undefined)
  );
}

function cancelOf(row: ProgressRow): PreviewBody {
  return {
    action: 'cancel',
    target: {
      kind: 'backend',
      pid: row.pid,
      backend_start_us: row.backend_start_us ?? '',
      ...(row.query_start_us && { query_start_us: row.query_start_us }),
    },
  };
}

function entriesOf(row: ProgressRow, acts: ProgressActs, noCancel: string | undefined): MenuEntry[] {
  const runId = runOf(row);
  return [
    ...(runId ? [{ label: 'Show run', icon: ClipboardList, onSelect: () => acts.showRun(runId) }] : []),
    { label: 'Show session', icon: Users, href: acts.sessionHref(row.pid) },
    {
      label: 'Show in blocking tree',
      icon: ListTree,
      ...(row.waits_for_pid !== null || row.wait_event_type === 'Lock'
        ? { href: acts.locksHref(row.pid) }
        : { off: 'It waits for nobody.' }),
    },
    {
      label: 'Copy statement',
      icon: Copy,
      ...(row.query
        ? {
            onSelect: async () => {
              announce((await copyText(row.query ?? '')) ? 'Copied.' : 'Not copied: the browser did not allow it.');
            },
          }
        : { off: 'Its statement is not visible.' }),
    },
    'separator',
    {
      label: 'Cancel statement…',
      icon: Ban,
      acts: actOn(row, 'cancel'),
      off: noCancel,
      onSelect: () => acts.act(cancelOf(row)),
    },
    {
      label: `Terminate session ${row.pid}…`,
      icon: OctagonX,
      acts: actOn(row, 'terminate'),
      danger: !noCancel,
      off: noCancel,
      onSelect: () =>
        acts.act({
          action: 'terminate',
          target: { kind: 'backend', pid: row.pid, backend_start_us: row.backend_start_us ?? '' },
        }),
    },
  ];
}
