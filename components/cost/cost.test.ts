import { expect, test } from 'vitest';
import type { CostAnswer, HistoryStatus } from '@/lib/history/answers';
import { budgetSentence, costSentence, keptText, storeSentence } from './summary';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');
const cost: CostAnswer = {
  from: 0,
  to: 3600,
  statements: 3412,
  exec_ms: 214,
  share: 0.0012,
  blocks_hit: 90_000,
  blocks_read: 12,
  connections: 4,
  budgetPercent: 1,
  slowedDown: 1,
  unknownBecause: null,
  byTopic: [],
  stored: [],
  bytesPerDay: null,
};

test('the sentence holds share, statements, time, blocks and connections', () => {
  expect(plain(costSentence(cost))).toBe(
    "pgdeck took 0.1 % of this server's statement time in the last hour: 3,412 statements, 214 ms; 12 blocks read; 4 connections open.",
  );
});

test('unknown stays unknown, with its reason', () => {
  const unknown = { ...cost, statements: null, exec_ms: null, share: null, unknownBecause: 'No pg_stat_statements.' };
  expect(plain(costSentence(unknown))).toBe(
    "What pgdeck's statements cost is not known; 4 connections open. No pg_stat_statements.",
  );
  expect(budgetSentence(unknown).state).toBe('unknown');
});

test('slowing down is a warning that says how much and why', () => {
  const slow = budgetSentence({ ...cost, slowedDown: 3.4, share: 0.02 });
  expect(slow.state).toBe('warning');
  expect(plain(slow.text)).toContain('3.4 times less often');
  expect(budgetSentence(cost).state).toBe('ok');
  expect(budgetSentence({ ...cost, share: 0.02 }).text).toContain('took more than the budget');
});

const status: HistoryStatus = {
  state: 'on',
  kind: 'embedded',
  reason: null,
  engine: 'plain',
  version: '18.4',
  bytes: 1024 ** 3,
  maxBytes: 5 * 1024 ** 3,
  oldest: { raw: null, minute: null, hour: null },
  rawDays: 2,
  minuteDays: 14,
  hourDays: 400,
  notices: [],
  leases: [],
};

test('the store says where it is, how full, or why it is not on', () => {
  expect(plain(storeSentence(status).text)).toContain('1 GB of at most 5 GB');
  const off = storeSentence({ ...status, state: 'off', reason: 'PGDECK_HISTORY is off.' });
  expect(off).toMatchObject({ state: 'unknown', word: 'Off' });
  expect(off.text).toContain('PGDECK_HISTORY is off.');
  expect(storeSentence({ ...status, state: 'failing', reason: 'The disk is full.' }).state).toBe('warning');
  expect(plain(keptText(null, 2))).toBe('none yet; kept for 2 days');
});
