import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@/lib/access/errors';
import { personOf, type User } from '@/lib/access/user';
import type { Run as RunAnswer } from '@/lib/actions/protocol';
import { maskLiterals } from '@/lib/masking/message';
import { log, safeError } from '@/lib/metrics/log';
import { describeError } from '@/lib/postgres/errors';
import type { Server } from '@/lib/runtime';
import { dueAfter, dueTimes } from './cron';
import { makerNow } from './maker';
import { type Parts, problemOf, recordOf } from './parts';
import { isNothing, sameSubject } from './preview-of';
import { bodyOf, claim, dueRows, type Ended, hold, type Row, release, silentMs } from './table';

const tickEveryMs = 5000;
/** What begins later than so long after its time is not that window any more. */
const graceMs = 60_000;
const lastTurnMs = 1000;

type Outcome = {
  status: string;
  message: string;
  runId: string | null;
  unreachable?: true;
  /** There was nothing to do: no news. */
  quiet?: true;
};
/** What this instance runs: the run once there is one, how it ended once it has. */
type Running = { row: Row; runId: string | null; outcome: Outcome | undefined };

/**
 * Runs what is due. Of several instances on one store one takes each due time; what could not be run at its time is told
 * and never caught up.
 */
export class Keeper {
  readonly #parts: Parts;
  readonly #running = new Map<string, Running>();
  #timer: NodeJS.Timeout | undefined;
  #turn: Promise<void> | undefined;
  #stopped = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Begins to look every few seconds what is due, unless schedules are off. */
  start(): void {
    if (!this.#parts.enabled) return;
    this.#timer = setInterval(() => void this.tick(), tickEveryMs);
    this.#timer.unref();
  }

  /** Looks no more; returns when what it is just writing is written, or after a second. */
  async stop(): Promise<void> {
    clearInterval(this.#timer);
    this.#stopped = true;
    await Promise.race([this.#turn, sleep(lastTurnMs, undefined, { ref: false })]);
  }

  /** Looks now: begins what is due, and writes how what it began has ended; nothing once it is stopped. Never throws. */
  tick(): Promise<void> {
    if (this.#stopped) return this.#turn ?? Promise.resolve();
    this.#turn ??= this.#look()
      .catch((error) => {
        if (this.#parts.store.on) log.warn({ err: safeError(error) }, 'schedules could not be looked at');
      })
      .finally(() => {
        this.#turn = undefined;
      });
    return this.#turn;
  }

  #now(): number {
    return this.#parts.now?.() ?? this.#parts.store.now();
  }

  async #look(): Promise<void> {
    const { store, servers, enabled } = this.#parts;
    if (!enabled || !store.on) return;
    for (const running of this.#running.values()) await this.#watch(running);
    const now = this.#now();
    for (const row of await dueRows(store.query, [...servers.keys()], now)) {
      if (this.#stopped) return;
      const server = servers.get(row.server);
      if (!server) continue;
      if (row.holder !== null && !this.#running.has(row.id)) await this.#left(row, server, now);
      else if (row.enabled && row.due !== null && row.due <= now) await this.#due(row, row.due, server, now);
    }
  }

  /** A due time has come: it is run, or told as missed. */
  async #due(row: Row, due: number, server: Server, now: number): Promise<void> {
    const { store, holder } = this.#parts;
    const when = { cron: row.cron, timeZone: row.time_zone };
    const times = dueTimes(when, due, now);
    const latest = times.at(-1) ?? due;
    const late = now - latest > graceMs;
    const busy = row.holder !== null;
    const missed = late || busy ? times : times.slice(0, -1);
    const taken = await claim(store.query, row, {
      now,
      next: dueAfter(when, now) ?? null,
      missed: missed.length,
      missedAt: missed.at(-1) ?? null,
      holder: late || busy ? null : holder,
    });
    if (!taken) return;
    if (missed.length > 0)
      this.#missed(
        row,
        server,
        missed,
        busy && !late
          ? 'the run before it had not ended'
          : 'pgdeck was not running or did not watch this server, its schedules were off, or the history store was not to be had',
      );
    if (late || busy) return;
    const running: Running = { row, runId: null, outcome: undefined };
    this.#running.set(row.id, running);
    void this.#begin(running, server, latest);
  }

  /** Previews anew and runs; how it ended is written by the next look. */
  async #begin(running: Running, server: Server, due: number): Promise<void> {
    const { runner } = this.#parts;
    const { row } = running;
    let user: User = { name: row.created_by, role: 'viewer', mode: 'local', away: true };
    try {
      const problem = problemOf(row, server);
      if (problem) throw new ApiError(422, 'other_cluster', `${problem} Nothing was done.`);
      const body = bodyOf(row);
      const maker = await makerNow(row, body, server, this.#parts.access);
      user = maker.user;
      if (maker.why !== undefined) throw new ApiError(403, 'forbidden', `${maker.why} Nothing was done.`);
      const preview = await runner.preview(row.server, body, user);
      if (!sameSubject(body.action, row.subject, preview.title))
        throw new ApiError(
          409,
          'target_changed',
          `It is another one than when this was made: it was "${row.subject}" and is "${preview.title}". Nothing was done.`,
        );
      if (preview.confirm === 'typed' && row.confirm !== 'typed')
        throw new ApiError(
          422,
          'confirm_raised',
          'It has to be confirmed by typing by now, and was not: make the schedule again. Nothing was done.',
        );
      const { run, ended } = await runner.execute(
        row.server,
        {
          previewId: preview.previewId,
          idempotencyKey: `${row.id} ${due}`,
          ...(preview.confirmText !== undefined && { confirmText: preview.confirmText }),
        },
        user,
        row.title,
      );
      running.runId = run.runId;
      if (ended) running.outcome = outcomeOf(run);
    } catch (error) {
      running.outcome = { ...refusalOf(error), runId: null };
      this.#refused(row, server, running.outcome, user, error);
    }
    await this.tick();
  }

  /** Says that it still runs, or writes how it ended. */
  async #watch(running: Running): Promise<void> {
    const { store, holder, servers, runner } = this.#parts;
    const { row, runId } = running;
    if (runId !== null && !running.outcome) running.outcome = endOf(runner, runId);
    if (!running.outcome) return hold(store.query, row.id, holder, runId, this.#now());
    const { unreachable, quiet, ...outcome } = running.outcome;
    const ended: Ended = { ...outcome, at: this.#now() };
    await release(store.query, row.id, holder, ended, unreachable === true);
    this.#running.delete(row.id);
    const server = servers.get(row.server);
    if (server && ended.runId === null && !quiet)
      this.#tell(
        server,
        row,
        `Schedule "${row.title}"${unreachable ? ' missed once' : ': nothing done'}`,
        maskLiterals(ended.message),
      );
  }

  /** One that another instance runs, or that was running when an instance ended. */
  async #left(row: Row, server: Server, now: number): Promise<void> {
    const { store, holder, audit, runner } = this.#parts;
    const own = row.holder === holder;
    const silent = row.held_at === null || row.held_at < now - silentMs;
    if (!own && !silent) {
      if (row.enabled && row.due !== null && row.due <= now) await this.#due(row, row.due, server, now);
      return;
    }
    const { run_id: runId } = row;
    const found = runId === null ? undefined : runOf(runner, runId);
    if (found && found.endedAt === null) {
      this.#running.set(row.id, { row, runId, outcome: undefined });
      return;
    }
    const result = runId === null ? undefined : (await audit.resultOf(runId))?.result;
    const ended = found ?? result;
    const outcome: Outcome = {
      status: ended?.status ?? 'unknown',
      message:
        ended?.message ?? 'pgdeck was ended while this ran. Look at the target: the server may have finished it.',
      runId,
    };
    await release(store.query, row.id, row.holder ?? holder, { ...outcome, at: now }, false);
  }

  #missed(row: Row, server: Server, missed: number[], why: string): void {
    const times = missed.length === 1 ? 'once' : `${missed.length} times`;
    const last = new Date(missed.at(-1) ?? 0).toISOString();
    const message = `Missed ${times}, last at ${last}: ${why}. It is not caught up.`;
    void this.#parts.audit.note({
      ...recordOf(server, row),
      event: 'schedule_missed',
      user: systemUser,
      message,
      missed: missed.length,
    });
    this.#tell(server, row, `Schedule "${row.title}" missed ${times}`, message);
  }

  #refused(row: Row, server: Server, { status, message, unreachable }: Outcome, user: User, error: unknown): void {
    const person = personOf(user);
    if (error instanceof ApiError && error.status === 403) {
      const { code } = error;
      if (!error.audited)
        void this.#parts.audit.note({
          ...recordOf(server, row),
          event: 'denied',
          user: person,
          status: 403,
          code,
          message,
        });
      return;
    }
    const result = { status, message: maskLiterals(message), verified: null, ms: 0, warnings: [] };
    const event = unreachable ? 'schedule_missed' : 'result';
    void this.#parts.audit.note({ ...recordOf(server, row), event, user: person, result });
  }

  #tell(server: Server, row: Row, title: string, message: string): void {
    server.sampler.history.changes.add({
      kind: 'action',
      title,
      detail: { schedule: row.title, action: row.subject, result: message },
      actor: row.created_by,
    });
  }
}

/** Who tells of what nobody ran. */
const systemUser = { name: 'pgdeck', role: 'admin', mode: 'schedule' };

function outcomeOf({ status, message, runId }: RunAnswer): Outcome {
  return { status, message: maskLiterals(message), runId };
}

function runOf(runner: Parts['runner'], runId: string): RunAnswer | undefined {
  try {
    return runner.run(runId);
  } catch {
    return undefined;
  }
}

/** How a run ended; undefined while it runs. */
function endOf(runner: Parts['runner'], runId: string): Outcome | undefined {
  const run = runOf(runner, runId);
  if (!run) return { status: 'unknown', message: 'It is not known any more how it ended.', runId };
  return run.endedAt === null ? undefined : outcomeOf(run);
}

/** Why nothing was done, in words. */
function refusalOf(error: unknown): Omit<Outcome, 'runId'> {
  if (error instanceof ApiError)
    return { status: 'nothing_done', message: error.message, ...(isNothing(error) && { quiet: true as const }) };
  try {
    const { sentence, hint, reason } = describeError(error);
    const message = `Nothing was done. ${sentence} ${hint}`;
    return { status: 'nothing_done', message, ...(reason === 'unreachable' && { unreachable: true as const }) };
  } catch {
    log.error({ err: safeError(error) }, 'a schedule could not be run');
    return { status: 'nothing_done', message: 'Nothing was done: pgdeck failed before it began.' };
  }
}
