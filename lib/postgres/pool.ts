import pg from 'pg';
import type { Target } from '@/lib/config';
import { statementName, tlsOptions, types } from './client-options';
import { isConnectionError } from './errors';

/** Sends one statement and gives its rows; `timeoutMs` bounds the wait for the answer. */
export type Run = <Row = Record<string, unknown>>(
  text: string,
  values?: unknown[],
  options?: { timeoutMs?: number; prepared?: boolean },
) => Promise<Row[]>;

/** How many connections, their settings, and how long an answer is waited for (ms) where a statement does not say. */
export type PoolOptions = { most: number; applicationName: string; settings: string[]; timeoutMs: number };

type Client = pg.PoolClient & { processID: number; connection?: { stream?: { destroy(): void } } };

const connectTimeoutMs = 3000;
const idleMs = 60_000;
const closeMs = 500;
const canBePrepared = /^\s*(select|with|insert|update|delete)\b/i;

/**
 * A few connections to a database of pgdeck's own, which may be slow, stopped or gone: every wait ends by itself, and a
 * connection that missed an answer is thrown away. Errors are node-postgres' own.
 */
export class Pool {
  readonly #pool: pg.Pool;
  readonly #timeoutMs: number;
  readonly #clients = new Set<Client>();

  /** Connects once, to know that it can: without encryption where the target only prefers it and the server has none. */
  static async open(target: Target, options: PoolOptions): Promise<Pool> {
    const pool = new Pool(target, options);
    try {
      await pool.query('select /* pgdeck:connect */ 1', [], { prepared: false });
      return pool;
    } catch (error) {
      pool.close().catch(() => {});
      if (target.tls.mode !== 'prefer' || !/does not support SSL/i.test((error as Error).message)) throw error;
      return Pool.open({ ...target, tls: { mode: 'disable' } }, options);
    }
  }

  private constructor(target: Target, { most, applicationName, settings, timeoutMs }: PoolOptions) {
    this.#timeoutMs = timeoutMs;
    this.#pool = new pg.Pool({
      host: target.host,
      port: target.port,
      user: target.user,
      password: target.password ?? '',
      database: target.database,
      application_name: applicationName,
      max: most,
      ssl: tlsOptions(target),
      connectionTimeoutMillis: connectTimeoutMs,
      idleTimeoutMillis: idleMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: 10_000,
      types,
      options: settings.map((setting) => `-c ${setting}`).join(' '),
    });
    // Without listeners an error between two statements, also of a transaction, would end the process.
    this.#pool.on('error', () => {});
    this.#pool.on('connect', (client) => {
      client.on('error', () => {});
      this.#clients.add(client as Client);
    });
    this.#pool.on('remove', (client) => this.#clients.delete(client as Client));
  }

  /** Sends one statement over any connection. */
  query: Run = async (text, values, options) => {
    const client = await this.#pool.connect();
    let broken = false;
    try {
      return await this.#send(client, text, values ?? [], options);
    } catch (error) {
      broken = isConnectionError(error);
      throw error;
    } finally {
      client.release(broken);
    }
  };

  /** Runs `work` in a transaction on one connection; what it throws rolls back. */
  async transaction<T>(work: (run: Run) => Promise<T>): Promise<T> {
    const client = await this.#pool.connect();
    let broken = false;
    const run: Run = async (text, values, options) => this.#send(client, text, values ?? [], options);
    try {
      await run('begin', [], { prepared: false });
      const result = await work(run);
      await run('commit', [], { prepared: false });
      return result;
    } catch (error) {
      broken = isConnectionError(error);
      if (!broken)
        await run('rollback', [], { prepared: false }).catch(() => {
          broken = true;
        });
      throw error;
    } finally {
      client.release(broken);
    }
  }

  /** Whether the connections end at the server itself: a pooler between gives other backends than it promised. */
  async isDirect(): Promise<boolean> {
    const client = (await this.#pool.connect()) as Client;
    let broken = true;
    try {
      const [row] = await this.#send<{ pid: number }>(client, 'select pg_catalog.pg_backend_pid() as pid', [], {
        prepared: false,
      });
      broken = false;
      return row?.pid === client.processID;
    } finally {
      client.release(broken);
    }
  }

  /** Closes every connection within half a second; what is under way then is cut off. */
  async close(): Promise<void> {
    const ended = this.#pool.ending ? undefined : this.#pool.end().catch(() => {});
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      ended,
      new Promise((resolve) => {
        timer = setTimeout(resolve, closeMs);
      }),
    ]);
    clearTimeout(timer);
    // A server that is stopped never says goodbye.
    for (const client of this.#clients) client.connection?.stream?.destroy();
  }

  async #send<Row>(
    client: pg.PoolClient,
    text: string,
    values: unknown[],
    {
      timeoutMs = this.#timeoutMs,
      prepared = canBePrepared.test(text),
    }: { timeoutMs?: number; prepared?: boolean } = {},
  ): Promise<Row[]> {
    const { rows } = await client.query({
      ...(prepared && { name: statementName(text) }),
      text,
      values,
      query_timeout: timeoutMs,
    } as pg.QueryConfig);
    return rows as Row[];
  }
}
