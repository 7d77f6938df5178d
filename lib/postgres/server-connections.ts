import { setTimeout as after } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig } from '@/lib/config';
import { type Capabilities, heartbeatSql } from './capabilities';
import { describeConnectError, isConnectionError, PostgresProblem, type Problem } from './errors';
import { type OwnStatement, OwnStatements } from './own-statements';
import { PoolCounts, type PoolFigures } from './pool-counts';
import { type Beat, type Identity, readCapabilities, readIdentity } from './probe';
import { type Answered, needsSession, type Sent, Session } from './session';

/** Which of the three sampling connections a question goes over. */
export type Lane = 'pinned' | 'slow' | 'walking';

type Query = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Answered<Row>>;

/** One statement that pgdeck sent: what for (the tag that it carries), milliseconds, rows, and whether it failed. */
export type StatementSent = { tag: string; ms: number; rows: number; failed: boolean; longAction?: true };

type AskOptions = { rarely?: boolean; took?: (ms: number) => void };

const lanes: Lane[] = ['pinned', 'slow', 'walking'];
/** The other is in another database most of the time, and idle: that it is open says nothing about the server now. */
const homeLanes: Lane[] = ['pinned', 'slow'];
/** The last step leaves time to connect and ask within the 5 s in which a server that is back is noticed. */
const refusedBackoffMs = [1000, 2000, 4000];
/** A timed-out attempt stays a backend of the server until its authentication_timeout (60 s by default). */
const timedOutBackoffMs = 60_000;
/** How long a slow question waits for its own connection before it takes another's. */
const ownConnectionWaitMs = 1000;
/** A backend keeps what it once opened in its relation cache: the slow connection is renewed. */
const recycleAfterMs = 30 * 60_000;
const walkingIdleMs = 2 * 60_000;
const signalRetryMs = 60_000;

/** Whether the process is the one that opened it: `pgdeck` and `pgdeck:act:…` are ours. */
export const applicationName = 'pgdeck';

/**
 * All connections to one watched server: three for questions (one pinned and always warm), one for previews and
 * signals, and one for each long action. One connection attempt is in flight at a time.
 */
export class ServerConnections {
  capabilities: Capabilities | undefined;
  /** Told after each connect that found another run, role or recovery state of the server. */
  onServerChange: ((before: Capabilities | undefined, after: Capabilities) => void) | undefined;
  /** Told of each statement that was sent to the server, when it was answered or had failed. */
  onStatement: ((statement: StatementSent) => void) | undefined;
  #config: ServerConfig;
  readonly #maintenanceMax: number;
  #sessions = new Map<Lane | 'signal', Session>();
  #maintenance = new Set<Session>();
  #attempt: Promise<unknown> = Promise.resolve();
  #failures = 0;
  #failed: { at: number; timedOut: boolean } | undefined;
  #lastProblem: Problem | undefined;
  #signalTurn: Promise<unknown> = Promise.resolve();
  #walkingTurn: Promise<unknown> = Promise.resolve();
  #signalTriedAt = 0;
  #probing: Promise<Capabilities> | undefined;
  #actingHung: { at: number; problem: Problem } | undefined;
  #counts = new PoolCounts();
  #statements = new OwnStatements();
  #closed = false;
  #pooled = new Map<'read' | 'action', boolean>();

  constructor(config: ServerConfig, maintenanceMax: number) {
    this.#config = config;
    this.#maintenanceMax = maintenanceMax;
  }

  /** The server that it connects to, as it is configured now. */
  get config(): ServerConfig {
    return this.#config;
  }

  /** Takes a changed configuration: what goes to other addresses than before ends when it is idle, and is opened anew. */
  reconfigure(config: ServerConfig): void {
    const { read, action } = this.#config;
    this.#config = config;
    if (!isDeepStrictEqual(read, config.read)) for (const lane of lanes) this.#sessions.get(lane)?.retire();
    if (!isDeepStrictEqual(action, config.action)) this.#sessions.get('signal')?.retire();
  }

  /** Why the server cannot be reached now; undefined while a connection for questions lives. */
  get problem(): Problem | undefined {
    return homeLanes.some((lane) => this.#sessions.get(lane)?.closed === false) ? undefined : this.#lastProblem;
  }

  /** When the next attempt to connect is made (epoch milliseconds); 0 where nothing stands in its way. */
  get nextAttemptAt(): number {
    // A failure in the time to come: the clock was set back.
    if (!this.#failed || this.#failed.at > Date.now()) return 0;
    const { at, timedOut } = this.#failed;
    // Without a warm connection there is nothing to lose by asking sooner.
    if (timedOut && homeLanes.some((lane) => this.#sessions.get(lane)?.closed === false)) return at + timedOutBackoffMs;
    return at + (refusedBackoffMs[Math.min(this.#failures, refusedBackoffMs.length) - 1] ?? 0);
  }

  /** Whether every connection for questions is gone, though there was one. */
  get lost(): boolean {
    return this.capabilities !== undefined && homeLanes.every((lane) => this.#sessions.get(lane)?.closed !== false);
  }

  /** Asks a question over a lane, within 4 s on the server; read-only; `rarely`: not kept prepared. Throws `PostgresProblem` or the server's error. */
  ask<Row = Record<string, unknown>>(
    lane: Lane,
    database: string | undefined,
    text: string,
    values: unknown[] = [],
    options: AskOptions = {},
  ): Promise<Row[]> {
    if (lane !== 'walking') return this.#ask<Row>(lane, database, text, values, options);
    // It goes from database to database: each question takes it for itself, or two would cut each other off.
    const turn = this.#walkingTurn.then(() => this.#ask<Row>(lane, database, text, values, options));
    this.#walkingTurn = turn.catch(() => {});
    return turn;
  }

  async #ask<Row>(
    lane: Lane,
    database: string | undefined,
    text: string,
    values: unknown[],
    { rarely = false, took }: AskOptions,
  ): Promise<Row[]> {
    for (let attempt = 0; ; attempt++) {
      const session = await this.#sessionFor(lane, database);
      try {
        const { rows, ms } = await session.query<Row>(text, values, { rarely });
        took?.(ms);
        return rows;
      } catch (error) {
        this.#countFailure('sampling', error);
        // The connection was ended while it was idle: the question itself is a read, so it may be sent once more.
        if (isConnectionError(error)) {
          session.close();
          if (attempt === 0 && !/Query read timeout/.test((error as Error).message)) continue;
          this.#unreachable(error);
        }
        throw error;
      }
    }
  }

  /**
   * Lends the action role's connection, one user at a time: statement_timeout 4 s, lock_timeout 250 ms, not
   * read-only, outside any transaction.
   */
  signal<T>(use: (query: Query) => Promise<T>): Promise<T> {
    const waited = this.#counts.wait('signals');
    const turn = this.#signalTurn.then(async () => {
      waited();
      let session = this.#sessions.get('signal');
      if (session?.closed !== false) session = await this.#open('signal', 'action', undefined);
      const lent = session;
      return use((text, values) =>
        lent.query<never>(text, values).catch((error) => {
          this.#countFailure('signals', error);
          throw error;
        }),
      );
    });
    this.#signalTurn = turn.catch(() => {});
    return turn;
  }

  /** Opens a session of its own for a long action in `database`: lock_timeout 2 s, no statement_timeout. */
  async openMaintenance(run: string, database: string): Promise<Session> {
    // One more than long ones run at a time: what is over in a moment does not wait for hours.
    if (this.#maintenance.size > this.#maintenanceMax)
      throw new PostgresProblem({
        reason: 'unreachable',
        sentence: `${this.#maintenance.size} actions are running already.`,
        hint: 'Wait for one to end or cancel it (PGDECK_MAINTENANCE_MAX).',
      });
    const session = await this.#connect('maintenance', () =>
      Session.open(this.config.action, {
        purpose: 'maintenance',
        applicationName: `${applicationName}:act:${run}`,
        database,
        onStatement: (sent) => this.#tell(sent, true),
      }),
    );
    if (session.pooled || this.#closed) {
      session.close();
      throw needsSession();
    }
    this.#maintenance.add(session);
    session.onClosed = () => this.#maintenance.delete(session);
    return session;
  }

  /** Reads again what the server is and what the role may see; keeps what was known where a catalog is locked. */
  probe(): Promise<Capabilities> {
    // At the start every question wants to know: one answer serves them all.
    this.#probing ??= this.#sessionFor('pinned', undefined)
      .then((session) => this.#probe(session))
      .finally(() => {
        this.#probing = undefined;
      });
    return this.#probing;
  }

  /** A cheap sign of life over the pinned connection: notices a restart, a promotion or a lost connection. */
  async heartbeat(): Promise<void> {
    const session = await this.#sessionFor('pinned', undefined);
    try {
      const [row] = (await session.query<Beat>(heartbeatSql)).rows;
      if (row) this.#notice(row);
    } catch (error) {
      if (isConnectionError(error)) {
        session.close();
        this.#unreachable(error);
      }
      throw error;
    }
    const walking = this.#sessions.get('walking');
    // A session keeps its database from being dropped or renamed.
    if (walking && !walking.busy && Date.now() - walking.usedAt > walkingIdleMs) walking.retire();
    const slow = this.#sessions.get('slow');
    if (slow && !slow.closed && !slow.busy && Date.now() - slow.openedAt > recycleAfterMs) await this.#recycle(slow);
  }

  /** Opens the connection for signals before it is asked for, at most once a minute; it stays open from then on. */
  prepareSignals(): void {
    if (this.#sessions.get('signal')?.closed === false || Date.now() - this.#signalTriedAt < signalRetryMs) return;
    this.#signalTriedAt = Date.now();
    this.#open('signal', 'action', undefined).catch(() => {});
  }

  /** Whether actions go through a transaction pooler; undefined before the action role has connected. */
  get actionPooled(): boolean | undefined {
    return this.#pooled.get('action');
  }

  /** The figures of the three pools; sizes in connections. */
  pools(): PoolFigures[] {
    const open = (slot: Lane | 'signal') => {
      const session = this.#sessions.get(slot);
      return session ? [{ session, inUse: session.busy }] : [];
    };
    return [
      this.#counts.figures('sampling', 1, lanes.length, lanes.flatMap(open)),
      this.#counts.figures('signals', 0, 1, open('signal')),
      this.#counts.figures(
        'maintenance',
        0,
        this.#maintenanceMax,
        [...this.#maintenance].map((session) => ({ session, inUse: session.busy })),
      ),
    ];
  }

  /** What pgdeck's own statements to this server have cost, but for the actions that somebody ran. */
  statements(): OwnStatement[] {
    return this.#statements.figures();
  }

  /** Ends every connection. */
  close(): void {
    this.#closed = true;
    for (const session of [...this.#sessions.values(), ...this.#maintenance]) session.close();
  }

  async #sessionFor(lane: Lane, database: string | undefined): Promise<Session> {
    const wanted = database ?? this.config.read.database;
    const own = this.#sessions.get(lane);
    if (own && !own.closed && own.database === wanted) return own;
    // Only an open connection is served when slots have run out or sign-in hangs: any of ours will do.
    const other = lanes
      .map((name) => this.#sessions.get(name))
      .find((session) => session && !session.closed && session.database === wanted);
    if (other) {
      if (Date.now() < this.nextAttemptAt) return other;
      const opening = this.#open(lane, 'read', wanted).catch(() => other);
      // What a slow question opens stays in a connection's memory for good: it goes to another's only where its own hangs.
      return lane === 'slow' ? Promise.race([opening, after(ownConnectionWaitMs, other, { ref: false })]) : other;
    }
    return this.#open(lane, 'read', wanted);
  }

  async #open(slot: Lane | 'signal', role: 'read' | 'action', database: string | undefined): Promise<Session> {
    const target = this.config[role];
    return this.#connect(slot, async () => {
      const present = this.#sessions.get(slot);
      if (present && !present.closed && present.database === (database ?? target.database)) return present;
      present?.retire();
      const session = await Session.open(target, {
        purpose: slot === 'signal' ? 'signal' : 'question',
        applicationName,
        onStatement: this.#count,
        ...(database && { database }),
        ...(this.#pooled.get(role) && { pooled: true }),
      });
      this.#pooled.set(role, session.pooled);
      if (this.#closed) {
        session.close();
        throw new Error('Client was closed');
      }
      this.#sessions.set(slot, session);
      const home = database === undefined || database === this.config.read.database;
      if (slot === 'pinned' || (slot !== 'signal' && home && !this.capabilities)) await this.#probe(session);
      else if (slot !== 'signal' && home) await this.#identify(session);
      return session;
    });
  }

  /** Lets one attempt run at a time and spaces failed ones. */
  #connect(slot: Lane | 'signal' | 'maintenance', attempt: () => Promise<Session>): Promise<Session> {
    const turn = this.#attempt.then(async () => {
      const acts = slot === 'signal' || slot === 'maintenance';
      if (!acts && Date.now() < this.nextAttemptAt && this.#lastProblem) throw new PostgresProblem(this.#lastProblem);
      if (acts && this.#actingHung && Date.now() - this.#actingHung.at < timedOutBackoffMs)
        throw new PostgresProblem(this.#actingHung.problem);
      const pool = slot === 'signal' ? 'signals' : slot === 'maintenance' ? 'maintenance' : 'sampling';
      const startedAt = Date.now();
      try {
        const session = await attempt();
        if (!acts) {
          this.#failures = 0;
          this.#failed = undefined;
          this.#lastProblem = undefined;
        }
        if (session.openedAt >= startedAt) this.#counts.add(pool, 'opened');
        return session;
      } catch (error) {
        this.#counts.add(pool, 'errors');
        // The acting role may be refused while the reading one is not.
        if (acts) {
          const problem = describeConnectError(error);
          if (hangs(error, problem)) this.#actingHung = { at: Date.now(), problem };
          throw new PostgresProblem(problem, error);
        }
        throw this.#unreachable(error);
      }
    });
    this.#attempt = turn.catch(() => {});
    return turn;
  }

  #count = (sent: Sent): void => {
    this.#statements.add(sent.text, sent.ms);
    this.#tell(sent);
  };

  #tell({ text, ms, rows, failed }: Sent, longAction = false): void {
    this.onStatement?.({
      tag: this.#statements.tagOf(text),
      ms,
      rows,
      failed,
      ...(longAction && { longAction }),
    });
  }

  #countFailure(pool: string, error: unknown): void {
    const { code, message } = error as { code?: string; message?: string };
    const timedOut = code === '57014' || code === '55P03' || /Query read timeout/.test(message ?? '');
    this.#counts.add(pool, timedOut ? 'timeouts' : 'errors');
  }

  #unreachable(error: unknown): PostgresProblem {
    const problem = describeConnectError(error);
    this.#failures++;
    this.#failed = { at: Date.now(), timedOut: hangs(error, problem) };
    this.#lastProblem = problem;
    return new PostgresProblem(problem, error);
  }

  async #recycle(old: Session): Promise<void> {
    const renewed = await this.#connect('slow', () =>
      Session.open(this.config.read, {
        purpose: 'question',
        applicationName,
        pooled: old.pooled,
        onStatement: this.#count,
      }),
    ).catch(() => undefined);
    if (!renewed) return;
    if (this.#closed) return renewed.close();
    this.#sessions.set('slow', renewed);
    this.#counts.add('sampling', 'recycled');
    old.retire();
  }

  async #identify(session: Session): Promise<Identity> {
    const identity = await readIdentity(session);
    this.#notice(identity);
    return identity;
  }

  #notice(row: Beat): void {
    const known = this.capabilities;
    if (!known || (known.postmasterStart === row.postmaster_start && known.inRecovery === row.in_recovery)) return;
    this.capabilities = { ...known, postmasterStart: row.postmaster_start, inRecovery: row.in_recovery };
    this.onServerChange?.(known, this.capabilities);
  }

  async #probe(session: Session): Promise<Capabilities> {
    const identity = await this.#identify(session);
    const before = this.capabilities;
    const after = await readCapabilities(session, identity, before);
    this.capabilities = after;
    if (!before || before.systemIdentifier !== after.systemIdentifier) this.onServerChange?.(before, after);
    return after;
  }
}

/** Whether an attempt to connect was given up while the server still works on it. */
function hangs(error: unknown, problem: Problem): boolean {
  return !problem.sqlstate && /timeout|timed out/i.test((error as Error).message ?? '');
}
