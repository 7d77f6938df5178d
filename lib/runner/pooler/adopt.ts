import { setTimeout as sleep } from 'node:timers/promises';
import { isPaused, type PoolerAction, type PoolerNow } from '@/lib/actions/pooler';
import type { PoolerTarget } from '@/lib/actions/target';
import type { Console } from '@/lib/pgbouncer/console';
import type { Pooler } from '../draft';
import type { Job, Outcome, PoolerAdoption } from '../job';
import { fingerprintOf, isOwnWay, poolerNow } from './now';
import { afterWait, consoleOf } from './run';
import { resumptionOf } from './take-back';
import { untilFree } from './wait';

/** For how long a PgBouncer that does not answer is asked. */
const askForMs = 15 * 60_000;

/** What a command that an earlier pgdeck sent is made again from; undefined where this version cannot read it. */
export function poolerOf(
  action: PoolerAction,
  target: PoolerTarget,
  options: Record<string, unknown>,
  { fingerprint, before }: PoolerAdoption['pooler'],
  config: Job['server']['config'],
): Pooler | undefined {
  try {
    const given = { target, now: before, options, ownWay: isOwnWay(config, target) };
    return { kind: 'pooler', action, target, given, plan: action.plan(given), fingerprint };
  } catch {
    return undefined;
  }
}

/**
 * What became of a command that an earlier pgdeck sent. One that still waits for clients goes on in PgBouncer though
 * nobody listens: it is followed to its end, and taken back at the time that was said.
 */
export async function adoptPooler(job: Job, work: Pooler, before: PoolerNow): Promise<Outcome> {
  const console = consoleOf(job);
  try {
    return await became(job, work, before, console);
  } finally {
    console.close();
  }
}

async function became(job: Job, work: Pooler, before: PoolerNow, console: Console): Promise<Outcome> {
  const { run } = job;
  const now = await asked(job, work, console);
  const ended = 'pgdeck was ended while this ran';
  if (!now) return unknown(`${ended}, and PgBouncer could not be asked what became of it.`, work);
  if (fingerprintOf(now, work.target, job.config) !== work.fingerprint)
    return unknown(`${ended}, and what it is about leads elsewhere now.`);
  const shown = work.action.judge(before, now, { ...work.given, now: before, answered: false });
  if (shown.done && shown.verified !== null)
    return {
      status: 'done_with_warnings',
      message: shown.message,
      verified: true,
      warnings: [`${ended}; PgBouncer shows that it was done.`],
      ...(shown.figures && { figures: shown.figures }),
      ...(shown.undo && { undo: shown.undo }),
    };
  const seconds = work.action.waits?.({ ...work.given, now: before });
  if (seconds === undefined || shown.undo === undefined)
    return unknown(
      `${ended}, and PgBouncer does not show the result. ${shown.message}`,
      isPaused(now, work.target) === false ? undefined : work,
    );
  run.status = 'running';
  run.message = `${ended}; PgBouncer goes on with it.`;
  const until = Date.parse(run.startedAt) + seconds * 1000;
  return afterWait(job, work, before, await untilFree(job, work, { console, until, before }), console);
}

async function asked(job: Job, { target }: Pooler, console: Console): Promise<PoolerNow | undefined> {
  const until = Date.now() + askForMs;
  for (let attempt = 1; ; attempt++) {
    try {
      return await poolerNow(async (command) => (await console.send(command)).rows, target, job.config);
    } catch {
      if (Date.now() >= until || !console.target) return undefined;
    }
    job.run.status = 'unknown';
    job.run.message = 'pgdeck was restarted while this ran, and PgBouncer cannot be asked now. It asks again.';
    await sleep(Math.min(1000 * attempt, 10_000));
  }
}

/** `open`: what may have left clients waiting. */
function unknown(message: string, open?: Pooler): Outcome {
  return { status: 'unknown', message, verified: null, ...(open && resumptionOf(open)) };
}
