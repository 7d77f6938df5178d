import type { Console } from '@/lib/pgbouncer/console';
import { missing, statementFor } from '@/lib/postgres/capabilities';
import { isConnectionError, PostgresProblem, type Problem } from '@/lib/postgres/errors';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import type { AnyTopic, Lookup, Partial, Raw } from '@/lib/topics/topic';
import type { Question } from './question';
import type { Remembered } from './remembered';
import { servicesNow } from './services';

/** What is asked no more often than this is planned anew each time: the server would keep its plan in memory for it. */
const rareSeconds = 300;

/** What the questions to one server share. */
export type Parts = {
  connections: ServerConnections;
  console: Console;
  remembered: Remembered;
  /** Another question of the whole server, whose answer this one's own figures are taken from. */
  other: (topicId: string) => Question | undefined;
};

/** Figures are remembered for no longer than this; names and definitions, which do not change by themselves, are. */
const figuresSeconds = 300;

/** The raw rows of a topic; another `life` than before: what is counted there may have begun anew. */
export type Asked = { rows: Raw[]; partial?: Partial[]; life?: number };

/** Whether a topic is asked outside this process: of the server, or of its PgBouncer. */
export const isAsked = ({ sql, console }: AnyTopic) => sql !== undefined || console !== undefined;

/** Where the rows of one topic in one database come from: the server, its PgBouncer, or pgdeck's own figures. */
export class Source {
  /** Time that the last asking took there, without the wait for a connection that others use. */
  askedMs = 0;
  readonly #topic: AnyTopic;
  readonly #database: string;
  readonly #parts: Parts;

  constructor(topic: AnyTopic, database: string, parts: Parts) {
    this.#topic = topic;
    this.#database = database;
    this.#parts = parts;
  }

  /** Why the source as a whole is lost, whatever is asked of it. */
  get problem(): Problem | undefined {
    return this.#topic.sql ? this.#parts.connections.problem : undefined;
  }

  /** When the source is connected to again (epoch milliseconds). */
  get nextAttemptAt(): number {
    return this.#topic.console ? this.#parts.console.nextAttemptAt : this.#parts.connections.nextAttemptAt;
  }

  /** The rows now. Throws `PostgresProblem` or the server's error. */
  async ask(): Promise<Asked> {
    this.askedMs = 0;
    const { sql, console, figures } = this.#topic;
    const { connections, other } = this.#parts;
    if (sql) return this.#fromServer(sql);
    if (console) {
      const { rows, connection, ms } = await this.#parts.console.ask(console);
      this.askedMs = ms;
      return { rows, life: connection };
    }
    if (figures === 'applications') return servicesNow(connections, other);
    return { rows: figures === 'statements' ? connections.statements() : connections.pools() };
  }

  /** Takes the figures that are remembered for too old, so that they are asked again with the rows. */
  outdate(): void {
    for (const lookup of this.#topic.lookups ?? [])
      if (lookup.everySeconds <= figuresSeconds) this.#parts.remembered.outdate(lookup, this.#place);
  }

  /** Where lookups are remembered: the database that is asked. */
  get #place(): string {
    return this.#database || this.#parts.connections.capabilities?.database || '';
  }

  async #fromServer(sql: NonNullable<AnyTopic['sql']>): Promise<Asked> {
    const { connections, remembered } = this.#parts;
    const server = connections.capabilities ?? (await connections.probe());
    const problem = missing(this.#topic.requires, server);
    if (problem) throw new PostgresProblem(problem);
    const text = statementFor(sql, this.#topic.requires, server);
    if (!text) throw new Error(`topic ${this.#topic.id} has no statement for PostgreSQL ${server.version}`);
    const rows = await this.#send<Raw>(text, this.#topic.cadenceSeconds);
    for (const lookup of this.#topic.lookups ?? []) await this.#look(lookup, rows);
    return this.#topic.join ? this.#topic.join(rows, remembered.known(this.#place)) : { rows };
  }

  async #look(lookup: Lookup, rows: Raw[]): Promise<void> {
    const { connections, remembered } = this.#parts;
    const server = connections.capabilities;
    const place = this.#place;
    const keys = remembered.due(lookup, place, lookup.keys(rows));
    const text = server && keys.length > 0 && statementFor(lookup.sql, this.#topic.requires, server);
    if (!text) return;
    try {
      remembered.keep(lookup, place, keys, await this.#send<Raw>(text, lookup.everySeconds, [keys]));
      if (lookup.unsettled) remembered.outdate(lookup, place, lookup.unsettled(rows));
    } catch (error) {
      // Names and sizes may be out of reach behind a lock; the figures themselves are shown all the same.
      if (isConnectionError(error) || error instanceof PostgresProblem || !(error as { code?: string }).code)
        throw error;
      remembered.failed(lookup, place);
    }
  }

  #send<Row>(text: string, everySeconds: number, values: unknown[] = []): Promise<Row[]> {
    const { connections } = this.#parts;
    const home = this.#database === '' || this.#database === connections.config.read.database;
    const lane = home ? (this.#topic.slow ? 'slow' : 'pinned') : 'walking';
    const rarely = everySeconds >= rareSeconds;
    return connections.ask<Row>(lane, home ? undefined : this.#database, text, values, {
      rarely,
      took: (ms) => {
        this.askedMs += ms;
      },
    });
  }
}
