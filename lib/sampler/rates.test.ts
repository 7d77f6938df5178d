import { expect, test } from 'vitest';
import { z } from 'zod';
import { defineTopic } from '@/lib/topics/topic';
import { withRates } from './rates';

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
const row = (name: string, commits: number, stats_reset: string | null = null) => ({ name, commits, stats_reset });

test('a counter becomes its growth per second', () => {
  expect(withRates(topic, [row('a', 100)], [row('a', 150)], 10)).toEqual([{ ...row('a', 150), commits_per_second: 5 }]);
});

test('the first sample, a new row and a missing window have no rate', () => {
  expect(withRates(topic, undefined, [row('a', 150)], null)[0]?.commits_per_second).toBeNull();
  expect(withRates(topic, [row('b', 1)], [row('a', 150)], 10)[0]?.commits_per_second).toBeNull();
});

test('a decrease is a new epoch, never a negative rate', () => {
  expect(withRates(topic, [row('a', 150)], [row('a', 20)], 10)[0]?.commits_per_second).toBeNull();
});

test('a reset that has overtaken the old figure is seen by its time', () => {
  const rated = withRates(topic, [row('a', 10, 'monday')], [row('a', 500, 'tuesday')], 10);
  expect(rated[0]?.commits_per_second).toBeNull();
});
