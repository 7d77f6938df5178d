import { randomBytes } from 'node:crypto';
import { beforeAll, expect, test } from 'vitest';
import { loadMask } from '@/lib/masking/statement';
import { topics } from '@/lib/topics/index';
import type { AnyTopic, Raw } from '@/lib/topics/topic';
import { packAnswer, unpackAnswer } from './moment-body';

beforeAll(loadMask);

const sessions: AnyTopic = topics.sessions;
const snapshot = (rows: Raw[]) => ({ rows, partial: undefined, sampledAt: 1_795_226_400_123, windowSeconds: 2.5 });

test('an answer comes back as it was, its statements without values and its fractions with six digits', async () => {
  const rows = [
    {
      pid: 7,
      backend_start_us: '1795226400123456',
      query: "select 'Hunter2'",
      blocked_by: [8],
      xact_seconds: 12.3456789,
    },
    { pid: 8, backend_start_us: null, query: null, blocked_by: [], xact_seconds: null },
  ];
  const packed = await packAnswer(sessions, snapshot(rows), { literals: false });
  expect(packed).toMatchObject({ rows: 2, partial: false });
  expect(await unpackAnswer(packed.body)).toEqual(
    snapshot([{ ...rows[0], query: 'select ?', xact_seconds: 12.3457 }, rows[1] as Raw]),
  );
  const open = await packAnswer(sessions, snapshot(rows), { literals: true });
  expect((await unpackAnswer(open.body)).rows[0]).toMatchObject({ query: "select 'Hunter2'" });
});

test('of more rows than a topic keeps, the largest are kept, and it says so', async () => {
  const rows = Array.from({ length: 10 }, (_, at) => ({ relname: `t${at}`, total_bytes: at * 1000 }));
  const packed = await packAnswer(topics.tables, snapshot(rows), { literals: false, mostRows: 3 });
  expect(packed).toMatchObject({ rows: 3, partial: true });
  const { rows: kept, partial } = await unpackAnswer(packed.body);
  expect(kept.map(({ relname }) => relname)).toEqual(['t9', 't8', 't7']);
  expect(partial).toMatchObject([{ reason: 'history', hint: 'Of 10 rows the history kept 3.' }]);
});

test('a body never exceeds its bound, whatever the rows hold', async () => {
  const rows = Array.from({ length: 4000 }, (_, pid) => ({ pid, query: `select ${randomBytes(400).toString('hex')}` }));
  const packed = await packAnswer(sessions, snapshot(rows), { literals: true });
  expect(packed.partial).toBe(true);
  expect(packed.rows).toBeGreaterThan(500);
  expect(packed.body.length).toBeLessThanOrEqual(512 * 1024);
});
