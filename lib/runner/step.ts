import { setTimeout as sleep } from 'node:timers/promises';
import type { Step } from '@/lib/actions/action';
import type { RunProgress } from '@/lib/actions/protocol';
import type { Session } from '@/lib/postgres/session';
import { cancelOwn } from './cancel-own';
import { type Failure, failureOf, warningsOf } from './failure';
import type { Job } from './job';
import { otherThan } from './same-names';
import { watch } from './watch';

/** How long a lock is waited for where others would queue behind, and how long not before it is tried again. */
const lockTimeoutMs = 2000;
const pausesMs = [1000, 3000];
/** What ended later than this had more than the first lock to wait for: it had work done before. */
const midwayMs = lockTimeoutMs + 1000;

/** How one statement ended; `failure` missing: without an error; `unsent`: it was never sent. */
export type StepEnd = { failure?: Failure; warnings: string[]; unsent?: true };

/**
 * Runs one statement. Where others would queue behind its wait for a lock it waits 2 s, lets them pass, and tries again;
 * while it runs it can be stopped, tells how far it is, and steps back for who waits behind it.
 */
export async function runStep(
  job: Job,
  step: Step,
  place: NonNullable<RunProgress['step']>,
  session: Session,
  not: string,
): Promise<StepEnd> {
  for (let attempt = 0; ; attempt++) {
    const why = await unready(job, step, session, not);
    if (why) return { failure: ours(job, why, not), warnings: [], ...(attempt === 0 && { unsent: true as const }) };
    job.stop = () => stop(job, session);
    job.run.cancellable = true;
    const watching = watch(job, step, place, session);
    const begun = performance.now();
    const end = await session
      .query(step.sql)
      .then(
        ({ notices }): StepEnd => ({ warnings: warningsOf(notices) }),
        (error): StepEnd => ({ failure: failureOf(error, not, job.cancelRequested), warnings: [] }),
      )
      .finally(() => watching.stop());
    // The error comes before the server has rolled back: what is looked at next would still show the statement at work.
    // And a cancel that came too late must not hit the next one.
    if (end.failure || watching.steppedBack)
      await session.query('select /* pgdeck:settled */', [], { bounded: true }).catch(() => {});
    // Between two statements a cancel only has to be remembered.
    job.stop = async () => {
      job.cancelRequested = true;
    };
    if (end.failure?.status === 'cancelled') return { ...end, failure: ours(job, end.failure, not) };
    if (!watching.steppedBack) job.steppedBack = undefined;
    if (end.failure?.sqlstate === '55P03' && performance.now() - begun > midwayMs) {
      const message = `${not} A lock that it came to midway was not granted within 2 s. It is not begun anew, for that would do all of it again.`;
      return { ...end, failure: { ...end.failure, message } };
    }
    const pauseMs = pausesMs[attempt];
    if (end.failure?.sqlstate !== '55P03' || step.wait !== 'brief' || pauseMs === undefined)
      return end.failure?.sqlstate === '55P03'
        ? {
            failure: {
              ...end.failure,
              message: `${not} The lock was not granted: it was tried ${attempt + 1} times for 2 s each, so that nobody queues behind it for longer.`,
            },
            warnings: end.warnings,
          }
        : end;
    await pause(job, pauseMs, attempt + 1, place);
  }
}

/** Why a statement is not sent: it was cancelled, its relation is another one by now, or the session does not answer. */
async function unready(job: Job, step: Step, session: Session, not: string): Promise<Failure | undefined> {
  const lockTimeout = step.wait === 'brief' ? lockTimeoutMs : 0;
  try {
    await session.query(`set /* pgdeck:lock-timeout */ lock_timeout = ${lockTimeout}`, [], { bounded: true });
    const other = await otherThan(step, session);
    if (other) return { status: 'failed', message: `${not} ${other}` };
  } catch (error) {
    return failureOf(error, not, job.cancelRequested);
  }
  return job.cancelRequested ? stoppedBefore(not) : undefined;
}

/** A failure in words: a cancel of ours for those who waited is told as such, also where it hit the statement after. */
function ours(job: Job, failure: Failure, not: string): Failure {
  const { steppedBack } = job;
  if (failure.status !== 'cancelled' || !steppedBack) return failure;
  job.steppedBack = undefined;
  return job.cancelRequested ? failure : { ...failure, message: `${not} ${steppedBack}` };
}

/** Waits before the next try; a cancel ends the wait. */
async function pause(job: Job, ms: number, tries: number, step: NonNullable<RunProgress['step']>): Promise<void> {
  job.run.progress = {
    phase: `the lock was not granted within 2 s (try ${tries} of ${pausesMs.length + 1}); it lets others pass and tries again`,
    done: null,
    total: null,
    unit: null,
    fraction: null,
    ratePerSecond: null,
    etaSeconds: null,
    step,
    waitsFor: job.run.progress?.waitsFor ?? [],
    waitingBehind: 0,
    details: [],
  };
  job.run.cancellable = true;
  let wake = () => {};
  const stopped = new Promise<void>((resolve) => {
    wake = resolve;
  });
  job.stop = async () => {
    job.cancelRequested = true;
    wake();
  };
  await Promise.race([sleep(ms), stopped]);
}

function stoppedBefore(not: string): Failure {
  return { status: 'cancelled', message: `${not} It was cancelled from here.` };
}

async function stop(job: Job, session: { pid: number }): Promise<void> {
  job.cancelRequested = true;
  await cancelOwn(job, session.pid);
}
