import { describe, expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { idleInTransaction } from './idle-in-transaction';
import { longTransactions } from './long-transactions';
import { judge, plain } from './test-given';

describe('transactions', () => {
  const session = (changes: Partial<Row<'sessions'>>): Partial<Row<'sessions'>> => ({
    pid: 1,
    backend_start_us: '1700000000000001',
    query_start_us: '1700000000000002',
    datname: 'shop',
    usename: 'app',
    application_name: 'web',
    backend_type: 'client backend',
    state: 'active',
    state_seconds: 7200,
    query_seconds: 7200,
    xact_seconds: 7200,
    xmin_age: 10,
    backend_xmin: '700',
    query: 'select 1',
    blocks: 0,
    ...changes,
  });

  test('idle in transaction: warning from 5 min, critical from 30, with the session to end', () => {
    const idle = (pid: number, state_seconds: number) =>
      session({ pid, state: 'idle in transaction', state_seconds, xact_seconds: state_seconds });
    const { findings } = judge(idleInTransaction, { sessions: [idle(1, 299), idle(2, 300), idle(3, 1800)] });
    expect(findings).toMatchObject([
      { severity: 'critical', object: { name: '3' }, sinceSeconds: 0 },
      { severity: 'warning', object: { name: '2' }, remedy: { action: 'terminate', target: { pid: 2 } } },
    ]);
    expect(plain(findings[0]?.title)).toBe('Session 3 has been idle in transaction for 30 min.');
  });

  test('a hundred that are idle in transaction for a second are no finding', () => {
    const rows = Array.from({ length: 100 }, (_, pid) =>
      session({ pid, state: 'idle in transaction', state_seconds: 1 }),
    );
    expect(judge(idleInTransaction, { sessions: rows }).findings).toEqual([]);
  });

  test('a long transaction is one, by its transaction and not by its statement', () => {
    const { findings } = judge(longTransactions, { sessions: [session({ query_seconds: 1, xact_seconds: 3600 })] });
    expect(findings).toMatchObject([{ severity: 'critical', remedy: { action: 'cancel' } }]);
    expect(judge(longTransactions, { sessions: [session({ xact_seconds: 1799 })] }).findings).toEqual([]);
    expect(judge(longTransactions, { sessions: [session({ xact_seconds: 1800 })] }).findings).toMatchObject([
      { severity: 'warning' },
    ]);
  });

  test('a transaction that works and idles in turns is one, and its session is what to end', () => {
    const turns = session({ state: 'idle in transaction', state_seconds: 2, xact_seconds: 10_800 });
    expect(judge(idleInTransaction, { sessions: [turns] }).findings).toEqual([]);
    const { findings } = judge(longTransactions, { sessions: [turns] });
    expect(findings).toMatchObject([{ severity: 'critical', remedy: { action: 'terminate' } }]);
    expect(findings[0]?.remedy?.target).not.toHaveProperty('query_start_us');
    expect(plain(findings[0]?.detail)).toContain('web (app in shop) is idle in transaction at the moment.');
  });

  test('one that idles up to its limit is the finding of the other check alone', () => {
    const sessions = [session({ state: 'idle in transaction', state_seconds: 300, xact_seconds: 10_800 })];
    expect(judge(idleInTransaction, { sessions }).findings).toHaveLength(1);
    const { findings, sentence } = judge(longTransactions, { sessions });
    expect(findings).toEqual([]);
    expect(plain(sentence)).toBe('No transaction of an application is open; 1 that sits idle in its own is told apart');
  });

  test.each([
    ['a walsender', { backend_type: 'walsender', query: 'START_REPLICATION SLOT "a"', xact_seconds: 90_000 }],
    ['logical replication', { backend_type: 'logical replication apply worker', xact_seconds: 90_000 }],
    ['autovacuum', { backend_type: 'autovacuum worker', query: 'autovacuum: VACUUM shop.orders' }],
    ['pg_dump', { application_name: 'pg_dump', query: 'COPY shop.orders TO stdout' }],
    ['an index build', { query: 'create index concurrently on shop.orders (at)' }],
    ['an idle listener', { state: 'idle', xact_seconds: null, query_seconds: 900_000, query: 'listen events' }],
  ])('%s is no long transaction', (_, changes) => {
    const given = { sessions: [session(changes)] };
    expect(judge(longTransactions, given).findings).toEqual([]);
    expect(judge(idleInTransaction, given).findings).toEqual([]);
  });

  test('the waiting leader of a parallel pg_dump is no forgotten transaction', () => {
    const leader = session({ application_name: 'pg_dump', state: 'idle in transaction', state_seconds: 3600 });
    expect(judge(idleInTransaction, { sessions: [leader] }).findings).toEqual([]);
  });

  test('what a role may not see is unknown, never OK', () => {
    for (const check of [idleInTransaction, longTransactions])
      expect(judge(check, { sessions: [session({ state: null, xact_seconds: null })] }, 'sessions').notJudged).toEqual({
        because: 'Hidden from this role.',
        fixSql: 'grant pg_monitor to watcher;',
      });
  });
});
