import { setImmediate as breathe } from 'node:timers/promises';
import { type Clock, systemClock } from '@/lib/history/clock';
import type { Snapshot } from '@/lib/history/server-history';
import { withoutPasswords } from '@/lib/masking/passwords';
import { loadMask } from '@/lib/masking/statement';
import { describeError, type Problem } from '@/lib/postgres/errors';
import type { Answer, AnyTopic, Raw } from '@/lib/topics/topic';
import { describeLock } from './lock-holder';
import { Pace } from './pace';
import { addRates, type Earlier } from './rates';
import { type Parts, Source } from './source';

export type { Snapshot };

const lacking: ReadonlySet<Problem['reason']> = new Set(['extension', 'privilege', 'setting', 'version']);
const backoffMs = [1000, 5000, 15_000];
const unreachableMs = 500;
/** A time of day that ran ahead of the other clock by more than this: the machine slept, or its clock was set. */
const asleepMs = 2000;
/** Rows that are read and rated at a time; between them others have their turn. */
const rowsAtOnce = 250;

/**
 * One topic in one database of one server: its latest snapshot, its last failure, and when it is asked next. Times to go
 * by are of the clock that only goes on; the time of day is only a label.
 */
export class Question {
  readonly topic: AnyTopic;
  /** The database asked; empty for a topic of the whole server. */
  readonly database: string;
  snapshot: Snapshot | undefined;
  failure: Problem | undefined;
  asking: Promise<void> | undefined;
  viewedAt = Number.NEGATIVE_INFINITY;
  forcedAt = Number.NEGATIVE_INFINITY;
  #nextAt = 0;
  #outdated = false;
  #failures = 0;
  /** How often it was moved. */
  #places = 0;
  /** How often it was to be asked again, whatever was under way. */
  #renewals = 0;
  #pace: Pace;
  #sampledAt = 0;
  /** What is known came from another instance of pgdeck. */
  #adopted = false;
  #previous: { counted: Earlier; at: number; elapsed: number; life: number | undefined } | undefined;
  #parts: Parts;
  #source: Source;
  /** How many times less often everything is asked now. */
  #slowedDown: () => number;
  #clock: Clock;

  constructor(
    topic: AnyTopic,
    database: string,
    parts: Parts,
    slowedDown: () => number = () => 1,
    clock: Clock = systemClock,
  ) {
    this.topic = topic;
    this.database = database;
    this.#parts = parts;
    this.#source = new Source(topic, database, parts);
    this.#slowedDown = slowedDown;
    this.#clock = clock;
    this.#pace = new Pace(topic);
  }

  /** Milliseconds between two askings now: the topic's cadence, longer when it takes long or nobody looks. */
  cadenceMs(now = this.#clock.elapsed()): number {
    const paced = this.#pace.cadenceMs(this.watched(now));
    // What asks the server nothing costs it nothing.
    return this.topic.sql ? paced * this.#slowedDown() : paced;
  }

  /** Whether it failed for want of something that the server may have by now: an extension, a right, a setting. */
  get lacks(): boolean {
    return this.failure !== undefined && lacking.has(this.failure.reason);
  }

  /** Whether somebody read it lately enough to come again. */
  watched(now = this.#clock.elapsed()): boolean {
    return now - this.viewedAt < Math.max(15_000, 2.5 * this.topic.cadenceSeconds * 1000);
  }

  /** Whether it is time to ask. */
  due(now = this.#clock.elapsed()): boolean {
    if (this.asking) return false;
    if (this.failure) return now >= this.#nextAt;
    return (
      !this.snapshot || this.#outdated || this.#pace.due(this.#clock.now(), now - this.#sampledAt, this.cadenceMs(now))
    );
  }

  /** Milliseconds since it was time to ask by the cadence; undefined where another reason than time made it due. */
  lateMs(now = this.#clock.elapsed()): number | undefined {
    if (this.failure || !this.snapshot || this.#outdated) return undefined;
    return Math.max(0, now - this.#sampledAt - this.cadenceMs(now));
  }

  /** Lets go of the rows, which nobody looks at; the next asking still knows what to compare with. */
  rest(): void {
    if (!this.watched()) this.snapshot = undefined;
  }

  /** Seconds until it is asked again after a failure. */
  retryInSeconds(now = this.#clock.elapsed()): number {
    const unreachable = this.failure ? this.failure.reason === 'unreachable' : this.#source.problem !== undefined;
    const connecting = unreachable ? this.#source.nextAttemptAt - this.#clock.now() : 0;
    return Math.max(0, Math.ceil(Math.max(this.#nextAt - now, connecting) / 1000));
  }

  /** The server began anew (restart, promotion): what is known is of its former life, and the next sample has no rates. */
  newEpoch(): void {
    this.#previous = undefined;
    this.invalidate();
  }

  /** It is asked elsewhere from now on: what is known there counts no more, and what is under way is asked again. */
  moved(): void {
    this.snapshot = undefined;
    this.failure = undefined;
    this.#failures = 0;
    this.#places++;
    this.newEpoch();
  }

  /** Makes it due at once. */
  invalidate(): void {
    this.#nextAt = 0;
    this.#outdated = true;
  }

  /** Makes it due at once, with the figures that are remembered between two askings; what is under way was asked before. */
  renew(): void {
    this.#renewals++;
    this.#source.outdate();
    this.invalidate();
  }

  /** Takes the answer that another instance got, so many milliseconds ago. */
  adopt({ snapshot, failure }: Pick<Question, 'snapshot' | 'failure'>, ageMs: number): void {
    this.snapshot = snapshot;
    this.failure = failure;
    this.#sampledAt = this.#clock.elapsed() - ageMs;
    this.#outdated = false;
    this.#previous = undefined;
    this.#adopted = true;
  }

  /** Milliseconds since the rows were read. */
  ageMs(): number {
    return this.#clock.elapsed() - this.#sampledAt;
  }

  /** Asks now, shared by everyone who waits for it; never throws: what goes wrong is kept in `failure`. */
  ask(): Promise<void> {
    this.asking ??= this.#askHere().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  /** Why there is no answer now: a server that is lost is said at once, not when each question's turn has come. */
  get problem(): Problem | undefined {
    return this.failure ?? (this.#adopted ? undefined : this.#source.problem);
  }

  /** The answer as readers get it, from what is known now. */
  answer(server: string, now = this.#clock.elapsed()): Answer {
    const envelope = { topic: this.topic.id, server, database: this.database || null };
    const { snapshot, problem: failure } = this;
    const ageSeconds = Math.max(0, Math.round((now - this.#sampledAt) / 100) / 10);
    if (!failure && snapshot)
      return {
        ...envelope,
        status: 'ok',
        sampledAt: new Date(snapshot.sampledAt).toISOString(),
        ageSeconds,
        windowSeconds: snapshot.windowSeconds,
        rows: snapshot.rows,
        ...(snapshot.partial && { partial: snapshot.partial }),
      };
    const problem: Problem = failure ?? {
      reason: 'timeout',
      sentence: `${this.topic.console ? 'PgBouncer' : 'The server'} has not answered yet.`,
      hint: 'The question is still running; it is given 4 s.',
    };
    return {
      ...envelope,
      status: 'unavailable',
      reason: problem.reason,
      hint: `${problem.sentence} ${problem.hint}`,
      ...(problem.fixSql && { fixSql: problem.fixSql }),
      ...(problem.sqlstate && { sqlstate: problem.sqlstate }),
      retryInSeconds: this.retryInSeconds(now),
      ...(snapshot && {
        last: {
          rows: snapshot.rows,
          sampledAt: new Date(snapshot.sampledAt).toISOString(),
          ageSeconds,
        },
      }),
    };
  }

  /** An answer from where it was asked before counts for nothing; one from before it was renewed is not the last. */
  async #askHere(): Promise<void> {
    for (;;) {
      const [place, renewals] = [this.#places, this.#renewals];
      await this.#ask(() => place === this.#places);
      if (place === this.#places && renewals === this.#renewals) return;
    }
  }

  async #ask(counts: () => boolean): Promise<void> {
    this.#outdated = false;
    this.#adopted = false;
    try {
      const { rows, partial, life } = await this.#source.ask();
      if (this.#previous?.life !== life) this.#previous = undefined;
      const [at, elapsed] = [this.#clock.now(), this.#clock.elapsed()];
      const windowSeconds = this.#window(at, elapsed);
      const counted: Earlier = { rows: new Map(), whole: !partial?.length };
      const parsed = await this.#read(rows, windowSeconds, counted);
      if (!counts()) return;
      this.snapshot = {
        rows: parsed,
        partial: partial?.length ? partial : undefined,
        sampledAt: at,
        windowSeconds,
      };
      this.failure = undefined;
      this.#failures = 0;
      this.#sampledAt = elapsed;
      // The first asking also connects, prepares and learns names: it says nothing about the next.
      this.#pace.asked(at, elapsed, parsed, this.#previous ? this.#source.askedMs : undefined);
      this.#previous = { counted, at, elapsed, life };
    } catch (error) {
      if (!counts()) return;
      let problem: Problem;
      try {
        problem = describeError(error);
        if (problem.reason === 'locked') problem = await describeLock(this.#parts.connections, problem);
      } catch {
        this.#failed({ reason: 'timeout', sentence: 'pgdeck could not read the answer.', hint: "See pgdeck's log." });
        throw error;
      }
      this.#failed(problem);
    }
  }

  /** Seconds since the sample before; null where there is none, or where nobody knows how long it was. */
  #window(at: number, elapsed: number): number | null {
    if (!this.#previous) return null;
    const ms = elapsed - this.#previous.elapsed;
    return at - this.#previous.at - ms > asleepMs ? null : ms / 1000;
  }

  async #read(rows: Raw[], windowSeconds: number | null, counted: Earlier): Promise<Raw[]> {
    // Without PostgreSQL's scanner a statement that may set a password is masked down to its first word.
    await loadMask().catch(() => {});
    const before = this.#previous?.counted;
    const parsed: Raw[] = [];
    for (let from = 0; from < rows.length; from += rowsAtOnce) {
      if (from > 0) await breathe();
      const some: Raw[] = rows.slice(from, from + rowsAtOnce).map((row) => tellable(this.topic.row.parse(row)));
      addRates(this.topic, before, some, windowSeconds, counted);
      parsed.push(...some);
    }
    return parsed;
  }

  #failed(problem: Problem): void {
    this.failure = problem;
    // What is missing on the server is looked at again with the capabilities; an unreachable server has its own pace.
    const wait =
      problem.reason === 'unreachable'
        ? unreachableMs
        : lacking.has(problem.reason)
          ? Math.max(this.topic.cadenceSeconds * 1000, 5000)
          : (backoffMs[Math.min(this.#failures, backoffMs.length - 1)] ?? 15_000);
    if (!problem.notAsked) this.#failures++;
    this.#nextAt = this.#clock.elapsed() + wait;
  }
}

/** A row whose statement tells no password that it sets. */
function tellable(row: Raw): Raw {
  if (typeof row.query === 'string') row.query = withoutPasswords(row.query);
  return row;
}
