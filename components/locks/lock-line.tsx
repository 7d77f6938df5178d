'use client';

import { Ban, ChevronDown, ChevronRight, Copy, Eye, OctagonX, Undo2, Users } from 'lucide-react';
import { type CSSProperties, type ReactNode, useState } from 'react';
import { RevealDialog, useTextSeen, whyMasked } from '@/components/access/reveal';
import { type ActionDialogs, useActionDialogs } from '@/components/actions/action-provider';
import { whyNotCancel, whyNotSignal } from '@/components/sessions/session-kind';
import { Button, IconButton } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { ActionMenu, type MenuEntry } from '@/components/ui/menu';
import { copyText, SqlLine } from '@/components/ui/sql';
import { Badge } from '@/components/ui/state';
import type { PreviewBody } from '@/lib/actions/protocol';
import { announce } from '@/lib/client/announce';
import { count, duration } from '@/lib/format';
import { as } from './roles';
import { actionOn, type LockRow, lockWords, remedyOf, rowAsText, shortMode, type TreeLine, timeOf } from './tree';

/** What a line of the tree can start. */
export type LineActs = {
  /** Asks for the preview of an action. */
  act: (body: PreviewBody) => void;
  /** Opens or closes what stands under a line, or the sessions of a fold. */
  toggle: (id: string) => void;
  /** Address of a session on the Sessions page. */
  sessionHref: (row: LockRow) => string;
  onMenu: (open: boolean) => void;
};

type Shown = {
  ended: boolean;
  chosen: boolean;
  apart: boolean;
  /** A root whose waiters have waited for longer than the limit. */
  critical: boolean;
  focusable: boolean;
};

/** One line of the blocking tree as a row of its treegrid. */
export function LockLine({ line, acts, ...shown }: { line: TreeLine; acts: LineActs } & Shown) {
  return line.kind === 'fold' ? (
    <FoldLine line={line} toggle={acts.toggle} focusable={shown.focusable} />
  ) : (
    <SessionLine line={line} acts={acts} {...shown} />
  );
}

function SessionLine({
  line,
  acts,
  ended,
  chosen,
  apart,
  critical,
  focusable,
}: { line: Extract<TreeLine, { kind: 'session' }>; acts: LineActs } & Shown) {
  const { row, level, below, open } = line;
  const name = row.pid === 0 ? 'Prepared transaction' : String(row.pid);
  const lock = lockWords(row);
  const time = timeOf(row);
  const waiters = row.parent_pid === null && below > 0;
  const remedy = ended ? undefined : remedyOf(row);
  const dialogs = useActionDialogs();
  const seen = useTextSeen();
  const [revealing, setRevealing] = useState(false);
  const who = [row.usename, row.application_name].filter(Boolean);
  if (level === 0 && row.state && row.pid !== 0) who.push(row.state);
  return (
    <tr
      {...as.row}
      className="lock-line"
      style={{ '--level': level } as CSSProperties}
      aria-level={level + 1}
      aria-expanded={below > 0 ? open : undefined}
      tabIndex={focusable ? 0 : -1}
      data-line={line.id}
      data-pid={row.pid}
      data-root={critical || undefined}
      data-ended={ended || undefined}
      data-chosen={chosen || undefined}
      data-apart={apart || undefined}
    >
      <th scope="row" {...as.rowHeader} className="lock-who">
        <Branches line={line} />
        {below > 0 ? (
          <IconButton
            label={`${open ? 'Collapse' : 'Expand'} ${name}`}
            aria-expanded={open}
            onClick={() => acts.toggle(line.id)}
          >
            {open ? <ChevronDown className="icon icon-small" /> : <ChevronRight className="icon icon-small" />}
          </IconButton>
        ) : (
          <span className="lock-dot" />
        )}
        <div>
          <p>
            <b>{name}</b> {waiters && <>{critical ? <Badge state="critical">Root</Badge> : <Badge>Root</Badge>} </>}
            <span className="soft">{ended ? 'no longer in the tree' : visible(who.join(' · '))}</span>
          </p>
          {row.pid === 0 ? (
            <span className="muted">neither committed nor rolled back</span>
          ) : (
            <SqlLine sql={row.query} />
          )}
        </div>
      </th>
      <td {...as.cell} className="lock-lock">
        {lock ? (
          <LockText verb={lock.verb} mode={lock.mode} object={lock.object} />
        ) : (
          <span className="muted">not visible</span>
        )}
      </td>
      <td {...as.cell} className="lock-time number">
        <span className="lock-label">{time.label}</span>
        {time.seconds === null ? (
          <span className="muted">–</span>
        ) : (
          <span className={critical ? 'lock-bad' : ''}>{duration(time.seconds)}</span>
        )}
      </td>
      <td {...as.cell} className="lock-frees number">
        <span className="lock-label">Frees</span>
        {row.frees > 0 ? <b>{count(row.frees)}</b> : <span className="muted">0</span>}
      </td>
      <td {...as.cell} className="lock-acts">
        {remedy && (
          <Button
            acts={{ action: remedy, database: row.datname }}
            look={remedy === 'terminate' ? 'critical' : 'plain'}
            onClick={() => acts.act(actionOn(row, remedy))}
          >
            {remedy === 'terminate' ? 'Terminate' : 'Cancel'} {row.pid}…
          </Button>
        )}
        {!ended && (
          <ActionMenu
            label={`Actions: ${row.pid === 0 ? 'prepared transaction' : `session ${row.pid}`}`}
            title={
              <>
                <b>{row.pid === 0 ? 'Prepared transaction' : `Session ${row.pid}`}</b>
                {[row.usename, row.application_name].filter(Boolean).map((part) => ` · ${visible(String(part))}`)}
              </>
            }
            entries={() => [
              ...entriesOf(row, acts, dialogs),
              ...(seen === 'plain' || !row.query
                ? []
                : [{ label: 'Reveal values…', icon: Eye, off: whyMasked(seen), onSelect: () => setRevealing(true) }]),
            ]}
            onOpenChange={acts.onMenu}
          />
        )}
        {revealing && (
          <RevealDialog
            title={`Statement of session ${row.pid}`}
            of={{ topic: 'locks', key: { pid: row.pid, backend_start_us: row.backend_start_us }, column: 'query' }}
            masked={row.query ?? ''}
            onClose={() => setRevealing(false)}
          />
        )}
      </td>
    </tr>
  );
}

function FoldLine({
  line,
  toggle,
  focusable,
}: {
  line: Extract<TreeLine, { kind: 'fold' }>;
  toggle: (id: string) => void;
  focusable: boolean;
}) {
  const { like, rows, open, level } = line;
  const longest = Math.max(...rows.map((row) => row.waits_seconds ?? 0));
  const label = `${count(rows.length)} more like ${like.pid}`;
  return (
    <tr
      {...as.row}
      className="lock-line lock-fold"
      style={{ '--level': level } as CSSProperties}
      aria-level={level + 1}
      aria-expanded={open}
      tabIndex={focusable ? 0 : -1}
      data-line={line.id}
    >
      <th scope="row" {...as.rowHeader} className="lock-who">
        <Branches line={line} />
        <IconButton
          label={`${open ? 'Fold' : 'Show'} ${count(rows.length)} sessions like ${like.pid}`}
          aria-expanded={open}
          onClick={() => toggle(line.id)}
        >
          {open ? <ChevronDown className="icon icon-small" /> : <ChevronRight className="icon icon-small" />}
        </IconButton>
        <p>
          {label}{' '}
          <span className="soft">{visible([like.usename, like.application_name].filter(Boolean).join(' · '))}</span>
        </p>
      </th>
      <td {...as.cell} className="lock-lock">
        <LockText verb="want" mode={like.wants_mode ?? ''} object={like.wants_object ?? ''} />
      </td>
      <td {...as.cell} className="lock-time number">
        <span className="lock-label">Wait</span>≤ {duration(longest)}
      </td>
      <td {...as.cell} className="lock-frees number">
        <span className="lock-label">Frees</span>
        <span className="muted">0</span>
      </td>
      <td {...as.cell} className="lock-acts" />
    </tr>
  );
}

function LockText({ verb, mode, object }: { verb: ReactNode; mode: string; object: string }) {
  return (
    <>
      <span className="muted">{verb}</span> <span title={mode}>{shortMode(mode)}</span>
      {object && (
        <span className="lock-object" title={visible(object)}>
          {visible(object)}
        </span>
      )}
    </>
  );
}

function Branches({ line }: { line: TreeLine }) {
  const trunks = line.runsOn.flatMap((runs, at) => (runs && at > 0 ? [at] : []));
  if (line.level > 0 && !line.last) trunks.push(line.level);
  return (
    <>
      {trunks.map((at) => (
        <span key={at} className="lock-trunk" style={{ '--at': at } as CSSProperties} />
      ))}
      {line.level > 0 && <span className="lock-branch" />}
    </>
  );
}

function entriesOf(row: LockRow, acts: LineActs, dialogs: ActionDialogs): MenuEntry[] {
  const off = whyNotSignal(row);
  const noCancel = whyNotCancel(row);
  return [
    {
      label: 'Show session',
      icon: Users,
      ...(row.pid === 0 ? { off: 'A prepared transaction has no session.' } : { href: acts.sessionHref(row) }),
    },
    {
      label: 'Copy as text',
      icon: Copy,
      onSelect: async () => {
        announce((await copyText(rowAsText(row))) ? 'Copied.' : 'Not copied: the browser did not allow it.');
      },
    },
    'separator',
    ...(row.pid === 0
      ? [
          {
            label: 'Roll back prepared transaction…',
            icon: Undo2,
            acts: { action: 'rollback-prepared', database: row.datname },
            onSelect: () => dialogs.form({ action: 'rollback-prepared' }),
          },
        ]
      : []),
    {
      label: 'Cancel statement…',
      icon: Ban,
      acts: { action: 'cancel', database: row.datname },
      off: noCancel,
      onSelect: () => acts.act(actionOn(row, 'cancel')),
    },
    {
      label: row.pid === 0 ? 'Terminate session…' : `Terminate session ${row.pid}…`,
      icon: OctagonX,
      acts: { action: 'terminate', database: row.datname },
      danger: !off,
      off,
      onSelect: () => acts.act(actionOn(row, 'terminate')),
    },
  ];
}
