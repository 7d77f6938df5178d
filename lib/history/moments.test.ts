import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { loadMask } from '@/lib/masking/statement';
import { topics } from '@/lib/topics/index';
import type { AnyTopic, Raw } from '@/lib/topics/topic';
import { Allowance, Attention } from './attention';
import { unpackAnswer } from './moment-body';
import { Moments } from './moments';
import type { StoredRow } from './stored-row';

beforeAll(loadMask);

const all = Object.values(topics) as AnyTopic[];
const start = 1_795_226_400_000;

/** A server whose answers the test says; asking answers at once. */
function stage() {
  const kept: (StoredRow & { topic: string; body: Buffer })[] = [];
  let now = start;
  let sessions: Raw[] = [{ pid: 1, query: "select 'Hunter2'" }];
  let asked = 0;
  const moments = new Moments({
    topics: all,
    ask: (ids) => {
      asked++;
      for (const id of ids) say(id, id === 'sessions' ? sessions : []);
    },
    literals: false,
    now,
    store: (row) => {
      const [topic, , , , body] = row.values((_kind, word) => word as never);
      kept.push({ ...row, topic: topic as string, body: body as Buffer });
    },
  });
  const say = (id: string, rows: Raw[], database: string | null = null) =>
    moments.take(
      topics[id as keyof typeof topics] as AnyTopic,
      database,
      { rows, partial: undefined, sampledAt: now, windowSeconds: 2 },
      now,
    );
  return {
    kept,
    say,
    asked: () => asked,
    wait: (seconds: number) => {
      now += seconds * 1000;
    },
    setSessions: (rows: Raw[]) => {
      sessions = rows;
    },
    /** Waits until so many are packed, and tells which: `topic@seconds` with a ! where they are close. */
    async told(count: number) {
      await expect.poll(() => kept.length).toBe(count);
      return kept
        .map(({ topic, ts, table }) => `${topic}@${ts - start / 1000}${table.name === 'moment_raw' ? '!' : ''}`)
        .sort();
    },
  };
}

const waits = (pid: number, blocker: number): Raw => ({ pid, wait_event_type: 'Lock', blocked_by: [blocker] });
const runs = (pid: number): Raw => ({ pid, wait_event_type: null, blocked_by: [] });

test('quiet answers are kept once in their time, those of sessions, locks and progress with one time', async () => {
  const { say, wait, told, kept } = stage();
  say('sessions', [{ pid: 1, query: "select 'Hunter2'" }]);
  const first = ['connections@0', 'locks@0', 'progress@0', 'sessions@0'];
  expect(await told(4)).toEqual(first);
  wait(30);
  say('sessions', []);
  say('databases', [{ datname: 'shop' }]);
  wait(40);
  say('locks', []);
  say('databases', [{ datname: 'shop' }]);
  expect(await told(9)).toEqual(
    [...first, 'connections@70', 'databases@30', 'locks@70', 'progress@70', 'sessions@70'].sort(),
  );
  const { body } = kept.find(({ topic, ts }) => topic === 'sessions' && ts === start / 1000) as { body: Buffer };
  expect((await unpackAnswer(body)).rows).toEqual([{ pid: 1, query: 'select ?' }]);
});

test('somebody who waits is looked at at once and every five seconds, and after a minute every ten', async () => {
  const { say, wait, told, kept } = stage();
  say('sessions', []);
  await told(4);
  kept.length = 0;
  const at: number[] = [];
  for (let second = 1; second < 120; second++) {
    wait(1);
    if (second % 60 === 0) continue;
    say('load', second < 5 ? [runs(1)] : [runs(1), waits(2, 1)]);
    await new Promise((done) => setTimeout(done, 2));
  }
  const close = () => kept.filter(({ table }) => table.name === 'moment_raw').length;
  await expect.poll(close).toBeGreaterThan(40);
  // Until nothing is packed any more.
  const of = (id: string) => kept.filter(({ topic, table }) => topic === id && table.name === 'moment_raw').length;
  for (let before = 0; before < close() || of('locks') !== of('sessions'); ) {
    before = close();
    await new Promise((done) => setTimeout(done, 200));
  }
  for (const { topic, ts, table } of kept)
    if (topic === 'sessions' && table.name === 'moment_raw') at.push(ts - start / 1000);
  at.sort((a, b) => a - b);
  expect(at[0]).toBe(5);
  const gaps = at.slice(1).map((second, index) => second - (at[index] as number));
  expect(new Set(gaps.slice(0, 9))).toEqual(new Set([5]));
  expect(new Set(gaps.slice(-3))).toEqual(new Set([10]));
  const locks = kept.filter(({ topic, table }) => topic === 'locks' && table.name === 'moment_raw');
  expect(locks.map(({ ts }) => ts - start / 1000)).toEqual(at);
});

test('a clock that is set back an hour holds up no moment', async () => {
  const { say, wait, told, kept } = stage();
  say('load', [runs(1), waits(2, 1)]);
  await told(8);
  kept.length = 0;
  wait(-3600);
  say('sessions', []);
  await told(4);
  wait(10);
  say('load', [runs(1), waits(2, 1)]);
  await told(8);
  expect(kept.filter(({ table }) => table.name === 'moment_raw')).toHaveLength(4);
});

test('a new root is looked at at once, though a look was just taken', async () => {
  const { say, wait, told, kept } = stage();
  say('sessions', []);
  await told(4);
  kept.length = 0;
  say('load', [waits(2, 1)]);
  wait(3);
  say('load', [waits(2, 1), waits(4, 3)]);
  await told(8);
  expect(new Set(kept.map(({ ts }) => ts - start / 1000))).toEqual(new Set([0, 3]));
});

test('however long a chain lasts, the bytes of a day are bounded, and looks become fewer but never end', async () => {
  const { say, wait, kept, asked, setSessions, told } = stage();
  say('sessions', []);
  await told(4);
  // About 150 KB, new each time: without a bound this day would take 50 MB.
  let late = 0;
  for (let minutes = 0; minutes < 24 * 60; minutes += 4) {
    wait(240);
    setSessions([{ pid: 1, note: randomBytes(100_000).toString('base64') }]);
    const [before, at] = [asked(), start / 1000 + (minutes + 4) * 60];
    say('load', [waits(2, 1)]);
    if (asked() === before) continue;
    // The sessions are packed last: before they are spent, the next look would be allowed as if they were small.
    const spent = () =>
      kept.some(({ topic, ts, table }) => topic === 'sessions' && ts === at && table.name === 'moment_raw');
    await expect.poll(spent, { interval: 1 }).toBe(true);
    if (minutes > 20 * 60) late++;
  }
  expect(kept.reduce((sum, row) => sum + row.bytes, 0)).toBeLessThan(12 * 1024 * 1024);
  expect(late).toBeGreaterThan(3);
  expect(late).toBeLessThan(30);
});

test('attention: many sessions at once stand out against the usual number, and cease to when they are usual', () => {
  const attention = new Attention();
  const some = (count: number) => Array.from({ length: count }, (_, pid) => runs(pid));
  expect(attention.look(some(3), start)).toMatchObject({ close: false, anew: false });
  expect(attention.look(some(9), start + 1000)).toEqual({ close: true, anew: true, lately: true });
  expect(attention.look(some(9), start + 2000)).toEqual({ close: true, anew: false, lately: true });
  let look = attention.look(some(9), start + 3000);
  for (let second = 4; second < 3600; second++) look = attention.look(some(9), start + second * 1000);
  expect(look).toEqual({ close: false, anew: false, lately: false });
});

test('an allowance refills with time up to its burst, and one piece may overdraw it', () => {
  const allowance = new Allowance(86_400_000, 10_000, start);
  allowance.spend(12_000);
  expect(allowance.allows(start + 1999)).toBe(false);
  expect(allowance.allows(start + 2001)).toBe(true);
  allowance.spend(1);
  expect(allowance.allows(start + 3_600_000)).toBe(true);
  allowance.spend(10_001);
  expect(allowance.allows(start + 3_600_000)).toBe(false);
  // A clock that was set back: time goes on from there.
  expect(allowance.allows(start)).toBe(false);
  expect(allowance.allows(start + 10_000)).toBe(true);
});
