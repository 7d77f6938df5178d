import { expect, test } from 'vitest';
import { OwnMemory } from './own-memory';

const row = (statement: string, calls: number | null, ms: number | null) => ({
  statement,
  calls_per_second: calls,
  server_ms_per_second: ms,
});

test('what each kind of statement took in a range, the most first', () => {
  const memory = new OwnMemory();
  for (let at = 10; at <= 600; at += 10) memory.add([row('load', 1, 2), row('sessions', 0.5, 3)], at * 1000, 10);
  expect(memory.read(0, 600)).toEqual([
    { topic: 'sessions', calls: 300, exec_ms: 1800 },
    { topic: 'load', calls: 600, exec_ms: 1200 },
  ]);
  expect(memory.read(60, 120)).toEqual([
    { topic: 'sessions', calls: 30, exec_ms: 180 },
    { topic: 'load', calls: 60, exec_ms: 120 },
  ]);
});

test('what is not known yet counts for nothing, and more than an hour is forgotten', () => {
  const memory = new OwnMemory();
  memory.add([row('load', null, null)], 10_000, 10);
  expect(memory.read(0, 60)).toEqual([]);
  memory.add([row('load', 1, 1)], 20_000, 10);
  memory.add([row('load', 1, 1)], 4_000_000, 10);
  expect(memory.read(0, 60)).toEqual([]);
  expect(memory.read(0, 5000)).toEqual([{ topic: 'load', calls: 10, exec_ms: 10 }]);
});
