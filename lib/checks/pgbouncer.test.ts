import { expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { pgbouncerAway } from './pgbouncer-away';
import { pgbouncerWaiting } from './pgbouncer-waiting';
import { gaveUp, judge, plain } from './test-given';

const pool = (changes: Partial<Row<'pgbouncer-pools'>>): Partial<Row<'pgbouncer-pools'>> => ({
  ...{ database: 'shop', user: 'app', datname: 'shop_db', pool_mode: 'transaction', paused: false },
  ...{ cl_active: 2, cl_waiting: 0, sv_active: 2, sv_idle: 0, sv_login: 0, maxwait_seconds: 0 },
  ...{ pool_size: 2, max_connections: null, current_connections: 2 },
  ...changes,
});
const found = (changes: Partial<Row<'pgbouncer-pools'>>) =>
  judge(pgbouncerWaiting, { 'pgbouncer-pools': [pool(changes)] }).findings[0];

test('nobody who waits is no finding, nor is a wait of a moment', () => {
  expect(found({})).toBeUndefined();
  expect(found({ cl_waiting: 3, maxwait_seconds: 0.4 })).toBeUndefined();
  expect(found({ cl_waiting: 3, maxwait_seconds: 4, sv_active: 1 })).toBeUndefined();
  // maxwait of a queue that is empty again says nothing.
  expect(found({ cl_waiting: 0, maxwait_seconds: 90 })).toBeUndefined();
  const { sentence } = judge(pgbouncerWaiting, { 'pgbouncer-pools': [pool({}), pool({ user: 'b', cl_waiting: 1 })] });
  expect(plain(sentence)).toBe('1 of 5 clients in 2 pools of PgBouncer waits for a server connection');
});

test('a full pool is found after a second, any other after the limit', () => {
  const full = found({ cl_waiting: 3, maxwait_seconds: 1.5 });
  expect(full).toMatchObject({
    severity: 'warning',
    object: { kind: 'database', database: 'shop_db', name: 'shop' },
    evidence: [
      { name: 'maxwait', value: 1.5, limit: 1 },
      { name: 'cl_waiting', value: 3 },
      { name: 'sv_active', value: 2, limit: 2 },
    ],
  });
  expect(full?.detail).toContain('All 2 server connections of the pool are at work: end what holds them');
  expect(found({ cl_waiting: 3, maxwait_seconds: 5, sv_active: 1, sv_login: 1 })?.detail).toContain(
    'Only 1 of 2 server connections are open, 1 of them signing in',
  );
  expect(found({ cl_waiting: 3, maxwait_seconds: 60 })?.severity).toBe('critical');
});

test('what they wait for is told apart', () => {
  const why = (changes: Partial<Row<'pgbouncer-pools'>>) =>
    found({ cl_waiting: 1, maxwait_seconds: 9, ...changes })?.detail;
  expect(why({ pool_mode: 'session' })).toContain('session pooling');
  expect(why({ pool_size: 9, max_connections: 2 })).toContain('max_db_connections');
  expect(why({ pool_size: 9, sv_idle: 1 })).toContain('paused as a whole');
});

test('a pause is named, with RESUME as its remedy', () => {
  const one = found({ cl_waiting: 1, maxwait_seconds: 12, paused: true, sv_active: 0 });
  expect(plain(one?.title)).toBe('shop is paused in PgBouncer, and 1 client waits, the first for 12 s.');
  expect(one?.remedy).toEqual({ action: 'pgbouncer-resume', target: { kind: 'pgbouncer-database', name: 'shop' } });
});

test('a PgBouncer that is away is a finding; none at all is none; what cannot be seen is not judged', () => {
  expect(judge(pgbouncerAway, { 'pgbouncer-pools': [] })).toMatchObject({
    findings: [],
    sentence: 'PgBouncer answers',
  });
  const away = { 'pgbouncer-pools': { unavailable: 'Nothing listens.', reason: 'unreachable' as const } };
  expect(judge(pgbouncerAway, away).findings[0]).toMatchObject({
    severity: 'warning',
    detail: 'Nothing listens. Applications that go through it may not reach the server.',
  });
  expect(gaveUp(pgbouncerWaiting, away).because).toBe('Nothing listens.');
  const none = { 'pgbouncer-pools': { unavailable: 'None.', reason: 'setting' as const } };
  for (const check of [pgbouncerAway, pgbouncerWaiting])
    expect(judge(check, none)).toMatchObject({ findings: [], sentence: expect.stringContaining('no PgBouncer') });
  const closed = { 'pgbouncer-pools': { unavailable: 'Not let in.', reason: 'privilege' as const } };
  for (const check of [pgbouncerAway, pgbouncerWaiting]) expect(gaveUp(check, closed).because).toBe('Not let in.');
});
