import { expect, test } from 'vitest';
import type { Series } from '@/lib/topics/topic';
import { MemoryHistory } from './memory';
import { MetricRecorder } from './record-metrics';

const series: Series = { id: 's', title: 'S', unit: 'n', columns: ['a', 'b'], aggregate: 'average', point: () => null };

function recorder() {
  const memory = new MemoryHistory();
  const metrics = new MetricRecorder(memory);
  const add = (at: number, values: (number | null)[], cadenceSeconds = 2) => {
    memory.add('s', at * 1000, values, 1.6 * cadenceSeconds * 1000);
    metrics.note(series, values, at * 1000, cadenceSeconds * 1000);
  };
  const cut = (now: number, all = false) =>
    metrics.cut(now, all).map(({ ts, figures }) => [ts, figures.get('s.a') ?? null, figures.get('s.b') ?? null]);
  return { add, cut };
}

test('a bucket is the average of its samples, ten seconds after its end, once', () => {
  const { add, cut } = recorder();
  add(1000, [1, null]);
  add(1008, [3, 5]);
  expect(cut(1011)).toEqual([]);
  expect(cut(1021)).toEqual([[1000, 2, 5]]);
  expect(cut(1031)).toEqual([]);
});

test('a series asked each ten seconds has no holes', () => {
  const { add, cut } = recorder();
  add(1000.1, [1, 1], 10);
  add(1009.9, [2, 2], 10);
  add(1020.1, [4, 4], 10);
  expect(cut(1031.5)).toEqual([
    [1000, 1.5, 1.5],
    [1010, 4, 4],
  ]);
});

test('one asked less often stands until the next is late, then there is a gap', () => {
  const { add, cut } = recorder();
  add(1001, [7, null], 30);
  expect(cut(1100).map(([ts]) => ts)).toEqual([1000, 1010, 1020, 1030]);
  expect(cut(1200)).toEqual([]);
});

test('a server that was away leaves a gap', () => {
  const { add, cut } = recorder();
  add(1001, [1, 1]);
  add(5001, [2, 2]);
  expect(cut(5021)).toEqual([[5000, 2, 2]]);
});

test('a clock that is set neither stops it nor tells a bucket twice', () => {
  const { add, cut } = recorder();
  for (let at = 10_000; at < 10_060; at += 2) add(at, [1, 1]);
  expect(cut(10_061).length).toBe(5);
  for (let at = 7000; at < 7060; at += 2) {
    add(at, [2, 2]);
    cut(at);
  }
  expect(cut(7061).at(-1)).toEqual([7040, 2, 2]);
  for (let at = 20_000; at < 20_060; at += 2) add(at, [3, 3]);
  expect(cut(20_061).every(([, a]) => a === 3)).toBe(true);
});

test('before pgdeck ends, the running one is told too', () => {
  const { add, cut } = recorder();
  add(1001, [1, 1]);
  add(1011, [2, 2]);
  expect(cut(1012, true)).toEqual([
    [1000, 1, 1],
    [1010, 2, 2],
  ]);
});
