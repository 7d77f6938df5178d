'use client';

import Link from 'next/link';
import type { Run } from '@/lib/actions/protocol';
import { percent } from '@/lib/format';
import { Note } from '../ui/note';
import { SqlBlock } from '../ui/sql';
import { StateText } from '../ui/state';
import { Ago, Clock } from '../ui/time';
import { runState, runWord } from './words';

/** What became of an action: message, warnings, each member, whether it was verified, and its line in the audit. */
export function ActionResult({ server, run, moving }: { server: string; run: Run; moving: boolean }) {
  return (
    <>
      <div>
        {moving ? <b>{runWord(run.status)}</b> : <StateText state={runState(run)}>{runWord(run.status)}</StateText>}
        <p className="soft mt-1">{run.message}</p>
      </div>
      {moving && <Progress run={run} />}
      {run.warnings.map((warning) => (
        <Note key={warning} state="warning">
          <p>{warning}</p>
        </Note>
      ))}
      {run.members && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
        <ul className="member-list" tabIndex={0} aria-label="What became of each session">
          {run.members.map((member) => (
            <li key={member.pid}>
              <StateText state={runState({ ...run, status: member.status })} small>
                {member.pid}
              </StateText>{' '}
              <span className="soft">{member.message}</span>
            </li>
          ))}
        </ul>
      )}
      <SqlBlock sql={run.sql.join(';\n\n')} label="SQL that was run" />
      <p className="muted text-xs">
        Started <Clock at={run.startedAt} withZone />
        {run.endedAt && (
          <>
            , ended <Ago at={run.endedAt} />
          </>
        )}
        {run.verified === true && ' · verified on the server'}
        {run.verified === false && ' · not seen on the server yet'}
        {run.sqlstate && ` · ${run.sqlstate}`} · run {run.runId} ·{' '}
        <Link href={`/${encodeURIComponent(server)}/audit?filter=${encodeURIComponent(run.runId)}`} prefetch={false}>
          Audit entry
        </Link>
      </p>
    </>
  );
}

function Progress({ run }: { run: Run }) {
  const { progress } = run;
  if (!progress)
    return <p className="soft">It goes on when this window is closed, and stands in the audit when it has ended.</p>;
  return (
    <div>
      <p className="soft">
        {progress.phase}
        {progress.fraction !== null && `, ${percent(progress.fraction)}`}
      </p>
      {progress.fraction !== null && (
        <progress className="w-full" value={progress.fraction} max={1} aria-label={progress.phase} />
      )}
    </div>
  );
}
