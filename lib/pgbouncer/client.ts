import type { ConnectionOptions } from 'node:tls';
import pg from 'pg';
import type { Target } from '@/lib/config';
import { tlsOptions, types } from '@/lib/postgres/client-options';
import type { Raw } from '@/lib/topics/topic';

const connectTimeoutMs = 3000;
const answerTimeoutMs = 3000;

/** What a command answered, and how long that took. */
export type Answered = { command: string; rows: Raw[]; ms: number };

/**
 * One connection to the admin console of a PgBouncer, which knows the simple protocol only: text in, rows out, no
 * parameters. An answer that is not there after 3 s closes it, for the next one would be the old one.
 */
export class ConsoleClient {
  closed = false;
  readonly #client: pg.Client;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(client: pg.Client) {
    this.#client = client;
    client.on('end', () => {
      this.closed = true;
    });
  }

  /** Connects within 3 s; errors are node-postgres' own. */
  static async open(target: Target, applicationName: string): Promise<ConsoleClient> {
    const attempt = async (ssl: ConnectionOptions | false) => {
      const client = new pg.Client({
        host: target.host,
        port: target.port,
        user: target.user,
        password: target.password ?? '',
        // The console has this name, whatever the address says.
        database: 'pgbouncer',
        application_name: applicationName,
        ssl,
        connectionTimeoutMillis: connectTimeoutMs,
        keepAlive: true,
        keepAliveInitialDelayMillis: 10_000,
        types,
      });
      // Without a listener an error between two commands would end the process.
      client.on('error', () => {});
      try {
        await client.connect();
      } catch (error) {
        client.end().catch(() => {});
        throw error;
      }
      return new ConsoleClient(client);
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

  /** Sends one command when those before it were answered; `bounded` false: it may take as long as PgBouncer likes (PAUSE). */
  send(text: string, { bounded = true } = {}): Promise<Answered> {
    const turn = this.#last.then(() => this.#send(text, bounded));
    this.#last = turn.catch(() => {});
    return turn;
  }

  async #send(text: string, bounded: boolean): Promise<Answered> {
    if (this.closed) throw new Error('Connection terminated');
    const started = performance.now();
    try {
      const { command, rows } = await this.#client.query({
        text,
        ...(bounded && { query_timeout: answerTimeoutMs }),
      } as pg.QueryConfig);
      return { command, rows, ms: performance.now() - started };
    } catch (error) {
      if (/Query read timeout/.test((error as Error).message)) this.close();
      throw error;
    }
  }

  /** Closes the connection at once; what it was asked is not waited for. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.#client.end().catch(() => {});
    (this.#client as unknown as { connection?: { stream?: { destroy(): void } } }).connection?.stream?.destroy();
  }
}
