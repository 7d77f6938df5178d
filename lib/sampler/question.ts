import { setImmediate as breathe } from 'node:timers/promises';
import { type Clock, systemClock } from '@/lib/history/clock';
import type { Snapshot } from '@/lib/history/server-history';
import { withoutPasswords } from '@/lib/masking/passwords';
import { loadMask } from '@/lib/masking/statement';
import type { Console } from '@/lib/pgbouncer/console';
import { missing, statementFor } from '@/lib/postgres/capabilities';
import { describeError, isConnectionError, PostgresProblem, type Problem } from '@/lib/postgres/errors';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import type { Answer, AnyTopic, Lookup, Partial, Raw } from '@/lib/topics/topic';
import { describeLock } from './lock-holder';
import { Pace } from './pace';
import { addRates, type Earlier } from './rates';
import type { Remembered } from './remembered';
import { servicesNow } from './services';

export type { Snapshot };

const backoffMs = [1000, 5000, 15_000];
const unreachableMs = 500;
/** What is asked no more often than this is planned anew each time: the server would keep its plan in memory for it. */
const rareSeconds = 300;
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
  #pace: Pace;
  #sampledAt = 0;
  /** What is known came from another instance of pgdeck. */
  #adopted = false;
  /** Time the server took for the asking under way, without the wait for a connection that others use. */
  #askedMs = 0;
  #previous: { counted: Earlier; at: number; elapsed: number } | undefined;
  #connections: ServerConnections;
  #remembered: Remembered;
  /** How many times less often everything is asked now. */
  #slowedDown: () => number;
  #clock: Clock;
  #other: (topicId: string) => Question | undefined;

  constructor(
    topic: AnyTopic,
    database: string,
    connections: ServerConnections,
    remembered: Remembered,
    slowedDown: () => number = () => 1,
    clock: Clock = systemClock,
    /** Another question of the whole server, whose answer this one's own figures are taken from. */
    other: (topicId: string) => Question | undefined = () => undefined,
  ) {
    this.topic = topic;
    this.database = database;
    this.#connections = connections;
    this.#remembered = remembered;
    this.#slowedDown = slowedDown;
    this.#clock = clock;
    this.#other = other;
    this.#pace = new Pace(topic);
  }

  /** Milliseconds between two askings now: the topic's cadence, longer when it takes long or nobody looks. */
  cadenceMs(now = this.#clock.elapsed()): number {
    const paced = this.#pace.cadenceMs(this.watched(now));
    // What asks the server nothing costs it nothing.
    return this.topic.sql ? paced * this.#slowedDown() : paced;
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
    const unreachable = this.failure ? this.failure.reason === 'unreachable' : this.#connections.problem !== undefined;
    const connecting = unreachable ? this.#connections.nextAttemptAt - this.#clock.now() : 0;
    return Math.max(0, Math.ceil(Math.max(this.#nextAt - now, connecting) / 1000));
  }

  /** The server began anew (restart, promotion): what is known is of its former life, and the next sample has no rates. */
  newEpoch(): void {
    this.#previous = undefined;
    this.invalidate();
  }

  /** Makes it due at once. */
  invalidate(): void {
    this.#nextAt = 0;
    this.#outdated = true;
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
    this.asking ??= this.#ask().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  /** The answer as readers get it, from what is known now. */
  answer(server: string, now = this.#clock.elapsed()): Answer {
    const envelope = { topic: this.topic.id, server, database: this.database || null };
    const { snapshot } = this;
    // A server that is lost is said at once, not when each question's turn has come.
    const failure = this.failure ?? (this.topic.sql && !this.#adopted ? this.#connections.problem : undefined);
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
      sentence: 'The server has not answered yet.',
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

  async #ask(): Promise<void> {
    this.#askedMs = 0;
    this.#outdated = false;
    this.#adopted = false;
    try {
      const { rows, partial } = this.topic.sql ? await this.#fromServer(this.topic.sql) : await this.#own();
      const [at, elapsed] = [this.#clock.now(), this.#clock.elapsed()];
      const windowSeconds = this.#window(at, elapsed);
      const counted: Earlier = { rows: new Map(), whole: !partial?.length };
      const parsed = await this.#read(rows, windowSeconds, counted);
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
      this.#pace.asked(at, elapsed, parsed, this.#previous ? this.#askedMs : undefined);
      this.#previous = { counted, at, elapsed };
    } catch (error) {
      let problem: Problem;
      try {
        problem = describeError(error);
        if (problem.reason === 'locked') problem = await describeLock(this.#connections, problem);
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
        : ['extension', 'privilege', 'setting', 'version'].includes(problem.reason)
          ? Math.max(this.topic.cadenceSeconds * 1000, 5000)
          : (backoffMs[Math.min(this.#failures, backoffMs.length - 1)] ?? 15_000);
    this.#failures++;
    this.#nextAt = this.#clock.elapsed() + wait;
  }

  async #own(): Promise<{ rows: Raw[]; partial?: Partial[] }> {
    if (this.topic.figures === 'applications') return servicesNow(this.#connections, this.#other);
    return {
      rows: this.topic.figures === 'statements' ? this.#connections.statements() : this.#connections.pools(),
    };
  }

  async #fromServer(sql: NonNullable<AnyTopic['sql']>): Promise<{ rows: Raw[]; partial?: Partial[] }> {
    const server = this.#connections.capabilities ?? (await this.#connections.probe());
    const problem = missing(this.topic.requires, server);
    if (problem) throw new PostgresProblem(problem);
    const text = statementFor(sql, this.topic.requires, server);
    if (!text) throw new Error(`topic ${this.topic.id} has no statement for PostgreSQL ${server.version}`);
    const rows = await this.#send<Raw>(text, this.topic.cadenceSeconds);
    for (const lookup of this.topic.lookups ?? []) await this.#look(lookup, rows);
    const place = this.database || server.database;
    return this.topic.join ? this.topic.join(rows, this.#remembered.known(place)) : { rows };
  }

  async #look(lookup: Lookup, rows: Raw[]): Promise<void> {
    const server = this.#connections.capabilities;
    const place = this.database || server?.database || '';
    const keys = this.#remembered.due(lookup, place, lookup.keys(rows));
    const text = server && keys.length > 0 && statementFor(lookup.sql, this.topic.requires, server);
    if (!text) return;
    try {
      this.#remembered.keep(lookup, place, keys, await this.#send<Raw>(text, lookup.everySeconds, [keys]));
    } catch (error) {
      // Names and sizes may be out of reach behind a lock; the figures themselves are shown all the same.
      if (isConnectionError(error) || error instanceof PostgresProblem || !(error as { code?: string }).code)
        throw error;
      this.#remembered.failed(lookup, place);
    }
  }

  #send<Row>(text: string, everySeconds: number, values: unknown[] = []): Promise<Row[]> {
    const home = this.database === '' || this.database === this.#connections.config.read.database;
    const lane = home ? (this.topic.slow ? 'slow' : 'pinned') : 'walking';
    const rarely = everySeconds >= rareSeconds;
    return this.#connections.ask<Row>(lane, home ? undefined : this.database, text, values, {
      rarely,
      took: (ms) => {
        this.#askedMs += ms;
      },
    });
  }
}

/** A row whose statement tells no password that it sets. */
function tellable(row: Raw): Raw {
  if (typeof row.query === 'string') row.query = withoutPasswords(row.query);
  return row;
}
