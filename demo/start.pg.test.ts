import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Target } from '@/lib/config';
import { isAlive, readPidFile } from '@/lib/embedded/pidfile';
import { bundleProgram } from '@/lib/embedded/test-program';
import { slowQueries } from './slow-queries';
import { type Demo, startDemo } from './start';
import { mostConnections } from './workload/leaking-pool';
import { sessions } from './workload/traffic';

const root = resolve(import.meta.dirname, '..');
// Inside the clone, where its packages are found; dist is no part of it.
const program = join(root, 'dist', `test-workload-${process.pid}.mjs`);
let stateDir: string;
let demo: Demo;
let milliseconds: number;
let reader: pg.Client;
let actor: pg.Client;

const said: string[] = [];
const start = () =>
  startDemo({
    stateDir,
    root,
    say: (line) => said.push(line),
    workload: {
      program,
      chain: { restSeconds: 3, holdSeconds: 8 },
      pool: { growSeconds: 0.5, fullSeconds: 600 },
    },
  });

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'pgdeck-demo-'));
  await bundleProgram('demo/workload.ts', program);
  const startedAt = Date.now();
  demo = await start();
  milliseconds = Date.now() - startedAt;
  await meet();
});

afterAll(async () => {
  await reader?.end().catch(() => {});
  await actor?.end().catch(() => {});
  await demo?.stop();
  rmSync(stateDir, { recursive: true, force: true });
  rmSync(program, { force: true });
});

async function meet(): Promise<void> {
  [reader, actor] = await Promise.all([connect(demo.read), connect(demo.action)]);
}

async function connect({ host, port, database, user, password }: Target): Promise<pg.Client> {
  const client = new pg.Client({ host, port, database, user, password, application_name: 'pgdeck' });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function first<T>(client: pg.Client, sql: string): Promise<T> {
  const { rows } = await client.query({ text: sql, rowMode: 'array' });
  return rows[0]?.[0] as T;
}

async function until(sql: string, seconds = 60, client = reader): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!(await first<boolean>(client, sql))) {
    if (Date.now() > deadline) throw new Error(`it did not happen within ${seconds} s: ${sql}`);
    await sleep(200);
  }
}

test('is up soon, small, with every slow statement run, three of them above 100 ms', async () => {
  expect(milliseconds).toBeLessThan(90_000); // 3 s on an idle machine; here others compute too
  const slow = await reader.query<{ mean: number }>(
    `select s.mean_exec_time as mean from pg_stat_statements as s join pg_roles as r on r.oid = s.userid
     where r.rolname in ('app_report', 'app_support') and s.query like 'select %' and s.query not like '%group by country%'`,
  );
  expect(slow.rows.length).toBeGreaterThanOrEqual(slowQueries.length);
  expect(slow.rows.filter(({ mean }) => mean > 100).length).toBeGreaterThanOrEqual(3);
  expect(await first<string>(reader, 'show track_io_timing')).toBe('on');
  const shop = Number(await first(reader, `select pg_database_size('shop') - pg_database_size('template1')`));
  expect(shop).toBeLessThan(40e6); // under 30 MB when it came up; it has been growing since
});

test('is reached as an ordinary user would: one role reads, one acts, nobody is superuser, passwords are kept', async () => {
  await expect(reader.query('select count(*) from orders')).rejects.toMatchObject({ code: '42501' });
  expect(await first(reader, `select pg_has_role('pg_read_all_stats', 'usage')`)).toBe(true);
  expect(
    await first(
      reader,
      `select has_parameter_privilege('pgdeck_action', 'log_min_duration_statement', 'alter system')
         and pg_has_role('pgdeck_action', 'pg_checkpoint', 'usage') and not pg_has_role('pgdeck_action', 'pg_write_server_files', 'usage')`,
    ),
  ).toBe(true);
  expect(await first(actor, 'select count(*) from pg_file_settings')).toBeDefined();
  expect(await first<boolean>(actor, `select has_function_privilege('pg_reload_conf()', 'execute')`)).toBe(true);
  await actor.query('analyze audit_log');
  expect(await first(actor, 'select count(*) from pg_stat_user_tables where last_analyze is null')).toBeDefined();
  expect(await first(reader, `select bool_or(rolsuper) from pg_roles where rolcanlogin and oid > 16384`)).toBe(false);
  await expect(connect({ ...demo.read, password: 'wrong' })).rejects.toMatchObject({ code: '28P01' });
  expect(statSync(join(stateDir, 'passwords.json')).mode & 0o777).toBe(0o600);
});

const waiting = (kind: string) =>
  `exists (select from pg_stat_activity as a where a.wait_event_type = 'Lock' and ${kind})`;
const migration = waiting(`a.query like 'alter table payments%'`);
const behindIt = waiting(`a.query like 'select status, amount_cents%'
  and exists (select from pg_stat_activity as b where b.pid = any(pg_blocking_pids(a.pid)) and b.query like 'alter table payments%')`);

test('a lock chain comes with its root, its migration and its readers, goes, and comes again', async () => {
  for (const _ of [1, 2]) {
    await until(`select ${migration} and ${behindIt} and exists (
      select from pg_stat_activity where state = 'idle in transaction' and usename = 'app_billing')`);
    await until(`select not ${migration} and not ${behindIt}`);
  }
}, 200_000);

/** Whether all are there that came after `moment`: a session that is terminated is still seen for a while. */
const everybody = (moment: string) => {
  const there = { ...sessions, 'inventory-sync': mostConnections };
  const counts = Object.entries(there).map(
    ([name, count]) => `count(*) filter (where application_name = '${name}') >= ${count}`,
  );
  return `(select ${counts.join(' and ')}
    and count(*) filter (where application_name = 'metabase' and state = 'idle in transaction') > 0
  from pg_stat_activity where backend_start > '${moment}')`;
};

test('whoever is terminated comes back, also who was idle, and a chain whose root is terminated is over', async () => {
  await until(`select ${everybody('-infinity')}`);
  // In one statement, for the root may commit by itself while the migration still waits for somebody else.
  const terminated = `(select count(pg_terminate_backend(pid)) > 0 from pg_stat_activity
    where usename = 'app_billing' and state = 'idle in transaction' and ${migration})`;
  await until(`select ${terminated}`, 60, actor);
  await until(`select not ${migration}`, 5);
  const moment = await first<string>(reader, 'select clock_timestamp()::text');
  await actor.query(
    `select pg_terminate_backend(pid) from pg_stat_activity where datname = 'shop' and usename not in ('pgdeck_read', 'pgdeck_action')`,
  );
  await until(`select ${everybody(moment)}`);
  await until(`select ${migration} and ${behindIt}`);
  expect(said).toEqual([]);
}, 200_000);

test('a second start finds the shop as it was; one that was interrupted is made anew', async () => {
  const customers = `select n_live_tup from pg_stat_user_tables where relname = 'products'`;
  await demo.stop();
  expect(readPidFile(join(stateDir, 'pgdata-18'))).toBeUndefined();
  const passwords = readFileSync(join(stateDir, 'passwords.json'), 'utf8');
  demo = await start();
  await meet();
  expect(said).toEqual([]);
  expect(readFileSync(join(stateDir, 'passwords.json'), 'utf8')).toBe(passwords);
  const owner = await connect({ ...demo.read, user: 'postgres', password: JSON.parse(passwords).superuser });
  await owner.query('comment on database shop is null');
  await owner.end();
  await demo.stop();
  demo = await start();
  await meet();
  expect(said.join()).toContain('made anew');
  expect(Number(await first(reader, customers))).toBeGreaterThan(0);
});

test('the workload ends with its parent, also after a kill -9', async () => {
  const script = `
    const child = require('node:child_process').spawn(process.execPath, [process.argv[1]], { stdio: ['pipe', 'ignore', 'ignore'] });
    child.stdin.write('{"host":"127.0.0.1","port":1,"database":"shop","passwords":{},"chain":{"restSeconds":1,"holdSeconds":1},"pool":{"growSeconds":1,"fullSeconds":1}}\\n');
    console.log(child.pid); setInterval(() => {}, 1000);`;
  const parent: ChildProcess = spawn(process.execPath, ['-e', script, program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const pid = Number(await new Promise((done) => parent.stdout?.once('data', done)));
  await sleep(1_000);
  expect(isAlive(pid)).toBe(true);
  parent.kill('SIGKILL');
  const deadline = Date.now() + 30_000;
  while (isAlive(pid) && Date.now() < deadline) await sleep(50);
  expect(isAlive(pid)).toBe(false);
});
