import { expect, it } from 'vitest';
import { tableSizesTopic } from '@/lib/topics/table-sizes';
import type { Answer, AnyTopic, Raw } from '@/lib/topics/topic';
import { derivedAnswer } from './derived';

const table = (relid: number, relkind: string, total_bytes: number): Raw => ({
  relid,
  schemaname: 'public',
  relname: `t${relid}`,
  relkind,
  partition_of: null,
  partitions: relkind === 'p' ? 1 : null,
  total_bytes,
  heap_bytes: total_bytes,
  index_bytes: 0,
  toast_bytes: 0,
  size_exact: true,
  n_live_tup: 5,
});
const of = { topic: 'tables', server: 'one', database: 'shop' };
const sampled = { sampledAt: '2026-11-21T03:14:02.000Z', ageSeconds: 3 };
const rows = [table(1, 'p', 300), table(2, 'r', 300), table(3, 'r', 100)];
const answer: Answer = { ...of, ...sampled, status: 'ok', windowSeconds: 60, rows };
const topic: AnyTopic = tableSizesTopic;

it('a topic made of another one has its time, and the share of what is not counted twice', () => {
  const derived = derivedAnswer(topic, answer);
  expect(derived).toMatchObject({ ...of, ...sampled, topic: 'table-sizes', status: 'ok' });
  if (derived.status !== 'ok') throw new Error('it is not ok');
  expect(derived.rows.map(({ relid, share }) => [relid, share])).toEqual([
    [1, 0.75],
    [2, 0.75],
    [3, 0.25],
  ]);
  expect(derived.rows[0]).not.toHaveProperty('n_live_tup');
  for (const row of derived.rows) expect(() => tableSizesTopic.row.parse(row)).not.toThrow();
  // Who reads it again gets the same rows: they are written and compressed once.
  expect((derivedAnswer(topic, { ...answer, ageSeconds: 4 }) as typeof derived).rows).toBe(derived.rows);
});

it('without an answer it has the last one', () => {
  const unavailable: Answer = {
    ...of,
    status: 'unavailable',
    reason: 'timeout',
    hint: 'Wait.',
    last: { ...sampled, rows },
  };
  const derived = derivedAnswer(topic, unavailable);
  expect(derived).toMatchObject({ topic: 'table-sizes', reason: 'timeout', last: { ageSeconds: 3 } });
  expect(derived.status === 'unavailable' && derived.last?.rows[2]).toMatchObject({ relid: 3, share: 0.25 });
  expect(derivedAnswer(topic, { ...of, status: 'unavailable', reason: 'locked', hint: 'Wait.' })).toMatchObject({
    topic: 'table-sizes',
    reason: 'locked',
  });
});
