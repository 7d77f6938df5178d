import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Run } from '@/lib/history/store';
import { type StoreStage, startStore, until } from '@/lib/history/test-stage';
import { Audit } from './audit';
import { AuditCopies, copiedEntries, readCopies, whoStarted } from './copies';
import type { Reach } from './query';

let stage: StoreStage;
let folder: string;
let closing: (() => Promise<void> | void)[] = [];
const run: Run = (...asked) => stage.store.query(...asked);
beforeAll(async () => {
  stage = await startStore();
});
afterAll(() => stage?.stop());
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-copies-'));
});
afterEach(async () => {
  for (const close of closing) await close();
  closing = [];
  await run('delete from pgdeck.audit_copy');
  rmSync(folder, { recursive: true, force: true });
});

/** A store that a test turns off and on. */
function switched() {
  const listeners: (() => void)[] = [];
  return {
    on: true,
    query: ((...asked) => {
      if (!store.on) throw new Error('the store is off');
      return run(...asked);
    }) as Run,
    onChange: (listener: () => void) => void listeners.push(listener),
    turn(on: boolean) {
      store.on = on;
      for (const listener of listeners) listener();
    },
  };
}
let store = switched();
beforeEach(() => {
  store = switched();
});

function instance(name: string) {
  const audit = new Audit(join(folder, name));
  const copies = new AuditCopies({ audit, store, instance: name });
  closing.push(
    () => copies.stop(),
    () => audit.close(),
  );
  return { audit, copies };
}
const record = (user: string, more: object = {}) => ({
  event: 'result',
  user: { name: user, role: 'admin', mode: 'local' },
  ...more,
});
const titles = async () => (await readCopies(run, { limit: 500 })).entries.map(({ title }) => title).sort();

test('each line of two instances is in one list, newest first, with the instance that wrote it', async () => {
  const [a, b] = [instance('a:8432'), instance('b:8432')];
  a.copies.start();
  b.copies.start();
  const line = await a.audit.write(record('ann', { title: 'first', runId: 'run-1', server: 'one', action: 'vacuum' }));
  await new Promise((done) => setTimeout(done, 5));
  await b.audit.write(record('bob', { title: 'second' }));
  await until(async () => (await titles()).length === 2);
  const { entries, next } = await readCopies(run, { limit: 10 });
  expect(entries.map(({ title, instance: of }) => [title, of])).toEqual([
    ['second', 'b:8432'],
    ['first', 'a:8432'],
  ]);
  expect(next).toBeNull();
  expect(entries[1]).toEqual({ ...line, instance: 'a:8432' });
  // A line is there a moment before the one who sent it hears so.
  await expect.poll(() => a.copies.state()).toEqual({ on: true, waiting: 0 });
  expect(await whoStarted(run, 'run-1')).toEqual({
    user: 'ann',
    instance: 'a:8432',
    at: line.ts,
    server: 'one',
    action: 'vacuum',
    title: 'first',
  });
  expect(await whoStarted(run, 'run-2')).toBeUndefined();
});

test('an outage of the store holds up no line; what it missed is there afterwards, once, also after a restart', async () => {
  const { audit, copies } = instance('a');
  copies.start();
  await audit.write(record('ann', { title: 'before' }));
  await until(async () => (await copies.state()).waiting === 0);
  store.turn(false);
  for (let n = 0; n < 450; n++) await audit.write(record('ann', { title: `missed ${n}` }));
  expect(await titles()).toEqual(['before']);
  expect(await copies.state()).toMatchObject({ waiting: null });
  store.turn(true);
  await until(async () => (await titles()).length === 451);
  await audit.close();
  const again = instance('a');
  await again.audit.write(record('ann', { title: 'after' }));
  again.copies.start();
  await until(async () => (await titles()).length === 452);
  expect(new Set(await titles()).size).toBe(452);
});

test('a store that refuses says so in the state and is tried again', async () => {
  const { audit, copies } = instance('a');
  await audit.write(record('ann', { title: 'kept' }));
  const real = store.query;
  store.query = () => Promise.reject(new Error('no'));
  await copies.copy();
  expect(await copies.state()).toEqual({
    on: true,
    waiting: null,
    problem: 'Lines could not be copied to the history store; it is tried again by itself.',
  });
  store.query = real;
  await copies.copy();
  expect([await titles(), await copies.state()]).toEqual([['kept'], { on: true, waiting: 0 }]);
});

test('texts that PostgreSQL cannot hold do not hold up the rest', async () => {
  const { audit, copies } = instance('a');
  await audit.write(record('ann', { title: `nul \0 half \ud800` }));
  await audit.write(record('ann', { title: 'next' }));
  await copies.copy();
  expect(await titles()).toEqual(['next', 'nul \0 half \ud800']);
});

test('an audit that came back from a backup goes on from where it parted from what was copied, again and again', async () => {
  const write = async (...names: string[]) => {
    const { audit, copies } = instance('a');
    for (const title of names) await audit.write(record('ann', { title }));
    await copies.copy();
    expect(await copies.state()).toEqual({ on: true, waiting: 0 });
    await audit.close();
  };
  const backup = join(folder, 'backup');
  const restore = () => {
    rmSync(join(folder, 'a'), { recursive: true });
    cpSync(backup, join(folder, 'a'), { recursive: true });
  };
  const keep = () => {
    rmSync(backup, { recursive: true, force: true });
    cpSync(join(folder, 'a'), backup, { recursive: true });
  };
  await write('1', '2', '3', '4', '5');
  keep();
  await write('lost 6', 'lost 7', 'lost 8');
  restore();
  await write('new 6');
  keep();
  await write('new 7', 'new 8', 'new 9');
  expect(await titles()).toEqual(
    ['1', '2', '3', '4', '5', 'lost 6', 'lost 7', 'lost 8', 'new 6', 'new 7', 'new 8', 'new 9'].sort(),
  );
  restore();
  await write('third 7');
  await write('third 8');
  expect((await titles()).filter((title) => title?.endsWith('7'))).toEqual(['lost 7', 'new 7', 'third 7']);
  expect(await titles()).toHaveLength(14);
});

describe('the filters of the list', () => {
  beforeEach(async () => {
    const { audit, copies } = instance('a');
    const done = { status: 'done', message: 'Freed.', verified: true, ms: 1, warnings: [] };
    await audit.write(record('ann', { title: 'Vacuum "Odd %_name"?', action: 'vacuum', server: 'one', result: done }));
    await audit.write(record('bob', { title: 'Reindex x?', action: 'reindex', server: 'two', sql: ['REINDEX x'] }));
    await audit.write({ ...record('ann', { title: 'Look' }), event: 'preview' });
    await copies.copy();
  });
  test.each([
    [{}, ['Reindex x?', 'Vacuum "Odd %_name"?']],
    [{ event: 'preview' }, ['Look']],
    [{ user: 'bob' }, ['Reindex x?']],
    [{ server: 'one' }, ['Vacuum "Odd %_name"?']],
    [{ action: 'reindex' }, ['Reindex x?']],
    [{ status: 'done' }, ['Vacuum "Odd %_name"?']],
    [{ search: 'reindex X' }, ['Reindex x?']],
    [{ search: 'odd %_n' }, ['Vacuum "Odd %_name"?']],
    [{ search: '%' }, ['Vacuum "Odd %_name"?']],
    [{ from: Date.now() + 86_400_000 }, []],
    [{ to: 1000 }, []],
  ])('%j', async (filter, expected) => {
    const { entries } = await readCopies(run, { limit: 10, ...filter });
    expect(entries.map(({ title }) => title).sort()).toEqual(expected);
  });

  test('pages go on where the one before ended, and lose none of one moment', async () => {
    await run("update pgdeck.audit_copy set ts = '2026-11-21T00:00:00.123Z' where seq < 3");
    const first = await readCopies(run, { limit: 1 });
    expect([first.entries.length, first.next]).toEqual([2, null]);
    await run("update pgdeck.audit_copy set ts = '2026-11-20T00:00:00.123Z' where seq = 1");
    const newest = await readCopies(run, { limit: 1 });
    expect([newest.entries.map(({ seq }) => seq), newest.next]).toEqual([[2], Date.parse('2026-11-21T00:00:00.123Z')]);
    const older = await readCopies(run, { limit: 1, before: newest.next as number });
    expect([older.entries.map(({ seq }) => seq), older.next]).toEqual([[1], null]);
    const all: number[] = [];
    for await (const { seq } of copiedEntries(run, {})) all.push(seq);
    expect(all).toEqual([2, 1]);
  });
});

// Fails when `entryOf()` does not ask `mayRead()`, or `matching` leaves out who reads.
test('T12: of the copies somebody reads what they read of the files, and pages of them are full', async () => {
  const { audit, copies } = instance('a:8432');
  const line = (title: string, more: object) => audit.write({ ...record('bob', { title }), ...more });
  const ann = { user: { name: 'ann', role: 'viewer', mode: 'oidc' } };
  await line('own', { server: 'one', ...ann });
  await line('same name', { server: 'one', user: { ...ann.user, mode: 'password' } });
  await line('hidden', { server: 'two', ...ann });
  await line('of nothing', ann);
  for (let n = 0; n < 20; n++) await line('of others', { server: 'one' });
  await line('in books', { server: 'three', databases: ['books'] });
  await line('in shop', { server: 'three', databases: ['shop'] });
  await line('own later', { server: 'one', ...ann });
  await copies.copy();
  const reach: Reach = {
    ...{ name: 'ann', mode: 'oidc', servers: ['one', 'three'], adminOn: ['three'], nowhere: false },
    isAdmin: (server, databases) => server === 'three' && databases?.join() === 'shop',
  };
  const read = async (wanted: object) => (await readCopies(run, { limit: 10, reach, ...wanted })).entries;
  const told = async (wanted: object) => (await read(wanted)).map(({ title }) => title);
  expect(await told({})).toEqual(['own later', 'in shop', 'own']);
  expect(await told({})).toEqual((await audit.read({ limit: 10, reach })).entries.map(({ title }) => title));
  expect(await told({ reach: { ...reach, nowhere: true } })).toContain('of nothing');
  expect(await told({ server: '-', reach: { ...reach, nowhere: true } })).toEqual(['of nothing']);
  expect(await told({ server: '-' })).toEqual([]);
  expect(await told({ user: 'bob' })).toEqual(['in shop']);
  expect(await told({ reach: { ...reach, servers: [] } })).toEqual([]);
});
