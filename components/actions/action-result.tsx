'use client';

import { Undo2 } from 'lucide-react';
import type { Figure, NextAction, PreviewBody, Run, Undo } from '@/lib/actions/protocol';
import { notApplicable } from '@/lib/format';
import { Button } from '../ui/button';
import { visible } from '../ui/highlight';
import { Link } from '../ui/link';
import { Note } from '../ui/note';
import { SqlBlock } from '../ui/sql';
import { StateText } from '../ui/state';
import { Ago, Clock } from '../ui/time';
import { RunProgressView } from './run-progress';
import { runState, runWord, seenWords } from './words';

/**
 * A run: what it does now, or what became of it: message, warnings, figures, what it left behind, how it is taken back,
 * and its line in the audit. `open` previews another action.
 */
export function ActionResult({
  server,
  run,
  moving,
  open,
}: {
  server: string;
  run: Run;
  moving: boolean;
  open: (body: PreviewBody) => void;
}) {
  const seen = seenWords(run);
  return (
    <>
      <div>
        <div className="run-head">
          {moving ? <b>{runWord(run.status)}</b> : <StateText state={runState(run)}>{runWord(run.status)}</StateText>}
          {run.status === 'queued' && run.queuePosition !== undefined && (
            <span className="soft">{run.queuePosition === 1 ? 'next to run' : `place ${run.queuePosition}`}</span>
          )}
        </div>
        <p className="soft mt-1">{visible(run.message)}</p>
      </div>
      {run.status === 'running' && <RunProgressView server={server} run={run} />}
      {run.warnings.map((warning) => (
        <Note key={warning} state="warning">
          <p>{visible(warning)}</p>
        </Note>
      ))}
      {run.figures && run.figures.length > 0 && <Figures figures={run.figures} />}
      {run.members && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <ul className="member-list" tabIndex={0} aria-label="What became of each session">
          {run.members.map((member) => (
            <li key={member.pid}>
              <StateText state={runState({ status: member.status })} small>
                {member.pid}
              </StateText>{' '}
              <span className="soft">{visible(member.message)}</span>
            </li>
          ))}
        </ul>
      )}
      <StillToDo next={run.next} open={open} />
      <SqlBlock sql={run.sql.join(';\n\n')} label={moving ? 'SQL of the run' : 'SQL that was run'} />
      <TakeBack undo={run.undo} open={open} />
      {moving && <p className="muted text-xs">It goes on when this window is closed; the Maintenance page shows it.</p>}
      <p className="muted text-xs">
        {run.status === 'queued' || run.status === 'awaiting_approval' ? 'Asked for' : 'Started'}{' '}
        <Clock at={run.startedAt} withZone /> by <bdi>{visible(run.user)}</bdi>
        {run.elsewhere && (
          <>
            {' '}
            on <bdi>{visible(run.elsewhere)}</bdi>
          </>
        )}
        {run.approvedBy && (
          <>
            , approved by <bdi>{visible(run.approvedBy)}</bdi>
          </>
        )}
        {run.schedule && (
          <>
            , for schedule <bdi>{visible(run.schedule)}</bdi>
          </>
        )}
        {run.endedAt && (
          <>
            , ended <Ago at={run.endedAt} />
          </>
        )}
        {seen && ` · ${seen}`}
        {run.sqlstate && ` · ${run.sqlstate}`} · run {run.runId} ·{' '}
        <Link href={`/${encodeURIComponent(server)}/audit?search=${encodeURIComponent(run.runId)}`} prefetch={false}>
          Audit entry
        </Link>
      </p>
    </>
  );
}

/** What was left behind or is still to be done, each as an action that is previewed first; nothing where there is none. */
export function StillToDo({ next = [], open }: { next: NextAction[] | undefined; open: (body: PreviewBody) => void }) {
  if (next.length === 0) return null;
  return (
    <Note state="warning">
      <p>
        <b>Still to be done.</b>
      </p>
      <div className="actions mt-1">
        {next.map(({ title, body }) => (
          <Button key={title} acts={body} onClick={() => open(body)} className="button-wrap">
            <bdi>{visible(title)}</bdi>…
          </Button>
        ))}
      </div>
    </Note>
  );
}

/** What takes a run back, as an action that is previewed first; nothing where there is none. */
export function TakeBack({ undo, open }: { undo: Undo | undefined; open: (body: PreviewBody) => void }) {
  if (!undo) return null;
  return (
    <div>
      <div className="actions mb-1">
        <span className="soft">It can be taken back with:</span>
        <span className="push" />
        <Button acts={undo.body} onClick={() => open(undo.body)}>
          <Undo2 className="icon icon-small" aria-hidden />
          Undo…
        </Button>
      </div>
      <SqlBlock sql={undo.sql} label="SQL that takes it back" />
    </div>
  );
}

/** What changed, in figures: before → after. */
export function Figures({ figures }: { figures: Figure[] }) {
  return (
    <dl className="facts figures">
      {figures.map(({ label, before, after }) => (
        <div key={label} className="contents">
          <dt>{label}</dt>
          <dd>
            {visible(before ?? notApplicable)} → <b>{visible(after ?? notApplicable)}</b>
          </dd>
        </div>
      ))}
    </dl>
  );
}
