import { describe, expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { sessionsBlocked } from './sessions-blocked';
import { judge, plain } from './test-given';

describe('sessions blocked', () => {
  const root: Partial<Row<'locks'>> = {
    pid: 4711,
    backend_start_us: '1700000000000001',
    root: true,
    root_pid: 4711,
    parent_pid: null,
    datname: 'shop',
    usename: 'app_billing',
    application_name: 'billing-api',
    state: 'idle in transaction',
    state_seconds: 849,
    waits_seconds: null,
    frees: 3,
    holds: [{ mode: 'RowExclusiveLock', object: 'public.orders' }],
  };
  const waiter = (pid: number, waits_seconds: number, changes: Partial<Row<'locks'>> = {}): Partial<Row<'locks'>> => ({
    pid,
    root: false,
    root_pid: 4711,
    parent_pid: 4711,
    waits_seconds,
    frees: 0,
    wants_mode: 'AccessShareLock',
    wants_object: 'public.orders',
    ...changes,
  });

  test('names the root, what it holds, the longest waiter, and how to end it', () => {
    const { findings } = judge(sessionsBlocked, {
      locks: [
        root,
        waiter(4802, 771, { frees: 2, wants_mode: 'AccessExclusiveLock' }),
        waiter(4815, 760),
        waiter(4816, 400),
      ],
    });
    expect(findings).toMatchObject([
      {
        severity: 'critical',
        sinceSeconds: 100,
        remedy: {
          action: 'terminate',
          target: { kind: 'backend', pid: 4711, backend_start_us: '1700000000000001' },
        },
      },
    ]);
    expect(findings[0]?.title).toBe('3 sessions wait behind session 4711.');
    const detail = plain(findings[0]?.detail);
    expect(detail).toContain('billing-api (app_billing in shop) has been idle in transaction for 14 min 9 s');
    expect(detail).toContain('holds RowExclusiveLock on public.orders; the longest waiter has waited 12 min 51 s.');
    expect(detail).toContain(
      'Session 4802 waits for AccessExclusiveLock on public.orders; 2 sessions stand behind that.',
    );
    expect(detail).toContain('Critical from 3 waiters for 5 min.');
  });

  test('one that waits a minute is a warning; many that wait for a moment are nothing', () => {
    expect(judge(sessionsBlocked, { locks: [root, waiter(1, 61)] }).findings).toMatchObject([
      { severity: 'warning', title: '1 session waits behind session 4711.' },
    ]);
    const { findings, sentence } = judge(sessionsBlocked, {
      locks: [root, waiter(1, 2), waiter(2, 2), waiter(3, 1), waiter(4, 1)],
    });
    expect(findings).toEqual([]);
    expect(plain(sentence)).toBe('4 sessions wait for a lock, none for as long as 1 min');
  });

  test('a root that runs a statement is cancelled rather than ended; a prepared transaction is neither', () => {
    const active = { ...root, state: 'active', query_start_us: '1700000000000002', query_seconds: 90 };
    expect(judge(sessionsBlocked, { locks: [active, waiter(1, 90)] }).findings[0]?.remedy).toEqual({
      action: 'cancel',
      target: {
        kind: 'backend',
        pid: 4711,
        backend_start_us: '1700000000000001',
        query_start_us: '1700000000000002',
      },
    });
    const prepared = { ...root, pid: 0, root_pid: 0, backend_start_us: null, state: 'prepared transaction' };
    const [finding] = judge(sessionsBlocked, { locks: [prepared, waiter(1, 90, { root_pid: 0 })] }).findings;
    expect(finding?.title).toBe('1 session waits behind a prepared transaction.');
    expect(finding).not.toHaveProperty('remedy');
  });
});
