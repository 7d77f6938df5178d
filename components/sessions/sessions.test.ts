import { describe, expect, it } from 'vitest';
import { asText, choose, groupSessions } from './select';
import {
  ageOf,
  countKinds,
  kindOf,
  type Session,
  type SessionLimits,
  severityOf,
  stateWords,
  whyNotCancel,
  whyNotSignal,
} from './session-kind';
import { connectionsSentence, sessionsSentence } from './summary';

const limits: SessionLimits = {
  blockedSeconds: 60,
  idleInTransactionWarningSeconds: 300,
  idleInTransactionCriticalSeconds: 1800,
  transactionWarningSeconds: 1800,
  transactionCriticalSeconds: 3600,
};

let pid = 100;

function session(change: Partial<Session> = {}): Session {
  pid++;
  return {
    pid,
    backend_start_us: '1795224700218344',
    query_start_us: '1795224700218345',
    datname: 'shop',
    usename: 'app_shop',
    application_name: 'shop-web',
    client_addr: '10.0.0.1',
    client_port: 5000,
    backend_type: 'client backend',
    leader_pid: null,
    state: 'active',
    wait_event_type: null,
    wait_event: null,
    backend_start: null,
    backend_seconds: 100,
    xact_seconds: 1,
    query_seconds: 1,
    state_seconds: 1,
    backend_xid: null,
    backend_xmin: null,
    xmin_age: null,
    query: 'select 1',
    query_id: null,
    blocked_by: [],
    blocks: 0,
    ...change,
  };
}

const idle = (change: Partial<Session> = {}) =>
  session({ state: 'idle', wait_event_type: 'Client', xact_seconds: null, state_seconds: 7, ...change });
const open = (seconds: number, change: Partial<Session> = {}) =>
  session({
    state: 'idle in transaction',
    wait_event_type: 'Client',
    xact_seconds: seconds,
    state_seconds: seconds,
    ...change,
  });
const waiting = (seconds: number, change: Partial<Session> = {}) =>
  session({ wait_event_type: 'Lock', query_seconds: seconds, xact_seconds: seconds, ...change });

describe('what a session does', () => {
  it('sorts sessions into kinds', () => {
    const all = [session(), idle(), open(5), waiting(5), session({ state: null, backend_type: 'walsender' })];
    expect(all.map(kindOf)).toEqual(['active', 'idle', 'idle-in-transaction', 'waiting', 'other']);
    expect(countKinds(all)).toEqual({ waiting: 1, active: 1, 'idle-in-transaction': 1, idle: 1, other: 1 });
  });

  it('names states, hidden and background ones too', () => {
    expect(stateWords(open(1))).toBe('Idle in transaction');
    expect(stateWords(session({ state: 'idle in transaction (aborted)' }))).toBe('Idle in failed transaction');
    expect(stateWords(session({ state: null, backend_start_us: null }))).toBe('Hidden');
    expect(stateWords(session({ state: null, backend_type: 'walsender' }))).toBe('walsender');
    expect(stateWords(session({ state: 'disabled' }))).toBe('Disabled');
  });

  it('takes the age of the transaction, else the time in its state', () => {
    expect(ageOf(open(40))).toBe(40);
    expect(ageOf(idle())).toBe(7);
    expect(ageOf(session({ xact_seconds: null, state_seconds: null, query_seconds: null }))).toBeNull();
  });

  it('is bad where it keeps others waiting, or is beyond a limit', () => {
    expect(severityOf(open(41), limits)).toBeUndefined();
    expect(severityOf(open(300), limits)).toBe('warning');
    expect(severityOf(open(1800), limits)).toBe('critical');
    expect(severityOf(open(10, { blocks: 3 }), limits)).toBe('warning');
    expect(severityOf(open(849, { blocks: 11 }), limits)).toBe('critical');
    expect(severityOf(waiting(59), limits)).toBeUndefined();
    expect(severityOf(waiting(60), limits)).toBe('warning');
    expect(severityOf(waiting(771, { blocks: 10 }), limits)).toBe('critical');
    expect(severityOf(session({ xact_seconds: 1800 }), limits)).toBe('warning');
    expect(severityOf(session({ xact_seconds: 3600 }), limits)).toBe('critical');
    expect(severityOf(idle({ state_seconds: 1e6 }), limits)).toBeUndefined();
  });

  it('is as bad as its transaction is old, whatever it does at the moment', () => {
    expect(severityOf(open(10_800, { state_seconds: 2 }), limits)).toBe('critical');
    expect(severityOf(open(1800, { state_seconds: 2 }), limits)).toBe('warning');
    expect(severityOf(waiting(2, { xact_seconds: 3600 }), limits)).toBe('critical');
    expect(severityOf(waiting(771, { xact_seconds: 1800, blocks: 1 }), limits)).toBe('critical');
  });

  it('says why a signal is off', () => {
    expect(whyNotCancel(session())).toBeUndefined();
    expect(whyNotCancel(idle())).toBe('It runs no statement; a cancel would do nothing.');
    expect(whyNotCancel(open(5))).toBe('It runs no statement; a cancel would do nothing.');
    expect(whyNotCancel(session({ state: null }))).toContain('hidden');
    expect(whyNotSignal(session())).toBeUndefined();
    expect(whyNotSignal(session({ backend_type: 'autovacuum worker' }))).toContain('autovacuum worker');
    expect(whyNotSignal(session({ backend_start_us: null }))).toContain('hidden');
    expect(whyNotSignal(session({ pid: 0 }))).toContain('ROLLBACK PREPARED');
  });
});

describe('the sentence', () => {
  it('tells who waits behind whom and who is idle in transaction', () => {
    const root = open(849, { blocks: 11, pid: 4711 });
    const rows = [
      root,
      ...Array.from({ length: 11 }, () => waiting(60, { blocked_by: [4711] })),
      waiting(1, { blocked_by: [9] }),
      ...Array.from({ length: 145 }, () => idle()),
      ...Array.from({ length: 5 }, () => open(20)),
    ];
    expect(sessionsSentence(rows)).toBe(
      '12 of 163 sessions wait for a lock, 11 of them behind session 4711. 6 are idle in transaction, the oldest for 14 min 9 s.'
        .replaceAll(/(\d) (min|s)\b/g, '$1\u00a0$2')
        .replace('min 9', 'min\u00a09'),
    );
  });

  it('knows one, none and all', () => {
    expect(sessionsSentence([])).toBe("No session but pgdeck's own is connected.");
    expect(sessionsSentence([idle()])).toBe(
      '1 session is connected; none is active and none waits for a lock. None is idle in transaction.',
    );
    expect(sessionsSentence([session(), session(), open(41)])).toBe(
      '3 sessions are connected; 2 are active and none waits for a lock. 1 is idle in transaction, for 41\u00a0s.',
    );
    const hidden = session({ state: null, backend_start_us: null });
    expect(sessionsSentence([hidden, hidden])).toBe('2 sessions are connected; what they do is hidden.');
    expect(sessionsSentence([hidden, idle()])).toBe(
      '2 sessions are connected; what 1 of them does is hidden. Of the others, none is idle in transaction.',
    );
    const root = open(5, { blocks: 1, pid: 77 });
    expect(sessionsSentence([root, waiting(1, { blocked_by: [77] })])).toContain(
      '1 of 2 sessions waits for a lock, behind session 77.',
    );
  });
});

describe('what is shown', () => {
  const rows = [
    session({ usename: 'app_billing', application_name: 'billing-api', query: 'UPDATE orders' }),
    open(10),
    idle(),
    idle({ application_name: '', client_addr: null }),
  ];

  it('filters by state, words and group', () => {
    expect(choose(rows, {})).toHaveLength(4);
    expect(choose(rows, { idle: false })).toHaveLength(2);
    expect(choose(rows, { idle: false, kind: 'idle' })).toHaveLength(2);
    expect(choose(rows, { text: 'billing update' })).toEqual([rows[0]]);
    expect(choose(rows, { text: String(rows[1]?.pid) })).toEqual([rows[1]]);
    expect(choose(rows, { group: { by: 'application', name: 'no name' } })).toEqual([rows[3]]);
  });

  it('groups and counts', () => {
    const groups = groupSessions(rows, 'application');
    expect(groups.map(({ name, sessions }) => [name, sessions])).toEqual([
      ['shop-web', 2],
      ['billing-api', 1],
      ['no name', 1],
    ]);
    expect(groups[0]).toMatchObject({ idle_in_transaction: 1, idle: 1, oldest_xact_seconds: 10 });
    expect(groups[2]?.oldest_xact_seconds).toBeNull();
  });

  it('copies a session as text', () => {
    const text = asText(open(12.34, { pid: 4711, blocks: 2 }));
    expect(text).toContain('session: 4711\nuser: app_shop');
    expect(text).toContain('transaction open for: 12.3 s');
    expect(text).not.toContain('waits for');
  });
});

describe('the chart of connections', () => {
  const columns = ['waiting', 'idle_in_transaction', 'active', 'idle', 'other', 'ceiling'];
  const series = (points: (number | null)[][]) => ({
    series: 'connections',
    unit: 'connections',
    step: 10,
    source: 'memory' as const,
    columns,
    points,
  });
  const at = Date.parse('2026-11-21T02:40:00Z') / 1000;

  it('is told against the ceiling', () => {
    expect(connectionsSentence(series([[at, null, null, null, null, null, null]]))).toContain('Nothing is known yet');
    expect(
      connectionsSentence(
        series([
          [at, 1, 0, 10, 20, 0, 97],
          [at + 10, 0, 0, 4, 20, 0, 97],
        ]),
        'UTC',
      ),
    ).toBe('24 of 97 connections for applications are taken (25\u00a0%); at most 31 (32\u00a0%), at 02:40.');
    expect(connectionsSentence(series([[at, 0, 0, 4, 20, 0, 97]]))).toContain('; never more in this time.');
    expect(connectionsSentence(series([[at, 0, 0, 1, 0, 0, null]]))).toBe('1 connection now; never more in this time.');
  });
});
