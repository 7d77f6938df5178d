import { isDeepStrictEqual } from 'node:util';
import pg from 'pg';
import type { ServerConfig, Target } from '@/lib/config';
import { PostgresProblem, type Problem } from '@/lib/postgres/errors';
import type { ConsoleQuestion, Shown } from '@/lib/topics/console';
import type { Raw } from '@/lib/topics/topic';
import { type Answered, ConsoleClient } from './client';
import { homeAmong } from './home';
import { describeConsoleError, notConfigured, notPgBouncer } from './problems';

/** The last step leaves time to connect and ask within the 5 s in which a PgBouncer that is back is noticed. */
const backoffMs = [1000, 2000, 4000];

/** Rows that the console gave; `connection` changes when PgBouncer may have begun anew, `ms` is what it took. */
export type ConsoleAnswer = { rows: Raw[]; connection: number; ms: number };

/**
 * The admin console of the PgBouncer before a server: one connection for questions, opened when something is asked, one
 * attempt at a time and spaced when it fails. It goes by the configuration as it is now.
 */
export class Console {
  readonly #config: () => ServerConfig;
  #target: Target | undefined;
  #client: ConsoleClient | undefined;
  #opening: Promise<ConsoleClient> | undefined;
  #connections = 0;
  #failures = 0;
  #failedAt = 0;
  #problem: Problem | undefined;
  #closed = false;
  /** The version that answered last, such as `1.18.0`. */
  version: string | undefined;

  constructor(config: () => ServerConfig) {
    this.#config = config;
  }

  /** Where it is and as whom pgdeck signs in; undefined where the configuration names none. */
  get target(): Target | undefined {
    return this.#config().pgbouncer;
  }

  /** When the next attempt to connect is made (epoch milliseconds); 0 where nothing stands in its way. */
  get nextAttemptAt(): number {
    if (!this.#problem || this.#failedAt > Date.now()) return 0;
    return this.#failedAt + (backoffMs[Math.min(this.#failures, backoffMs.length) - 1] ?? 0);
  }

  /** The rows of a topic. Throws `PostgresProblem`. */
  async ask(question: ConsoleQuestion): Promise<ConsoleAnswer> {
    const shown: Shown = {};
    let ms = 0;
    for (const { command, since = 0 } of question.show) {
      if (minorOf(this.version) < since) continue;
      const answered = await this.send(`SHOW ${command}`);
      shown[command] = answered.rows;
      ms += answered.ms;
    }
    const rows = question.rows(shown, homeAmong(shown.DATABASES ?? [], this.#config()), minorOf(this.version));
    return { rows, connection: this.#connections, ms };
  }

  /** Sends one command that is answered at once, and again where the connection was ended while it was idle. Throws `PostgresProblem`. */
  async send(command: string): Promise<Answered> {
    for (let attempt = 0; ; attempt++) {
      const client = await this.#connected();
      const target = this.#target;
      try {
        return await client.send(command);
      } catch (error) {
        // PgBouncer has one SQLSTATE for all it refuses, and it is one of a connection: what counts is whether that is gone.
        if (error instanceof pg.DatabaseError && !client.closed)
          throw new PostgresProblem(describeConsoleError(error, target), error);
        client.close();
        // Only what shows something may be sent twice: what acts may have been done.
        const again = attempt === 0 && /^SHOW /.test(command) && !/Query read timeout/.test((error as Error).message);
        if (!again) throw this.#failed(error, target);
      }
    }
  }

  /** A connection of its own, for a command that may take long or is sent once. Throws `PostgresProblem`. */
  async open(applicationName: string): Promise<ConsoleClient> {
    const target = this.target;
    if (!target || this.#closed) throw new PostgresProblem(notConfigured);
    try {
      return await ConsoleClient.open(target, applicationName);
    } catch (error) {
      throw new PostgresProblem(describeConsoleError(error, target), error);
    }
  }

  /** Ends the connection, and opens none any more. */
  close(): void {
    this.#closed = true;
    this.#client?.close();
  }

  /** Goes where the configuration says now: what is under way at another place is given up, and asked again here. */
  follow(): void {
    if (!this.#moved(this.#target)) return;
    this.#target = this.target;
    this.#failures = 0;
    this.#problem = undefined;
    // Whoever waits for an attempt at the address of before comes again when that ends.
    this.#opening = undefined;
    this.#client?.close();
    this.#client = undefined;
  }

  async #connected(): Promise<ConsoleClient> {
    this.follow();
    const target = this.#target;
    if (!target || this.#closed) throw new PostgresProblem(notConfigured);
    if (this.#client?.closed === false) return this.#client;
    if (this.#problem && Date.now() < this.nextAttemptAt) throw new PostgresProblem(this.#problem);
    this.#opening ??= this.#open(target);
    const opening = this.#opening;
    try {
      return await opening;
    } catch (error) {
      if (this.#closed || !this.#moved(target)) throw error;
      return await this.#connected();
    } finally {
      if (this.#opening === opening) this.#opening = undefined;
    }
  }

  async #open(target: Target): Promise<ConsoleClient> {
    let client: ConsoleClient | undefined;
    try {
      client = await ConsoleClient.open(target, 'pgdeck');
      const [row] = (await client.send('SHOW VERSION')).rows;
      const version = /PgBouncer (\S+)/.exec(String(row?.version))?.[1];
      if (!version) throw new PostgresProblem(notPgBouncer);
      if (this.#closed || this.#moved(target)) throw new Error('Connection terminated');
      this.version = version;
      this.#client?.close();
      this.#client = client;
      this.#connections++;
      this.#failures = 0;
      this.#problem = undefined;
      return client;
    } catch (error) {
      client?.close();
      throw this.#failed(error, target);
    }
  }

  /** Whether the configuration names another place or user now. */
  #moved(target: Target | undefined): boolean {
    return !isDeepStrictEqual(target, this.target);
  }

  #failed(error: unknown, target: Target | undefined): PostgresProblem {
    const problem = describeConsoleError(error, target);
    if (!this.#moved(target)) {
      this.#problem = problem;
      this.#failures++;
      this.#failedAt = Date.now();
    }
    return new PostgresProblem(problem, error);
  }
}

/** 18 for `1.18.0`, 0 where the version is not known; a version beyond 1.x has whatever the newest has. */
export function minorOf(version: string | undefined): number {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version ?? '') ?? [];
  if (major === undefined) return 0;
  return Number(major) > 1 ? Number.POSITIVE_INFINITY : Number(minor);
}
