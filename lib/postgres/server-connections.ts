import { isDeepStrictEqual } from 'node:util';
import type { ServerConfig, Target } from '@/lib/config';
import { defaultPool, type PoolSettings } from '@/lib/config-resources';
import { Attempts } from './attempts';
import { type Capabilities, heartbeatSql } from './capabilities';
import { isConnectionError, PostgresProblem, type Problem } from './errors';
import { type OwnStatement, OwnStatements } from './own-statements';
import type { Lane } from './places';
import { PoolCounts, type PoolRow } from './pool-counts';
import { type JudgedPool, judged, type Lately } from './pool-verdict';
import { type Beat, type Identity, readCapabilities, readIdentity } from './probe';
import { SamplingPool } from './sampling-pool';
import { needsSession, type Sent, Session } from './session';
import { type Query, Signals } from './signals';
import { isSamePlace } from './target';

/** One statement that pgdeck sent: what for (the tag that it carries), milliseconds, rows, and whether it failed. */
export type StatementSent = { tag: string; ms: number; rows: number; failed: boolean; longAction?: true };

type AskOptions = { rarely?: boolean; took?: (ms: number) => void };

/** Whether the process is the one that opened it: `pgdeck` and `pgdeck:act:…` are ours. */
export const applicationName = 'pgdeck';

/** The role and place that something acts as from its beginning to its end, whatever is configured meanwhile. */
export type Acting = {
  /** Lends the role's connection, see `ServerConnections.signal`. */
  signal: <T>(use: (query: Query) => Promise<T>) => Promise<T>;
  /** Opens a session of its own for a long action in `database`: lock_timeout 2 s, no statement_timeout. */
  openMaintenance: (run: string, database: string) => Promise<Session>;
  /** The database that the role's connection is in. */
  database: string;
  /** It has ended. */
  release: () => void;
};

/**
 * All connections to one watched server: a few for questions (one pinned and always warm), one for previews and signals,
 * and one for each long action. One connection attempt is in flight at a time.
 */
export class ServerConnections {
  capabilities: Capabilities | undefined;
  /** Told after each connect that found another run, role or recovery state of the server. */
  onServerChange: ((before: Capabilities | undefined, after: Capabilities) => void) | undefined;
  /** Told of each statement that was sent to the server, when it was answered or had failed. */
  onStatement: ((statement: StatementSent) => void) | undefined;
  #config: ServerConfig;
  readonly #maintenanceMax: number;
  readonly #counts = new PoolCounts();
  readonly #statements = new OwnStatements();
  readonly #attempts: Attempts;
  readonly #sampling: SamplingPool;
  #signals: Signals;
  /** Those of acting roles of before, while something still acts as them. */
  readonly #formerSignals = new Set<Signals>();
  #maintenance = new Set<Session>();
  #probing: Promise<Capabilities> | undefined;
  /** The address has changed: what is known may be of another server. */
  #moved = false;
  #closed = false;
  #pooled = new Map<'read' | 'action', boolean>();

  constructor(config: ServerConfig, maintenanceMax: number, pool: PoolSettings = defaultPool) {
    this.#config = config;
    this.#maintenanceMax = maintenanceMax;
    this.#attempts = new Attempts(this.#counts, () => this.#sampling.warm);
    this.#sampling = new SamplingPool({
      settings: pool,
      counts: this.#counts,
      home: () => this.#config.read.database,
      connect: (database, pinned, begins) => this.#connect(database, pinned, begins),
      attempts: this.#attempts,
    });
    this.#signals = this.#signalsTo(config.action);
  }

  /** The server that it connects to, as it is configured now. */
  get config(): ServerConfig {
    return this.#config;
  }

  /** Takes a changed configuration: what goes to other addresses than before ends when it is idle, and is opened anew. */
  reconfigure(config: ServerConfig): void {
    const { read, action } = this.#config;
    const [reads, acts] = [!isDeepStrictEqual(read, config.read), !isDeepStrictEqual(action, config.action)];
    // An address that is the same stays the same object: attempts under way are told by it.
    this.#config = { ...config, ...(!reads && { read }), ...(!acts && { action }) };
    if (reads) {
      this.#pooled.delete('read');
      this.#attempts.forget();
      this.#moved = true;
      this.#sampling.replaceAll();
    }
    if (acts) {
      this.#pooled.delete('action');
      this.#attempts.forgetActing();
      if (isSamePlace(action, config.action)) this.#signals.renew(config.action);
      else {
        const former = this.#signals;
        this.#signals = this.#signalsTo(config.action);
        this.#formerSignals.add(former);
        former.leave();
      }
    }
  }

  /** Why the server cannot be reached now; undefined while a connection for questions lives. */
  get problem(): Problem | undefined {
    return this.#sampling.warm ? undefined : this.#attempts.problem;
  }

  /** Why the last attempt to connect failed, also where other connections live; undefined since one succeeded. */
  get lastProblem(): Problem | undefined {
    return this.#attempts.problem;
  }

  /** When the next attempt to connect is made (epoch milliseconds); 0 where nothing stands in its way. */
  get nextAttemptAt(): number {
    return this.#attempts.nextAt;
  }

  /** Whether every connection for questions is gone, though there was one. */
  get lost(): boolean {
    return this.capabilities !== undefined && !this.#sampling.warm;
  }

  /**
   * Asks a question over a lane, within 4 s on the server; read-only; `rarely`: not kept prepared. Throws
   * `PostgresProblem` (also where no connection was free in time) or the server's error.
   */
  async ask<Row = Record<string, unknown>>(
    lane: Lane,
    database: string | undefined,
    text: string,
    values: unknown[] = [],
    { rarely = false, took }: AskOptions = {},
  ): Promise<Row[]> {
    // For the home database there are connections that stay there.
    const home = database === undefined || database === this.#config.read.database;
    const over = lane === 'walking' && home ? 'slow' : lane;
    for (let attempt = 0; ; attempt++) {
      try {
        const { rows, ms } = await this.#lent(over, database, (session) =>
          session.query<Row>(text, values, { rarely }),
        );
        took?.(ms);
        return rows;
      } catch (error) {
        if (error instanceof PostgresProblem) throw error;
        this.#countFailure('sampling', error);
        if (isConnectionError(error)) {
          // The connection was ended while it was idle: the question itself is a read, so it may be sent once more.
          if (attempt === 0 && !/Query read timeout/.test((error as Error).message)) continue;
          this.#attempts.failed(error);
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
    return this.#signals.lend(use);
  }

  /** The role of now, to act as until it is released. */
  holdActing(): Acting {
    const signals = this.#signals;
    return {
      signal: (use) => signals.lend(use),
      openMaintenance: (run, database) => this.#openMaintenance(signals, run, database),
      database: signals.target.database,
      release: signals.hold(),
    };
  }

  async #openMaintenance(signals: Signals, run: string, database: string): Promise<Session> {
    // One more than long ones run at a time: what is over in a moment does not wait for hours.
    if (this.#maintenance.size > this.#maintenanceMax)
      throw new PostgresProblem({
        reason: 'unreachable',
        sentence: `${this.#maintenance.size} actions are running already.`,
        hint: 'Wait for one to end or cancel it (PGDECK_MAINTENANCE_MAX).',
      });
    const since = performance.now();
    const session = await this.#attempts.run('maintenance', signals.target, () =>
      Session.open(signals.target, {
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
    this.#counts.waited('maintenance', performance.now() - since);
    this.#maintenance.add(session);
    session.onClosed = () => this.#maintenance.delete(session);
    return session;
  }

  /** Reads again what the server is and what the role may see; keeps what was known where a catalog is locked. */
  probe(): Promise<Capabilities> {
    // At the start every question wants to know: one answer serves them all.
    this.#probing ??= this.#lent('pinned', undefined, (session) => this.#probe(session)).finally(() => {
      this.#probing = undefined;
    });
    return this.#probing;
  }

  /**
   * A cheap sign of life over the pinned connection: notices a restart, a promotion or a lost connection. Then the pool is
   * looked after: idle connections end, old ones are renewed, missing ones are opened.
   */
  async heartbeat(): Promise<void> {
    try {
      const { rows } = await this.#lent('pinned', undefined, (session) => session.query<Beat>(heartbeatSql));
      if (rows[0]) this.#notice(rows[0]);
    } catch (error) {
      if (!(error instanceof PostgresProblem) && isConnectionError(error)) this.#attempts.failed(error);
      throw error;
    } finally {
      void this.#sampling.tend();
    }
  }

  /** Opens the connection for signals before it is asked for, at most once a minute; it stays open from then on. */
  prepareSignals(): void {
    this.#signals.prepare();
  }

  /** Whether actions go through a transaction pooler; undefined before the action role has connected. */
  get actionPooled(): boolean | undefined {
    return this.#pooled.get('action');
  }

  /** The three pools, and how each of them is; sizes in connections. */
  judgedPools(): JudgedPool[] {
    const acting = [...this.#maintenance].map((session) => ({ session, inUse: session.busy }));
    return [
      this.#sampling.figures(),
      this.#signals.figures(this.#formerSignals),
      this.#counts.figures('maintenance', { minimum: 0, size: this.#maintenanceMax, waiting: 0 }, acting),
    ].map((figures) => judged(figures, this.trouble(figures.pool), this.problem));
  }

  /** The three pools: rows of topic `pools`. */
  pools(): PoolRow[] {
    return this.judgedPools().map(({ pool }) => pool);
  }

  /** The most connections that there may be at a moment, by the role that signs in; the reading one first. */
  mostByRole(): { usename: string; most: number }[] {
    const { read, action } = this.#config;
    // While one is renewed there is one more, and one more action than long ones may run.
    const [reads, acts] = [this.#sampling.figures().size + 1, 1 + this.#maintenanceMax + 1];
    const most = new Map([[read.user, reads]]);
    const add = (user: string, more: number) => most.set(user, (most.get(user) ?? 0) + more);
    add(action.user, acts);
    for (const { target } of this.#formerSignals) add(target.user, 1);
    return [...most].map(([usename, most]) => ({ usename, most }));
  }

  /** What went wrong in a pool lately, and what lasts there. */
  trouble(pool: string): Lately {
    const { overdue, fullMs } = pool === 'sampling' ? this.#sampling : { overdue: 0, fullMs: 0 };
    return { ...this.#counts.trouble(pool), overdue, fullMs };
  }

  /** What pgdeck's own statements to this server have cost, but for the actions that somebody ran. */
  statements(): OwnStatement[] {
    return this.#statements.figures();
  }

  /** Ends every connection. */
  close(): void {
    this.#closed = true;
    this.#sampling.close();
    for (const signals of [this.#signals, ...this.#formerSignals]) signals.close();
    for (const session of this.#maintenance) session.close();
  }

  async #lent<T>(lane: Lane, database: string | undefined, use: (session: Session) => Promise<T>): Promise<T> {
    const session = await this.#sampling.acquire(lane, database);
    try {
      return await use(session);
    } catch (error) {
      if (isConnectionError(error)) session.close();
      throw error;
    } finally {
      this.#sampling.release(session);
    }
  }

  #connect(database: string, pinned: boolean, begins: () => void): Promise<Session> {
    return this.#attempts.run('sampling', this.#config.read, async () => {
      begins();
      const { read } = this.#config;
      const session = await this.#open(read, 'read', database);
      // It goes where nobody wants to go any more: the pool ends it.
      if (this.#config.read !== read) return session;
      try {
        const home = database === read.database;
        if (pinned || (home && (this.#moved || !this.capabilities))) await this.#probe(session);
        else if (home) await this.#identify(session);
      } catch (error) {
        session.close();
        throw error;
      }
      return session;
    });
  }

  #signalsTo(target: Target): Signals {
    const signals: Signals = new Signals(target, {
      attempts: this.#attempts,
      counts: this.#counts,
      open: (to) => this.#open(to, 'action', undefined),
      countFailure: (error) => this.#countFailure('signals', error),
      onEnded: () => this.#formerSignals.delete(signals),
    });
    return signals;
  }

  async #open(target: Target, role: 'read' | 'action', database: string | undefined): Promise<Session> {
    const isNow = () => this.#config[role] === target;
    const session = await Session.open(target, {
      purpose: role === 'read' ? 'question' : 'signal',
      applicationName,
      onStatement: this.#count,
      ...(database && { database }),
      ...(isNow() && this.#pooled.get(role) && { pooled: true }),
    });
    if (this.#closed) {
      session.close();
      throw new Error('Client was closed');
    }
    if (isNow()) this.#pooled.set(role, session.pooled);
    return session;
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
    // What a right or an extension is missing for is told where its rows would be.
    this.#counts.add(pool, timedOut ? 'timeouts' : 'errors', !code?.startsWith('42'));
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
    this.#moved = false;
    if (!before || before.systemIdentifier !== after.systemIdentifier) this.onServerChange?.(before, after);
    return after;
  }
}
