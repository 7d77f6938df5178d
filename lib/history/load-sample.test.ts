import { expect, test } from 'vitest';
import type { Raw } from '@/lib/topics/topic';
import { LoadSampler, standsFor } from './load-sample';
import { LoadMemory } from './memory-load';

const row = (changes: Raw = {}): Raw => ({
  pid: 1,
  wait_event_type: null,
  wait_event: null,
  queryid: '7',
  dbid: '5',
  userid: '10',
  datname: 'shop',
  usename: 'app',
  application_name: 'web',
  client_addr: null,
  blocked_by: [],
  ...changes,
});
const sampler = new LoadSampler();
const sample = (at: number, rows: Raw[], windowSeconds: number | null = 1) =>
  sampler.sample({ rows, sampledAt: at * 1000, windowSeconds, partial: undefined }, 1000);

test('a sample stands for the time since the one before', () => {
  expect(standsFor(1.2, 1000)).toBe(1.2);
  // A server that is slow to answer is looked at less often; it is just then that load matters.
  expect(standsFor(7, 1000)).toBe(7);
  expect(standsFor(20, 16_000)).toBe(20);
});

test('after a gap, and at the start, it stands for one cadence', () => {
  expect(standsFor(null, 1000)).toBe(1);
  expect(standsFor(3600, 1000)).toBe(1);
  expect(standsFor(3600, 60_000)).toBe(5);
});

test('what a backend does, in words', () => {
  const waits = row({ pid: 2, wait_event_type: 'Lock', wait_event: 'tuple', queryid: null, blocked_by: [9, 8] });
  const { entries, statements } = sample(100, [row(), waits]);
  expect(entries).toEqual([
    { pid: 1, blocker: 0, slice: expect.objectContaining({ wait: 'CPU', user: 'app', client: null }) },
    { pid: 2, blocker: 9, slice: expect.objectContaining({ wait: 'Lock:tuple', sid: '0' }) },
  ]);
  expect(statements).toHaveLength(1);
  expect(statements[0]?.sid).toBe(entries[0]?.slice.sid);
});

test('memory adds up the last hour, and no more', () => {
  const memory = new LoadMemory();
  const from = 1_000_000;
  for (let at = from; at < from + 2 * 3600; at++) memory.add(sample(at, [row(), row({ pid: 2 })]));
  const bins = memory.read({ from, to: from + 2 * 3600 });
  expect(bins.length).toBeLessThanOrEqual(361);
  expect(bins.at(-1)).toMatchObject({ at: from + 2 * 3600 - 10, covered: 10, slices: [{ wait: 'CPU' }] });
  expect([...(bins.at(-1)?.seconds ?? [])]).toEqual([20]);
});

test('a gap is a missing bin, an idle server an empty one', () => {
  const memory = new LoadMemory();
  memory.add(sample(1000, [row()]));
  memory.add(sample(1010, []));
  memory.add(sample(1040, [row()]));
  const bins = memory.read({ from: 1000, to: 1050 });
  expect(bins.map(({ at, covered, slices }) => [at, covered, slices.length])).toEqual([
    [1000, 1, 1],
    [1010, 1, 0],
    [1040, 1, 1],
  ]);
});

test('a clock that is set back leaves nothing behind', () => {
  const memory = new LoadMemory();
  for (let at = 0; at < 7200; at += 10) memory.add(sample(100_000 + at, [row()]));
  for (let at = 0; at < 7200; at += 10) memory.add(sample(10_000 + at, [row()]));
  expect(memory.read({ from: 90_000, to: 200_000 })).toEqual([]);
  expect(memory.read({ from: 0, to: 90_000 }).length).toBeGreaterThan(300);
});

test('thousands of names take no more than a bounded place', () => {
  const memory = new LoadMemory();
  const many = (at: number) => Array.from({ length: 900 }, (_, n) => row({ application_name: `job ${at}-${n}` }));
  for (let at = 1000; at < 1010; at++) memory.add(sample(at, many(at)));
  const [bin] = memory.read({ from: 1000, to: 1010 });
  expect(bin?.slices.length).toBeLessThanOrEqual(5001);
  expect([...(bin?.seconds ?? [])].reduce((sum, seconds) => sum + seconds, 0)).toBe(9000);
});
