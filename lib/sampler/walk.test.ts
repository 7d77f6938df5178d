import { setImmediate as breathe } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { AnyTopic } from '@/lib/topics/topic';
import { Walk } from './walk';

const topics = [
  { id: 'tables', everywhereSeconds: 600 },
  { id: 'schema', everywhereSeconds: 600 },
] as AnyTopic[];

/** A walk through `names` for `minutes`; what it asked, with the second it was. */
async function walk(
  names: string[],
  minutes: number,
  options: { trouble?: (second: number) => boolean; broken?: string } = {},
) {
  const asked: { second: number; topic: string; database: string }[] = [];
  let second = 0;
  const walked = new Walk({
    topics,
    databases: () => names,
    ask: async (topic, database) => {
      asked.push({ second, topic: topic.id, database });
      return database !== options.broken;
    },
    trouble: () => options.trouble?.(second) ?? false,
  });
  for (; second < minutes * 60; second++) {
    walked.tick(second * 1000);
    for (let n = 0; n < 4; n++) await breathe();
  }
  return asked;
}

test('every other database in turn, each ten minutes, never two at once', async () => {
  const names = ['a', 'b', 'c'];
  const asked = await walk(names, 25);
  for (const name of names) {
    const times = asked.filter(({ topic, database }) => topic === 'tables' && database === name);
    expect(times.length).toBe(3);
    expect((times[1]?.second ?? 0) - (times[0]?.second ?? 0)).toBeGreaterThanOrEqual(600);
  }
  const seconds = asked.filter(({ topic }) => topic === 'tables').map(({ second }) => second);
  expect(new Set(seconds).size).toBe(seconds.length);
});

test('twenty databases at most', async () => {
  const asked = await walk(
    Array.from({ length: 50 }, (_, n) => `db${n}`),
    30,
  );
  expect(new Set(asked.map(({ database }) => database)).size).toBe(20);
});

test('not while the server is in trouble', async () => {
  const asked = await walk(['a', 'b'], 10, { trouble: (second) => second < 300 });
  expect(Math.min(...asked.map(({ second }) => second))).toBe(300);
});

test('a database that cannot be asked is left alone for an hour, and holds up no other', async () => {
  const asked = await walk(['a', 'b'], 59, { broken: 'a' });
  expect(asked.filter(({ database }) => database === 'a').length).toBe(1);
  expect(asked.filter(({ database, topic }) => database === 'b' && topic === 'tables').length).toBe(6);
});
