import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '@/lib/actions/protocol';
import type { Acting } from '@/lib/postgres/server-connections';
import { cancelOwn } from './cancel-own';
import type { Work } from './draft';
import type { Job } from './job';
import type { Query } from './look';
import { Follower } from './progress/read';
import { show, stepBack } from './watch';

const everyMs = 1000;

/**
 * How far a run that is followed was seen to come: a cancel that the server took and why, and the statement that ran last,
 * from 1.
 */
export type Came = { cancelled: boolean; why: string; reached: number | undefined };

/** For how long a server that does not answer is asked, and what the run says meanwhile. */
export type Patience = { forMs: number; found: string; asking: string };

/**
 * Looks for the session of a run until it is gone, and steps back for those who wait behind it; undefined where the server
 * could not be asked for too long.
 */
export async function follow(job: Job, { plan }: Work, patience: Patience): Promise<Came | undefined> {
  const { run, acting } = job;
  const follower = new Follower();
  const came: Came = { cancelled: false, why: 'It was cancelled from here.', reached: undefined };
  for (;;) {
    const seen = await untilAnswered({ acting, run, ...patience }, async (query) => {
      const pid = await sessionOf(query, run.runId);
      return { pid, looked: pid === undefined ? undefined : await follower.look(query, pid) };
    });
    if (!seen) return undefined;
    const { pid, looked } = seen;
    if (pid === undefined) return came;
    run.status = 'running';
    run.message = patience.found;
    const index = statementAt(run.sql, looked?.query ?? '');
    if (index >= 0) came.reached = index + 1;
    const place = { index: came.reached ?? 1, count: plan.steps.length, title: plan.steps[index]?.title ?? '' };
    if (looked) show(job, looked, place);
    job.stop = async () => {
      job.cancelRequested = true;
      came.cancelled = (await cancelOwn(job, pid)) || came.cancelled;
    };
    run.cancellable = true;
    const step = plan.steps[index];
    const reason = looked && step && stepBack(step, looked);
    if (reason && !came.cancelled && (await cancelOwn(job, pid).catch(() => false))) {
      came.cancelled = true;
      came.why = reason;
    }
    await sleep(everyMs);
  }
}

const sessionSql = `select /* pgdeck:adopt */ a.pid,
  a.state = 'idle' and clock_timestamp() - a.state_change > interval '5 seconds' as abandoned
from pg_catalog.pg_stat_get_activity(null) as a
where a.application_name = $1 and a.backend_type = 'client backend' limit 1`;
const endSql = `select /* pgdeck:end-run */ pg_terminate_backend(a.pid)
from pg_catalog.pg_stat_get_activity($1::int) as a where a.application_name = $2 and a.state = 'idle'`;

/**
 * The session in which a run goes on. One that has been idle for longer than a pause between two tries waits for a client
 * that is gone: it is ended, for it keeps others from doing the same.
 */
async function sessionOf(query: Query, runId: string): Promise<number | undefined> {
  const name = `pgdeck:act:${runId}`;
  const [row] = (await query<{ pid: number; abandoned: boolean | null }>(sessionSql, [name])).rows;
  if (!row?.abandoned) return row?.pid;
  await query(endSql, [row.pid, name]);
  return undefined;
}

/** Which statement a session runs, from 0; the server keeps only the beginning of a long one. */
export function statementAt(statements: string[], text: string): number {
  const whole = statements.indexOf(text);
  return whole >= 0 || text.length < 100 ? whole : statements.findIndex((sql) => sql.startsWith(text));
}

/** The answer of a server, asked again until it gives one; undefined where it gave none in time. */
export async function untilAnswered<T>(
  { acting, run, forMs, asking }: Patience & { acting: Pick<Acting, 'signal'>; run: Run },
  use: (query: Query) => Promise<T>,
): Promise<T | undefined> {
  const until = Date.now() + forMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await acting.signal(use);
    } catch {
      if (Date.now() >= until) return undefined;
    }
    // The first failure may only be a connection that was ended while it was idle.
    if (attempt > 1) {
      run.status = 'unknown';
      run.message = asking;
      run.progress = null;
    }
    await sleep(Math.min(everyMs * attempt, 10_000));
  }
}

/** What is known of the statements of several that were not sent any more; `reached` was the last one, from 1. */
export function notSent(count: number, reached: number): string[] {
  if (reached === 0) return ['No statement was sent.'];
  return reached < count
    ? [
        `Statement ${reached} of ${count} was the last that was sent: ${count - reached === 1 ? 'the one' : `the ${count - reached}`} after it never ran.`,
      ]
    : [];
}
