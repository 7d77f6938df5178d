import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import type { Target } from '@/lib/config';
import { requests } from '@/lib/metrics/request';
import { statementName, tlsOptions, types } from './client-options';
import { PostgresProblem } from './errors';

/** A warning or notice that the server sent with an answer. */
export type Notice = { severity: string; sqlstate: string; message: string };

/** What a statement answered; `notices` are those that came while it ran, `ms` the time from sending to the answer. */
export type Answered<Row = Record<string, unknown>> = { rows: Row[]; command: string; notices: Notice[]; ms: number };

/** The settings that a session starts with, for what it is used for (times in milliseconds). */
export type Purpose = 'question' | 'signal' | 'maintenance';

const startup: Record<Purpose, string[]> = {
  question: [
    'statement_timeout=4000',
    'lock_timeout=250',
    'idle_in_transaction_session_timeout=5000',
    'default_transaction_read_only=on',
    'search_path=pg_catalog',
    'jit=off',
  ],
  signal: [
    'statement_timeout=4000',
    'lock_timeout=250',
    'idle_in_transaction_session_timeout=5000',
    'search_path=pg_catalog',
    'jit=off',
  ],
  maintenance: [
    'statement_timeout=0',
    'lock_timeout=2000',
    'idle_session_timeout=0',
    // The server goes on with what runs when pgdeck ends; it is found again then.
    'client_connection_check_interval=0',
    'search_path=pg_catalog',
    // What is shown and proven by the parser is read by the server in the same way, whatever the role's setting is.
    'standard_conforming_strings=on',
  ],
};

const connectTimeoutMs = 3000;
/** Slightly above statement_timeout: a session that misses it is thrown away, for its next answer would be the old one. */
const answerTimeoutMs = 5000;

/** A statement that was answered or has failed: its milliseconds and how many rows came. */
export type Sent = { text: string; ms: number; rows: number; failed: boolean };

type OpenOptions = {
  purpose: Purpose;
  applicationName: string;
  database?: string;
  pooled?: boolean;
  /** Told of each statement, when it was answered or had failed. */
  onStatement?: (sent: Sent) => void;
};

/**
 * One connection to a server: answers one statement at a time, never waits without an end, and is thrown away after
 * any error of the connection. Errors are node-postgres' own or `PostgresProblem`.
 */
export class Session {
  readonly database: string;
  /** True: behind a transaction pooler, so settings go with each question and no statement is prepared. */
  readonly pooled: boolean;
  readonly encrypted: boolean;
  readonly openedAt = Date.now();
  /** When its last statement ended (epoch milliseconds). */
  usedAt = Date.now();
  busy = false;
  waiting = 0;
  closed = false;
  onClosed: (() => void) | undefined;
  #client: pg.Client;
  #purpose: Purpose;
  #onStatement: ((sent: Sent) => void) | undefined;
  #last: Promise<unknown> = Promise.resolve();
  #notices: Notice[] = [];

  private constructor(client: pg.Client, options: OpenOptions, target: Target, encrypted: boolean) {
    this.#client = client;
    this.#purpose = options.purpose;
    this.#onStatement = options.onStatement;
    this.database = options.database ?? target.database;
    this.pooled = options.pooled ?? false;
    this.encrypted = encrypted;
    client.on('notice', (notice) => {
      this.#notices.push({
        severity: notice.severity ?? 'NOTICE',
        sqlstate: notice.code ?? '',
        message: notice.message ?? '',
      });
      if (this.#notices.length > 200) this.#notices.shift();
    });
    client.on('end', () => this.#ended());
  }

  /** Connects within 3 s; a pooler is recognised (by its own backend ids, or by refusing our settings) and used as one. */
  static async open(target: Target, options: OpenOptions): Promise<Session> {
    if (options.pooled) return Session.#connect(target, options);
    let session: Session;
    try {
      session = await Session.#connect(target, options);
    } catch (error) {
      if ((error as { code?: string }).code !== '08P01') throw error;
      return Session.#connect(target, { ...options, pooled: true });
    }
    try {
      const [row] = (
        await session.query('select /* pgdeck:connect */ pg_catalog.pg_backend_pid() as pid', [], {
          rarely: true,
          bounded: true,
        })
      ).rows;
      if (row?.pid === session.pid) return session;
    } catch (error) {
      session.close();
      throw error;
    }
    session.close();
    return Session.#connect(target, { ...options, pooled: true });
  }

  static async #connect(target: Target, options: OpenOptions): Promise<Session> {
    const attempt = async (ssl: ConnectionOptions | false) => {
      const client = new pg.Client({
        host: target.host,
        port: target.port,
        user: target.user,
        password: target.password ?? '',
        database: options.database ?? target.database,
        application_name: options.applicationName,
        ssl,
        connectionTimeoutMillis: connectTimeoutMs,
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
        types,
        ...(!options.pooled && { options: startup[options.purpose].map((setting) => `-c ${setting}`).join(' ') }),
      });
      // Without a listener an error between two statements would end the process.
      client.on('error', () => {});
      try {
        await client.connect();
      } catch (error) {
        client.end().catch(() => {});
        throw error;
      }
      return new Session(client, options, target, ssl !== false);
    };
    const ssl = tlsOptions(target);
    if (target.tls.mode !== 'prefer') return attempt(ssl);
    try {
      return await attempt(ssl);
    } catch (error) {
      if (!/does not support SSL/i.test((error as Error).message)) throw error;
      return attempt(false);
    }
  }

  /** The pid that the server (or pooler) gave at connect. */
  get pid(): number {
    return (this.#client as unknown as { processID: number }).processID;
  }

  /**
   * Sends one statement as the only thing on this connection; a question is prepared once per connection unless pooled,
   * or asked so `rarely` that the server need not keep its plan. Where `bounded` (all but the long action itself), an answer
   * that is not there within `withinMs` (5 s) closes the connection.
   */
  query<Row = Record<string, unknown>>(
    text: string,
    values: unknown[] = [],
    { rarely = false, bounded = this.#purpose !== 'maintenance', withinMs = answerTimeoutMs } = {},
  ): Promise<Answered<Row>> {
    this.waiting++;
    const turn = this.#last.then(async () => {
      this.waiting--;
      return this.#send<Row>(text, values, rarely, bounded ? withinMs : undefined);
    });
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #send<Row>(
    text: string,
    values: unknown[],
    rarely: boolean,
    withinMs: number | undefined,
  ): Promise<Answered<Row>> {
    if (this.closed) throw new Error('Connection terminated');
    const context = requests.getStore();
    const started = performance.now();
    this.busy = true;
    this.#notices = [];
    const question = this.#purpose === 'question';
    // A pooler lends another server connection each time: settings go along in a transaction of their own.
    const wrapped = this.pooled && this.#purpose !== 'maintenance';
    let rows: number | undefined;
    try {
      if (wrapped)
        await this.#plain(
          `begin${question ? ' read only' : ''}; ${startup[this.#purpose].map((setting) => `set local ${setting.replace('=', " = '")}'`).join('; ')}`,
        );
      const result = await this.#client.query({
        ...(question && !this.pooled && !rarely && { name: statementName(text) }),
        text,
        values,
        // The extended protocol refuses a second statement in the text.
        queryMode: 'extended',
        ...(withinMs !== undefined && { query_timeout: withinMs }),
      } as pg.QueryConfig);
      if (wrapped) await this.#plain('commit');
      rows = result.rows.length;
      return {
        rows: result.rows as Row[],
        command: result.command,
        notices: this.#notices,
        ms: performance.now() - started,
      };
    } catch (error) {
      if (/Query read timeout/.test((error as Error).message)) this.close();
      else if (wrapped) await this.#plain('rollback').catch(() => this.close());
      throw error;
    } finally {
      this.busy = false;
      this.usedAt = Date.now();
      const ms = performance.now() - started;
      this.#onStatement?.({ text, ms, rows: rows ?? 0, failed: rows === undefined });
      if (context) {
        context.queries++;
        context.queryMs += ms;
      }
    }
  }

  #plain(text: string): Promise<unknown> {
    return this.#client.query({ text, query_timeout: answerTimeoutMs } as pg.QueryConfig);
  }

  /** Closes the connection once those who wait for it have been served. */
  retire(): void {
    this.#last = this.#last.then(() => this.close());
  }

  /** Closes the connection at once; a statement under way is left to the server's own timeouts. */
  close(): void {
    if (this.closed) return;
    this.#client.end().catch(() => {});
    // end() waits for an answer under way; the socket must not outlive our interest in it.
    const stream = (this.#client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream;
    setTimeout(() => stream?.destroy(), this.busy ? 0 : 500).unref();
    this.#ended();
  }

  #ended(): void {
    if (this.closed) return;
    this.closed = true;
    this.onClosed?.();
  }
}

/** Thrown where a transaction pooler stands between pgdeck and the server and the thing needs a session of its own. */
export function needsSession(): PostgresProblem {
  return new PostgresProblem({
    reason: 'pooler',
    sentence: 'This needs a session of its own, and a transaction pooler stands between pgdeck and the server.',
    hint: 'Give pgdeck a direct address (PGDECK_ACTION_URL).',
  });
}
