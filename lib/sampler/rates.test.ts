import { expect, test } from 'vitest';
import { z } from 'zod';
import { type AnyTopic, defineTopic } from '@/lib/topics/topic';
import { addRates, type Earlier } from './rates';

const topic = defineTopic({
  id: 'counted',
  title: 'Counted',
  summary: 'A topic with a counter.',
  scope: 'server',
  cadenceSeconds: 10,
  requires: [],
  sources: [],
  always: false,
  row: z.object({ name: z.string(), commits: z.number(), stats_reset: z.string().nullable() }),
  key: ['name'],
  counters: ['commits'],
  epoch: 'stats_reset',
});
const fromZero: AnyTopic = { ...topic, beginsAtZero: true };
const row = (name: string, commits: number, stats_reset: string | null = null) => ({ name, commits, stats_reset });
type Row = ReturnType<typeof row>;

/** The rates of the last of some samples, 10 s apart. */
function rates(samples: Row[][], of: AnyTopic = topic, seconds: number | null = 10, whole = true): unknown[] {
  let before: Earlier | undefined;
  let rows: Record<string, unknown>[] = [];
  for (const sample of samples) {
    const now: Earlier = { rows: new Map(), whole };
    rows = sample.map((each) => ({ ...each }));
    addRates(of, before, rows, seconds, now);
    before = now;
  }
  return rows.map((each) => each.commits_per_second);
}

test('a counter becomes its growth per second', () => {
  expect(rates([[row('a', 100)], [row('a', 150)]])).toEqual([5]);
});

test('the first sample, a new row and a missing window have no rate', () => {
  expect(rates([[row('a', 150)]])).toEqual([null]);
  expect(rates([[row('b', 1)], [row('a', 150)]])).toEqual([null]);
  expect(rates([[row('a', 100)], [row('a', 150)]], topic, null)).toEqual([null]);
});

test('a decrease is a new epoch, never a negative rate', () => {
  expect(rates([[row('a', 150)], [row('a', 20)]])).toEqual([null]);
});

test('a reset that has overtaken the old figure is seen by its time', () => {
  expect(rates([[row('a', 10, 'monday')], [row('a', 500, 'tuesday')]])).toEqual([null]);
});

test('what begins at 0 was added since the sample before', () => {
  expect(rates([[row('b', 1)], [row('b', 1), row('a', 150)]], fromZero)).toEqual([0, 15]);
  // Nobody knows what was there before the first sample.
  expect(rates([[row('a', 150)]], fromZero)).toEqual([null]);
});

test('what went away and came back begins at 0 again', () => {
  expect(rates([[row('a', 900)], [], [row('a', 150)]], fromZero)).toEqual([15]);
});

test('what may only have been hidden before is no news', () => {
  expect(rates([[], [row('a', 150)]], fromZero, 10, false)).toEqual([null]);
});
