import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import type { Run } from '@/lib/history/store';
import { type StoreStage, startStore } from '@/lib/history/test-stage';
import { UsedIds } from './used-ids';

let stage: StoreStage;
let folder: string;
beforeAll(async () => {
  stage = await startStore();
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-ids-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stage?.stop();
});

/** Several pgdecks on one store, each with a state folder of its own. */
let store: { state: { status: string }; query: Run; onChange(listener: () => void): void; turn(status: string): void };
let instances = 0;
beforeEach(() => {
  const listeners: (() => void)[] = [];
  store = {
    state: { status: 'on' },
    query: (...asked) => stage.store.query(...asked),
    onChange: (listener) => void listeners.push(listener),
    turn(status) {
      store.state = { status };
      for (const listener of listeners) listener();
    },
  };
});
const instance = () => new UsedIds({ file: join(folder, `used-ids-${instances++}`), store });
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

test('one of several pgdecks takes an id, and the others hear of it', async () => {
  const all = Array.from({ length: 4 }, instance);
  const given = await Promise.all(all.map((ids) => ids.take('embed:portal:1', inAnHour())));
  expect(given.filter(Boolean)).toHaveLength(1);
  for (const ids of all) expect(await ids.isUsed('embed:portal:1')).toBe(true);
  expect(await instance().isUsed('embed:portal:1')).toBe(true);
});

test('a session that is ended on one pgdeck is heard of by another that just took it, within two seconds', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  try {
    const [one, other] = [instance(), instance()];
    expect(await other.isUsed('session:a')).toBe(false);
    await one.take('session:a', inAnHour());
    vi.setSystemTime(Date.now() + 2001);
    expect(await other.isUsed('session:a')).toBe(true);
  } finally {
    vi.useRealTimers();
  }
});

// Fails when `isUsed()` forgets nothing: each session that ever was would stay in memory.
test('what the store said is not kept for good', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  store.query = (async () => []) as unknown as Run;
  const kept = vi.spyOn(Map.prototype, 'delete');
  try {
    const ids = instance();
    for (let n = 0; n < 1000; n++) await ids.isUsed(`session:${n}`);
    kept.mockClear();
    vi.setSystemTime(Date.now() + 2001);
    await ids.isUsed('session:new');
    expect(kept.mock.calls.length).toBeGreaterThanOrEqual(1000);
  } finally {
    kept.mockRestore();
    vi.useRealTimers();
  }
});

test('each goes on by itself while the store is away', async () => {
  store.turn('failing');
  const [one, other] = [instance(), instance()];
  expect(await one.take('session:b', inAnHour())).toBe(true);
  expect(await one.take('session:b', inAnHour())).toBe(false);
  expect(await other.isUsed('session:b')).toBe(false);
});

test('one that starts waits for a store that is being started, and knows what was before', async () => {
  await instance().take('session:c', inAnHour());
  store.turn('starting');
  const used = instance().isUsed('session:c');
  store.turn('on');
  expect(await used).toBe(true);
  expect(await instance().remembersEarlier()).toBe(true);
});

test('rows that have expired are deleted', async () => {
  await stage.store.query("insert into pgdeck.used_id values ('old', now() - interval '2 hours')");
  await instance().isUsed('anything');
  expect(await stage.store.query("select from pgdeck.used_id where id = 'old'")).toHaveLength(0);
});
