'use client';

import '@/components/progress/progress.css';
import { ProgressBar } from '@/components/actions/run-progress';
import { doneWords, leftWords, phaseWords, rateWords, runWord, statement } from '@/components/actions/words';
import { useHrefs } from '@/components/sessions/use-hrefs';
import { Button } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { Clock } from '@/components/ui/time';
import type { Run } from '@/lib/actions/protocol';
import { notApplicable, plural } from '@/lib/format';
import { Link } from '../ui/link';

/** The runs that are not over: what each does, how far it is, who it waits for. */
export function RunningList({ server, runs, show }: { server: string; runs: Run[]; show: (runId: string) => void }) {
  return (
    <ul className="progress-list" aria-label="Runs that are not over">
      {runs.map((run) => (
        <Entry key={run.runId} server={server} run={run} show={show} />
      ))}
    </ul>
  );
}

function Entry({ server, run, show }: { server: string; run: Run; show: (runId: string) => void }) {
  const title = visible(statement(run.title));
  const { progress } = run;
  const done = progress && doneWords(progress);
  return (
    <li className="progress-entry" data-run={run.runId}>
      <div className="progress-what">
        <h3 title={title}>
          <bdi>{title}</bdi>
        </h3>
        <small>
          {runWord(run.status)}
          {run.status === 'queued' && run.queuePosition !== undefined && `, place ${run.queuePosition}`} ·{' '}
          {run.status === 'running' ? 'since' : 'asked for'} <Clock at={run.startedAt} /> · by{' '}
          <bdi>{visible(run.user)}</bdi>
          {run.elsewhere && (
            <>
              {' '}
              · on <bdi>{visible(run.elsewhere)}</bdi>
            </>
          )}
          {run.schedule && (
            <>
              {' '}
              · schedule <bdi>{visible(run.schedule)}</bdi>
            </>
          )}
        </small>
      </div>
      <div className="progress-done">
        {run.status === 'running' ? (
          <>
            <ProgressBar label={title} progress={progress} />
            <span className="progress-line">
              {progress ? visible(phaseWords(progress)) : 'Not begun'}
              {done && `: ${done}`}
            </span>
          </>
        ) : (
          <span className="progress-line" title={run.message}>
            {visible(run.message)}
          </span>
        )}
      </div>
      <div className="progress-left">
        <Left server={server} run={run} />
        <span className="progress-line">
          {progress && progress.waitingBehind > 0
            ? `${plural(progress.waitingBehind, 'session waits', 'sessions wait')} behind it`
            : ((progress && rateWords(progress)) ?? (progress?.waitsFor.length ? '' : notApplicable))}
        </span>
      </div>
      <div className="progress-acts">
        <Button onClick={() => show(run.runId)} aria-label={`Show run: ${title}`} className="always">
          Show
        </Button>
      </div>
    </li>
  );
}

function Left({ server, run: { progress, status } }: { server: string; run: Run }) {
  const hrefs = useHrefs(server);
  const [first, ...more] = progress?.waitsFor ?? [];
  if (first)
    return (
      <>
        Waits for{' '}
        {first.pid ? (
          <Link href={first.mode === null ? hrefs.session(first.pid) : hrefs.locks(first.pid)} prefetch={false}>
            session {first.pid}
          </Link>
        ) : (
          visible(first.sentence)
        )}
        {more.length > 0 && ` and ${more.length} more`}
      </>
    );
  if (status !== 'running') return <span className="muted">{notApplicable}</span>;
  return <>{(progress && leftWords(progress)) ?? 'No estimate yet'}</>;
}
