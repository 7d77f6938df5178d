import { setTimeout as sleep } from 'node:timers/promises';
import { isPaused, type PoolerNow } from '@/lib/actions/pooler';
import type { InTheWay } from '@/lib/actions/protocol';
import { durationInWords, plural } from '@/lib/format';
import type { Console } from '@/lib/pgbouncer/console';
import type { Pooler } from '../draft';
import type { Job, Outcome } from '../job';
import { poolerNow } from './now';

const everyMs = 1000;

/** How waiting for clients ended: all server connections were free, or they were not in time, or it was cancelled. */
export type Waited =
  | { kind: 'free' }
  | { kind: 'ended'; outcome: Outcome }
  | { kind: 'cancelled' }
  | { kind: 'late'; seconds: number; holders: string; sentences: string[] };

type Options = {
  console: Console;
  /** The console's own answer; missing: another pgdeck sent the command. Undefined: it was answered without an error. */
  answer?: Promise<Outcome | undefined>;
  /** Until when it may wait (epoch milliseconds). */
  until: number;
  before: PoolerNow;
};

/** Waits until PgBouncer has let go of its server connections, and tells meanwhile who holds them. */
export async function untilFree(job: Job, work: Pooler, { console, answer, until, before }: Options): Promise<Waited> {
  const started = Date.now();
  let wake = () => {};
  const cancelled = new Promise<'cancelled'>((resolve) => {
    wake = () => resolve('cancelled');
  });
  job.stop = async () => {
    job.cancelRequested = true;
    wake();
  };
  job.run.cancellable = true;
  if (job.cancelRequested) wake();
  const answered = answer?.then((outcome): Waited => (outcome ? { kind: 'ended', outcome } : { kind: 'free' }));
  let holders: InTheWay[] | undefined;
  let wasPaused = false;
  for (;;) {
    const seen = look(job, work, before, console).then((found) => {
      if (!found) return undefined;
      holders = found.holders;
      wasPaused ||= found.paused === true;
      if (found.free && !answer) return { kind: 'free' } as Waited;
      // PgBouncer never answers a PAUSE that was taken back by somebody else.
      return wasPaused && found.paused === false ? resumedElsewhere(work) : undefined;
    });
    const first = await Promise.race([
      ...(answered ? [answered] : []),
      cancelled,
      sleep(Math.min(everyMs, Math.max(0, until - Date.now()))),
    ]);
    if (first === 'cancelled') return { kind: 'cancelled' };
    if (first) return first;
    const free = await Promise.race([seen, sleep(everyMs)]);
    if (free) return free;
    if (Date.now() < until) continue;
    const waited = Math.round((Date.now() - started) / 1000);
    // A PgBouncer that answers slowly is heard at least once.
    if (!holders) await seen;
    const left = holders ?? [];
    return {
      kind: 'late',
      seconds: waited,
      holders: holders
        ? `${plural(left.length, 'server connection')} ${left.length === 1 ? 'was' : 'were'} still not free`
        : 'PgBouncer had not answered',
      sentences: left.slice(0, 5).map(({ sentence }) => sentence),
    };
  }
}

/** Writes into the run who holds a server connection and who waits; undefined where PgBouncer does not answer. */
async function look(
  job: Job,
  { target, action }: Pooler,
  before: PoolerNow,
  console: Console,
): Promise<{ free: boolean; paused: boolean | null; holders: InTheWay[] } | undefined> {
  const show = async (command: string) => (await console.send(command)).rows;
  const now = await poolerNow(show, target, job.config).catch(() => undefined);
  if (!now || job.run.endedAt) return undefined;
  const clients = new Map(now.clients.map((client) => [client.ptr, client]));
  const holders = now.servers.map(({ remote_pid, state, link, application_name, user }): InTheWay => {
    const client = link === null ? undefined : clients.get(link);
    const since = client?.request_seconds ?? null;
    const who = client
      ? `client ${client.application_name ?? 'without a name'} of ${client.user}${client.addr ? ` at ${client.addr}` : ''}`
      : `${application_name ?? user}`;
    return {
      pid: remote_pid,
      mode: null,
      granted: true,
      seconds: since,
      sentence: `Backend ${remote_pid ?? 'unknown'} is held by ${who}${since === null ? `: ${state}` : `, whose last statement came ${durationInWords(since)} ago`}.`,
    };
  });
  const total = Math.max(before.servers.length, holders.length);
  job.run.progress = {
    phase: `waits until ${plural(holders.length, 'server connection')} ${holders.length === 1 ? 'is' : 'are'} free`,
    done: total - holders.length,
    total,
    unit: 'sessions',
    fraction: total > 0 ? (total - holders.length) / total : null,
    ratePerSecond: null,
    etaSeconds: null,
    step: null,
    waitsFor: holders.slice(0, 20),
    waitingBehind: now.pools.reduce((sum, { cl_waiting }) => sum + cl_waiting, 0),
    details: [],
  };
  const { done } = action.judge(before, now, { target, now: before, options: {}, ownWay: false, answered: false });
  return { free: done, paused: isPaused(now, target), holders };
}

function resumedElsewhere({ action }: Pooler): Waited {
  return {
    kind: 'ended',
    outcome: { status: 'failed', message: `${action.not} Somebody else resumed it while it waited.`, verified: false },
  };
}
