'use client';

import './locks.css';
import { type KeyboardEvent, useMemo, useRef, useState } from 'react';
import type { Column } from '@/components/table/column';
import { LiveStrip } from '@/components/table/live-strip';
import { useFrozen } from '@/components/table/use-frozen';
import type { TopicView } from '@/lib/client/use-topic';
import { type LineActs, LockLine } from './lock-line';
import { as } from './roles';
import { foldIds, type LockRow, lineId, longestWaits, treeLines } from './tree';

// What counts as a change while the tree stands still; ages tick by themselves.
const watched: Column<LockRow>[] = [
  { id: 'parent_pid', header: 'Under', value: (row) => row.parent_pid },
  { id: 'frees', header: 'Frees', value: (row) => row.frees },
  { id: 'wants_mode', header: 'Wants', value: (row) => row.wants_mode },
  { id: 'state', header: 'State', value: (row) => row.state },
];

/**
 * The blocking tree as a treegrid: arrow keys go from line to line, left and right close and open, Enter opens the
 * line's menu. It stands still while somebody is on a line.
 */
export function BlockingTree({
  rows: given,
  view,
  chosenPid,
  blockedSeconds,
  unfolded,
  acts,
}: {
  rows: LockRow[];
  view: TopicView<LockRow>;
  /** The session that the address asks for. */
  chosenPid: number | null;
  /** From how long a wait its root stands on critical ground. */
  blockedSeconds: number;
  /** True: like sessions stand each for itself. */
  unfolded: boolean;
  acts: Pick<LineActs, 'act' | 'sessionHref'>;
}) {
  const [toggled, setToggled] = useState<ReadonlySet<string>>(new Set());
  const [reached, setReached] = useState<string>();
  const body = useRef<HTMLTableSectionElement>(null);
  const { rows, frozen, frozenAt, waiting, hold, moved, release, resume } = useFrozen(
    given,
    view.sampledAt,
    lineId,
    watched,
    true,
  );
  const lines = useMemo(() => {
    const opened = new Set(toggled);
    if (unfolded) for (const id of foldIds(rows)) opened.add(id);
    return treeLines(rows, opened);
  }, [rows, toggled, unfolded]);
  // A moment's queue is ordinary: the ground is critical only where somebody has waited for long.
  const longest = useMemo(() => longestWaits(rows), [rows]);
  const reachable = lines.some((line) => line.id === reached) ? reached : lines[0]?.id;

  const toggle = (id: string) =>
    setToggled((now) => {
      const next = new Set(now);
      if (!next.delete(id)) next.add(id);
      return next;
    });

  const onKeyDown = (event: KeyboardEvent<HTMLTableSectionElement>) => {
    const row = event.target as HTMLElement;
    if (!(row instanceof HTMLTableRowElement)) return;
    const line = lines.find((each) => each.id === row.dataset.line);
    if (!line) return;
    const all = [...(body.current?.querySelectorAll<HTMLElement>('tr[data-line]') ?? [])];
    const at = all.indexOf(row);
    const focus = (target: HTMLElement | undefined) => {
      if (!target) return;
      event.preventDefault();
      target.focus();
    };
    const closable = line.kind === 'fold' || line.below > 0;
    if (event.key === 'ArrowDown') focus(all[at + 1]);
    else if (event.key === 'ArrowUp') focus(all[at - 1]);
    else if (event.key === 'Home') focus(all[0]);
    else if (event.key === 'End') focus(all.at(-1));
    else if (event.key === 'ArrowRight' && closable) {
      event.preventDefault();
      if (line.open) focus(all[at + 1]);
      else toggle(line.id);
    } else if (event.key === 'ArrowLeft') {
      event.preventDefault();
      if (closable && line.open) toggle(line.id);
      else focus(all.slice(0, at).findLast((each) => Number(each.ariaLevel) === line.level));
    } else if (event.key === 'Enter') {
      const buttons = row.querySelectorAll<HTMLElement>('.lock-acts button');
      const target = buttons[buttons.length - 1];
      if (!target) return;
      event.preventDefault();
      target.click();
    }
  };

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
      <table className="lock-tree" {...as.treegrid} aria-label="Blocking tree">
        <thead {...as.group}>
          <tr {...as.row} className="lock-line lock-head">
            <Head>Session and statement</Head>
            <Head>Lock</Head>
            <Head number>Time</Head>
            <Head number>Frees</Head>
            <Head>
              <span className="visually-hidden">Actions</span>
            </Head>
          </tr>
        </thead>
        <tbody
          ref={body}
          {...as.group}
          onPointerEnter={(event) => event.pointerType !== 'touch' && hold('pointer')}
          onPointerMove={(event) => event.pointerType !== 'touch' && moved()}
          onPointerLeave={() => release('pointer')}
          onFocus={(event) => {
            hold('focus');
            setReached((event.target as HTMLElement).closest('tr')?.dataset.line);
          }}
          onBlur={(event) => {
            if (!body.current?.contains(event.relatedTarget)) release('focus');
          }}
          onKeyDown={onKeyDown}
        >
          {lines.map((line, index) => (
            <LockLine
              key={line.id}
              line={line}
              ended={line.kind === 'session' && (waiting?.ended.has(line.id) ?? false)}
              chosen={line.kind === 'session' && line.row.pid === chosenPid}
              apart={index > 0 && line.level === 0}
              critical={
                line.kind === 'session' && line.level === 0 && (longest.get(line.row.pid) ?? 0) >= blockedSeconds
              }
              focusable={line.id === reachable}
              acts={{
                ...acts,
                toggle,
                onMenu: (open) => (open ? hold('menu') : release('menu')),
              }}
            />
          ))}
        </tbody>
      </table>
    </>
  );
}

function Head({ number, children }: { number?: boolean; children: React.ReactNode }) {
  return (
    <th scope="col" {...as.columnHeader} className={number ? 'number' : ''}>
      {children}
    </th>
  );
}
