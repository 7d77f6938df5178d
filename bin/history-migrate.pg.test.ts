import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Target } from '@/lib/config';
import { ensurePartitions } from '@/lib/history/partitions';
import { Store } from '@/lib/history/store';
import { type StoreStage, startStore } from '@/lib/history/test-stage';
import { copiedTables } from './history-copy';
import { run } from './history-migrate';
import { HistoryServer } from './history-server';
import { lockStateFolder } from './state-lock';

const root = resolve(import.meta.dirname, '..');
const folders: string[] = [];
let stateDir: string;

function newFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'pgdeck-migrate-'));
  folders.push(folder);
  return folder;
}

const dayMs = 86_400_000;
const now = Date.now();
// Pieces of today, of a fortnight ago and of a month that nobody makes ahead.
const days = [now, now - dayMs, now - 13 * dayMs, now - 200 * dayMs];

/** A value of any type of the store's columns, as text, with what is hard to carry over. */
function sample(type: string, i: number): string {
  const scalar = (of: string): string => {
    if (of === 'real') return ['0.1', 'NaN', '1e-30'][i % 3] as string;
    if (of === 'bigint') return `9223372036854775${i + 100}`;
    if (/^(integer|smallint)$/.test(of)) return String(i + 1);
    if (of === 'boolean') return i % 2 ? 'true' : 'false';
    if (of === 'bytea') return `\\x00ff5c27${(i + 16).toString(16)}`;
    if (of === 'jsonb') return JSON.stringify({ word: `it's "quoted" \\ ${i}`, list: [1, null] });
    if (of === 'date') return '2026-11-20';
    if (of.startsWith('timestamp')) return new Date((days[i % days.length] ?? now) + i).toISOString();
    return `it's "quoted", {braced} \\ and\nbroken ${i} 🦆`;
  };
  if (!type.endsWith('[]')) return scalar(type);
  const element = scalar(type.slice(0, -2)).replaceAll('\\', '\\\\').replaceAll('"', '\\"');
  return `{"${element}",NULL}`;
}

async function fill(store: Store): Promise<void> {
  if (!store.engine) throw new Error('the store is not on');
  for (const at of days) await ensurePartitions(store.transaction, store.engine, at, at + 1);
  for (const table of copiedTables()) {
    const columns = await store.query<{ name: string; type: string; identity: string }>(
      `select attname::text as name, format_type(atttypid, atttypmod) as type, attidentity::text as identity
       from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`,
      [`pgdeck.${table}`],
    );
    const own = columns.filter(({ identity }) => identity === '');
    const names = own.map(({ name }) => `"${name}"`).join(', ');
    // More than one batch in one table.
    const rows = table === 'word' ? 450 : 2 * days.length;
    for (let i = 0; i < rows; i++)
      await store.query(
        `insert into pgdeck.${table} (${names}) values (${own.map(({ type }, at) => `$${at + 1}::${type}`).join(', ')})`,
        own.map(({ type }) => sample(type, i)),
      );
  }
}

async function contents(store: Store): Promise<Record<string, string[]>> {
  const all: Record<string, string[]> = {};
  for (const table of copiedTables())
    all[table] = (
      await store.query<{ row: string }>(`select t::text as row from pgdeck.${table} as t order by t::text collate "C"`)
    ).map(({ row }) => row);
  return all;
}

async function withSource<T>(work: (store: Store) => Promise<T>): Promise<T> {
  const server = new HistoryServer({ stateDir, root, say: () => {} });
  server.start();
  const store = new Store({ place: () => server.place.target });
  store.start();
  while (!store.on) await sleep(20);
  try {
    return await work(store);
  } finally {
    await store.close();
    await server.stop();
  }
}

const urlOf = ({ user, password, host, port, database }: Target) =>
  `postgres://${user}:${password}@${host}:${port}/${database}`;

async function migrated(to: string): Promise<{ code: number; said: string }> {
  const lines: string[] = [];
  const code = await run({ root, to, say: (line) => lines.push(line) });
  return { code, said: lines.join('\n') };
}

/** Every table of the schema that is no piece of another. */
const tablesOf = async (store: Store) =>
  (
    await store.query<{ name: string }>(
      `select relname::text as name from pg_class
       where relnamespace = 'pgdeck'::regnamespace and relkind in ('r', 'p') and not relispartition order by 1`,
    )
  ).map(({ name }) => name);

let source: Record<string, string[]>;
const stages: StoreStage[] = [];

beforeAll(async () => {
  stateDir = newFolder();
  vi.stubEnv('PGDECK_STATE_DIR', stateDir);
  source = await withSource(async (store) => {
    // What is left behind belongs to a running pgdeck.
    const left = ['lease', 'latest', 'wanted', 'migration'];
    expect([...copiedTables(), ...left].sort()).toEqual(await tablesOf(store));
    await fill(store);
    return contents(store);
  });
});

afterAll(async () => {
  vi.unstubAllEnvs();
  await Promise.all(stages.map((stage) => stage.stop()));
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

test.each([14, 18])('every row of every table reaches PostgreSQL %i, an interrupted copy goes on', async (major) => {
  const stage = await startStore({ major });
  stages.push(stage);
  const { store, target } = stage;
  const first = await migrated(urlOf(target));
  expect(first.said).toMatch(/Every row is there\. Set PGDECK_HISTORY_URL/);
  expect(first.said).toMatch(/ word {15}450 rows\n/);
  expect(first.code).toBe(0);
  for (const rows of Object.values(source)) expect(rows.length).toBeGreaterThan(0);
  expect(await contents(store)).toEqual(source);
  // A copy that ended in the middle: some rows are there, others not.
  await store.query('delete from pgdeck.word where word_id % 3 = 0');
  await store.query(`delete from pgdeck.metric_raw where ts < now() - interval '2 days'`);
  await store.query('delete from pgdeck.watermark');
  expect((await migrated(urlOf(target))).code).toBe(0);
  expect(await contents(store)).toEqual(source);
  // A pgdeck that has gone on with it is not set back.
  await store.query(`update pgdeck.metric_raw set ts = ts + interval '1 second'
    where ts = (select max(ts) from pgdeck.metric_raw)`);
  await expect(migrated(urlOf(target))).rejects.toThrow(/newer figures than all of these/);
  // What comes next gets numbers of its own.
  const [next] = await store.query<{ word_id: number }>(
    `insert into pgdeck.word (kind, word) values ('user', 'next') returning word_id`,
  );
  expect(next?.word_id).toBe(451);
  await expect(migrated(urlOf(target))).rejects.toThrow(
    /already holds a history of its own: 1 row of the table pgdeck\.word, which this one does not have/,
  );
  // The source has what it had.
  expect(await withSource(contents)).toEqual(source);
});

test('what cannot work is refused in words', async () => {
  const nowhere = 'postgres://a:secret@127.0.0.1:1/b';
  await expect(migrated(nowhere)).rejects.toThrow(/127\.0\.0\.1:\d+, database b: The history store cannot be reached/);
  await expect(migrated(nowhere)).rejects.not.toThrow(/secret/);
  const release = lockStateFolder(stateDir, 'http://127.0.0.1:1');
  writeFileSync(join(stateDir, 'pgdeck.lock'), JSON.stringify({ pid: process.ppid, born: null, address: 'http://x' }));
  await expect(migrated(nowhere)).rejects.toThrow(/Another pgdeck .* uses the state folder/);
  rmSync(join(stateDir, 'pgdeck.lock'));
  release();
  vi.stubEnv('PGDECK_STATE_DIR', newFolder());
  await expect(migrated(nowhere)).rejects.toThrow(/There is no history in/);
});
