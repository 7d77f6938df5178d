import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { isAlive, readPidFile } from '@/lib/embedded/pidfile';
import { bundleProgram } from '@/lib/embedded/test-program';
import { Store } from '@/lib/history/store';
import { HistoryServer } from './history-server';

const root = resolve(import.meta.dirname, '..');
// Inside the clone, where its packages are found; dist is no part of it.
const program = join(root, 'dist', `test-history-writer-${process.pid}.mjs`);
const kills = 20;
const midnight = new Date().setUTCHours(0, 0, 0, 0);
let stateDir: string;
let writer: ChildProcess | undefined;
/** Batches whose commit the writer saw, and those that it began. */
const acknowledged = new Set<number>();
let begun = 0;

beforeAll(async () => {
  stateDir = mkdtempSync(join(tmpdir(), 'pgdeck-kill-'));
  await bundleProgram('bin/test-history-writer.ts', program);
});

afterAll(async () => {
  writer?.kill('SIGKILL');
  await until('the store has ended', () => !isUp());
  rmSync(stateDir, { recursive: true, force: true, maxRetries: 5 });
  rmSync(program, { force: true });
});

const dataDir = () => join(stateDir, 'history', 'pgdata-18');
const postmaster = () => readPidFile(dataDir())?.pid;
const isUp = () => {
  const pid = postmaster();
  return pid !== undefined && isAlive(pid);
};

async function until(what: string, happened: () => boolean, seconds = 60): Promise<void> {
  const deadline = Date.now() + seconds * 1000;
  while (!happened()) {
    if (Date.now() > deadline) throw new Error(`in ${seconds} s not: ${what}`);
    await sleep(5);
  }
}

/** A process as pgdeck's: the store's server below it, and a writer that sends batch after batch. */
function begin(): ChildProcess {
  const child = spawn(process.execPath, [program, stateDir, root, String(begun + 1), String(midnight)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  createInterface({ input: child.stdout as NodeJS.ReadableStream }).on('line', (line) => {
    const [word, number] = line.split(' ');
    if (word === 'begun') begun = Math.max(begun, Number(number));
    if (word === 'kept') acknowledged.add(Number(number));
  });
  return child;
}

async function hasWritten(more: number): Promise<void> {
  const wanted = acknowledged.size + more;
  await until(`${more} more batches are kept`, () => acknowledged.size >= wanted);
}

/** PostgreSQL's own check: each index against its table. */
async function everyIndexFits({ place }: HistoryServer): Promise<void> {
  const { superuser } = JSON.parse(readFileSync(join(stateDir, 'history', 'passwords.json'), 'utf8'));
  const client = new pg.Client({ ...place.target, user: 'postgres', password: superuser, ssl: false });
  await client.connect();
  try {
    await client.query('create extension amcheck');
    const { rows } = await client.query(
      `select count(bt_index_check(i.indexrelid, true))::int4 as checked
       from pg_index as i join pg_class as c on c.oid = i.indexrelid join pg_am as a on a.oid = c.relam
       where c.relkind = 'i' and a.amname = 'btree' and i.indrelid::regclass::text ~ '^pgdeck[.](metric|session)_raw'`,
    );
    expect(rows[0].checked).toBeGreaterThan(1);
  } finally {
    await client.end();
  }
}

test(`${kills} times kill -9, of pgdeck and of the store in turn: nothing acknowledged is lost, nothing is half there`, async () => {
  writer = begin();
  for (let kill = 0; kill < kills; kill++) {
    await hasWritten(5);
    // Anywhere between two commits: a batch takes some milliseconds.
    await sleep(Math.random() * 60);
    if (kill % 2 === 0) {
      writer.kill('SIGKILL');
      await new Promise((ended) => writer?.once('close', ended));
      writer = begin();
    } else process.kill(postmaster() as number, 'SIGKILL');
  }
  await hasWritten(5);
  writer.kill('SIGKILL');
  await new Promise((ended) => writer?.once('close', ended));

  const server = new HistoryServer({ stateDir, root, say: () => {} });
  server.start();
  const store = new Store({ place: () => server.place.target });
  store.start();
  try {
    await until('the store is on', () => store.on);
    expect(server.place.notices).toEqual([]);
    const rows = await store.query<{ batch: number; rows: number; entries: number }>(
      `select extract(epoch from ts - $1::timestamptz)::int4 / 10 as batch, count(*)::int4 as rows,
         sum(entries)::int4 as entries
       from (
         select ts, cardinality(pid) as entries from pgdeck.session_raw
         where pid[1] / 100 = extract(epoch from ts - $1::timestamptz)::int4 / 10
         union all
         select ts, 0 from pgdeck.metric_raw where extract(epoch from ts - $1::timestamptz)::int4 / 10 = all (v)
       ) as written group by 1`,
      [new Date(midnight).toISOString()],
    );
    const there = new Set(rows.map(({ batch }) => batch));
    expect(acknowledged.size).toBeGreaterThan(kills * 5);
    expect([...acknowledged].filter((batch) => !there.has(batch))).toEqual([]);
    // Of each of three servers the figures, and ten samples of twenty sessions.
    expect(rows.filter((row) => row.rows !== 6 || row.entries !== 3 * 10 * 20)).toEqual([]);
    expect(rows.every(({ batch }) => batch <= begun)).toBe(true);
    await everyIndexFits(server);
  } finally {
    await store.close();
    await server.stop();
  }
}, 300_000);
