import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { accessOf } from '@/lib/access/test-access';
import type { User } from '@/lib/access/user';
import type { Run } from '@/lib/actions/protocol';
import { Audit } from '@/lib/audit/audit';
import type { AccessConfig, ServerConfig, Target } from '@/lib/config';
import { type Embedded, startEmbedded } from '@/lib/embedded/server';
import { until } from '@/lib/history/test-stage';
import { ServerConnections } from '@/lib/postgres/server-connections';
import type { Server } from '@/lib/runtime';
import { Sampler } from '@/lib/sampler/sampler';
import { topics } from '@/lib/topics/index';
import { Runner } from './runner';

/** Who acts in these tests. */
export const admin: User = { name: 'local', role: 'admin', mode: 'local' };

const password = 'only-for-tests';

/** A real server with an application on it and a runner that acts there, for tests. */
export class Stage {
  readonly folder = mkdtempSync(join(tmpdir(), 'pgdeck-runner-'));
  readonly touched: { topics: string[]; database: string | null }[] = [];
  /** Who may: the runners made after it go by this. */
  access: AccessConfig = accessOf();
  /** Whether the runners made after it want a second person's yes. */
  approval: 'off' | 'typed' = 'off';
  audit!: Audit;
  runner!: Runner;
  server!: Server;
  #embedded!: Embedded;
  #clients: pg.Client[] = [];
  #connections: ServerConnections[] = [];
  #audits: Audit[] = [];
  #turn: Promise<unknown> = Promise.resolve();

  /** A server of a major version, with settings of its own where a test needs them; they are given on its command line. */
  static async build(major = 18, settings: Record<string, string | number> = {}): Promise<Stage> {
    const stage = new Stage();
    stage.#embedded = await startEmbedded({
      major,
      dataDir: join(stage.folder, 'data'),
      settings: { fsync: 'off', autovacuum: 'off', max_connections: 40, ...settings },
      superuserPassword: password,
      temporary: true,
    });
    const root = await stage.client('postgres');
    await root.query(`
      create role app login password '${password}';
      create role owner login password '${password}';
      create role actor login password '${password}' in role pg_monitor, pg_signal_backend, owner;
      create role weak login password '${password}' in role pg_monitor;
      create table public.orders (id int primary key, note text);
      insert into public.orders select n, 'note ' || n from generate_series(1, 1000) as n;
      create table public."Odd ""name""; drop" (id int);
      create view public.orders_view as select * from public.orders;
      create table public.parts (id int) partition by range (id);
      create table public.parts_1 partition of public.parts for values from (0) to (100);
      insert into public.parts select n from generate_series(1, 99) as n;
      alter table public.orders owner to owner;
      alter table public.parts owner to owner;
      alter table public.parts_1 owner to owner;
      alter table public."Odd ""name""; drop" owner to owner;
      grant select, insert, update on public.orders to app;`);
    await root.query('create database other');
    stage.use('actor');
    return stage;
  }

  /** Makes a runner that acts as `role`, with an audit of its own. */
  use(role: string, changes: Partial<ServerConfig> = {}, stateDir?: string): void {
    const target = (user: string): Target => ({
      host: '127.0.0.1',
      port: this.#embedded.port,
      database: 'postgres',
      user,
      password,
      tls: { mode: 'disable' },
    });
    const config: ServerConfig = {
      id: 'test',
      name: 'Test',
      environment: undefined,
      tags: [],
      demo: false,
      read: target('actor'),
      action: target(role),
      ...changes,
    };
    const connections = new ServerConnections(config, 2);
    this.#connections.push(connections);
    const sampler = new Sampler(config.id, connections, topics, () => {});
    const touched = sampler.touched.bind(sampler);
    sampler.touched = (topics, database) => {
      this.touched.push({ topics, database });
      touched(topics, database);
    };
    this.server = { config, connections, sampler, findings: undefined as unknown as Server['findings'] };
    this.audit = new Audit(stateDir ?? mkdtempSync(join(this.folder, 'state-')));
    this.#audits.push(this.audit);
    const parts = {
      servers: new Map([[config.id, this.server]]),
      audit: this.audit,
      config: { maintenanceMax: 2, approval: this.approval, access: this.access },
    };
    this.runner = new Runner(() => parts);
  }

  /** Restarts the watched server; every session ends. */
  async restart(): Promise<void> {
    await this.#embedded.restart();
    const [root] = this.#clients.splice(0, 1);
    await root?.end().catch(() => {});
    this.#clients.unshift(await this.client('postgres'));
    this.#clients.pop();
  }

  get stateDir(): string {
    return mkdtempSync(join(this.folder, 'state-'));
  }

  /** A client of the watched server, as an application or as an administrator would open one. */
  async client(user: string, name = 'shop', database = 'postgres'): Promise<pg.Client> {
    const client = new pg.Client({
      host: '127.0.0.1',
      port: this.#embedded.port,
      user,
      password,
      database,
      application_name: name,
    });
    client.on('error', () => {});
    await client.connect();
    this.#clients.push(client);
    return client;
  }

  /** Asks as the superuser, one question after the other. */
  root<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const turn = this.#turn.then(async () => (await (this.#clients[0] as pg.Client).query<Row>(text, values)).rows);
    this.#turn = turn.catch(() => {});
    return turn;
  }

  /** The identity of a client's session, as the sessions topic would show it. */
  async identity(client: pg.Client): Promise<{ pid: number; backend_start_us: string; query_start_us: string }> {
    const [row] = await this.root<{ pid: number; backend_start_us: string; query_start_us: string }>(
      `select pid, (extract(epoch from backend_start) * 1000000)::bigint::text as backend_start_us,
        (extract(epoch from query_start) * 1000000)::bigint::text as query_start_us
       from pg_stat_activity where pid = $1`,
      [pidOf(client)],
    );
    if (!row) throw new Error('the session is gone');
    return row;
  }

  /** Waits until the server works on what a client has sent. */
  running(client: pg.Client): Promise<void> {
    return until(async () => {
      const [row] = await this.root<{ state: string }>('select state from pg_stat_activity where pid = $1', [
        pidOf(client),
      ]);
      return row?.state === 'active';
    });
  }

  /** Waits until a client waits for a lock. */
  waiting(client: pg.Client): Promise<void> {
    return until(async () => {
      const [row] = await this.root<{ type: string | null }>(
        'select wait_event_type as type from pg_stat_activity where pid = $1',
        [pidOf(client)],
      );
      return row?.type === 'Lock';
    });
  }

  async alive(client: pg.Client): Promise<boolean> {
    return (await this.root('select 1 from pg_stat_activity where pid = $1', [pidOf(client)])).length === 1;
  }

  async oid(name: string): Promise<number> {
    return (await this.root<{ oid: number }>('select $1::regclass::oid as oid', [name]))[0]?.oid ?? 0;
  }

  /** A run when it has ended: one that takes longer than 3.5 s is answered for before. */
  async ended({ runId }: Pick<Run, 'runId'>): Promise<Run> {
    await until(() => this.runner.run(runId).endedAt !== null);
    return this.runner.run(runId);
  }

  /** The events of the audit, oldest first. */
  async events(): Promise<string[]> {
    const { entries } = await this.audit.read({ limit: 100 });
    return entries.reverse().map(({ event, result }) => (result ? `${event} ${result.status}` : event));
  }

  /** Ends the applications' sessions, so that the next test has a server to itself. */
  async clear(): Promise<void> {
    const [, ...clients] = this.#clients;
    this.#clients.length = 1;
    for (const connections of this.#connections.splice(0)) connections.close();
    await Promise.all(clients.map((client) => client.end().catch(() => {})));
    for (const audit of this.#audits.splice(0)) await audit.close();
    this.touched.length = 0;
  }

  async end(): Promise<void> {
    await this.clear();
    await this.#clients[0]?.end();
    await this.#embedded.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The pid of a client's session. */
export function pidOf(client: pg.Client): number {
  return (client as unknown as { processID: number }).processID;
}

/** The code and status that a promise is refused with. */
export async function refusal(work: Promise<unknown>): Promise<string> {
  return work.then(
    (value) => `resolved: ${JSON.stringify(value)}`,
    (error) => (error.status ? `${error.status} ${error.code}` : `${error.name}: ${error.message}`),
  );
}
