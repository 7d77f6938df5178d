import { describe, expect, it } from 'vitest';
import { locksSentence, trees, waitingSentence, whyReadsWait } from './summary';
import { foldIds, type LockRow, lockWords, longestWaits, remedyOf, timeOf, treeLines } from './tree';

function row(pid: number, change: Partial<LockRow> = {}): LockRow {
  return {
    pid,
    backend_start_us: `17952247002${pid}`,
    query_start_us: '1795224700218345',
    root: change.parent_pid === undefined || change.parent_pid === null,
    parent_pid: null,
    root_pid: pid,
    depth: 0,
    blocked_by: [],
    frees: 0,
    datname: 'shop',
    usename: 'app_shop',
    application_name: 'shop-web',
    client_addr: null,
    backend_type: 'client backend',
    state: 'active',
    wait_event_type: 'Lock',
    wait_event: 'relation',
    waits_seconds: null,
    wants_mode: null,
    wants_locktype: null,
    wants_object: null,
    wants_relation: null,
    holds: [],
    xact_seconds: 849,
    query_seconds: 849,
    state_seconds: 849,
    query: 'select id from public.orders',
    ...change,
  };
}

const root = row(4711, {
  state: 'idle in transaction',
  usename: 'app_billing',
  frees: 11,
  holds: [{ mode: 'RowExclusiveLock', object: 'public.orders' }],
});
const gate = row(4802, {
  parent_pid: 4711,
  root_pid: 4711,
  depth: 1,
  blocked_by: [4711],
  frees: 10,
  waits_seconds: 771,
  wants_mode: 'AccessExclusiveLock',
  wants_object: 'public.orders',
  query: 'alter table public.orders add column settled_at timestamptz',
});
const reader = (pid: number, change: Partial<LockRow> = {}) =>
  row(pid, {
    parent_pid: 4802,
    root_pid: 4711,
    depth: 2,
    blocked_by: [4802],
    waits_seconds: 760 - (pid - 4815),
    wants_mode: 'AccessShareLock',
    wants_object: 'public.orders',
    ...change,
  });
const readers = Array.from({ length: 8 }, (_, at) => reader(4815 + at));
const others = [reader(4830, { query: 'select o.* from public.orders as o' }), reader(4831, { usename: 'report' })];
const rows = [root, gate, ...readers, ...others];
const second = [
  row(5120, { frees: 1, holds: [{ mode: 'ExclusiveLock', object: 'transaction 88215302' }] }),
  row(5133, {
    parent_pid: 5120,
    root_pid: 5120,
    depth: 1,
    blocked_by: [5120],
    waits_seconds: 1,
    wants_mode: 'ShareLock',
  }),
];

describe('the tree', () => {
  it('folds like leaves and still counts them', () => {
    const lines = treeLines(rows);
    expect(
      lines.map((line) => (line.kind === 'session' ? line.row.pid : `${line.rows.length} like ${line.like.pid}`)),
    ).toEqual([4711, 4802, 4815, 4830, 4831, '7 like 4815']);
    expect(lines.map((line) => line.level)).toEqual([0, 1, 2, 2, 2, 2]);
    expect(lines.map((line) => line.last)).toEqual([true, true, false, false, false, true]);
    const counted = lines.reduce((sum, line) => sum + (line.kind === 'fold' ? line.rows.length : 1), 0);
    expect(counted).toBe(rows.length);
  });

  it('opens a fold and closes a session', () => {
    const [fold] = foldIds(rows);
    const opened = treeLines(rows, new Set([fold as string]));
    expect(opened).toHaveLength(rows.length + 1);
    expect(opened.at(-1)?.last).toBe(true);
    const closed = treeLines(rows, new Set([`4802:${gate.backend_start_us}`]));
    expect(closed.map((line) => line.kind)).toEqual(['session', 'session']);
    expect(closed[1]).toMatchObject({ open: false, below: 10 });
  });

  it('does not fold two, roots, or blockers', () => {
    expect(foldIds([root, gate, ...readers.slice(0, 2)])).toEqual([]);
    expect(
      treeLines([row(1, { frees: 1 }), row(2, { frees: 1 }), row(3, { frees: 1 }), row(4, { frees: 1 })]),
    ).toHaveLength(4);
  });

  it('knows what is held or wanted, for how long, and which button helps', () => {
    expect(lockWords(root)).toEqual({ verb: 'holds', mode: 'RowExclusiveLock', object: 'public.orders' });
    expect(lockWords(gate)).toEqual({ verb: 'wants', mode: 'AccessExclusiveLock', object: 'public.orders' });
    expect(lockWords(row(1))).toBeUndefined();
    expect(timeOf(root)).toEqual({ label: 'Open for', seconds: 849 });
    expect(timeOf(gate)).toEqual({ label: 'Waits', seconds: 771 });
    expect(remedyOf(root)).toBe('terminate');
    expect(remedyOf(gate)).toBe('cancel');
    expect(remedyOf(reader(1))).toBeUndefined();
    expect(remedyOf(row(0, { frees: 3 }))).toBeUndefined();
    expect(remedyOf(row(9, { frees: 3, backend_type: 'autovacuum worker' }))).toBeUndefined();
  });
});

describe('the longest wait', () => {
  it('is known by tree', () => {
    expect([...longestWaits([...rows, ...second])]).toEqual([
      [4711, 771],
      [5120, 1],
    ]);
  });
});

describe('the sentence', () => {
  it('names the root and what ending it does', () => {
    expect(locksSentence(rows)).toBe(
      '11 sessions wait in one tree; the root is session 4711. Ending it lets all 11 go on.',
    );
    expect(locksSentence([...second, ...rows])).toBe(
      '11 sessions wait in one tree; the root is session 4711. Ending it lets all 11 go on. 1 more session waits behind session 5120.',
    );
    expect(locksSentence(second)).toBe('1 session waits, behind session 5120. Ending that one lets it go on.');
    expect(locksSentence([])).toBe('No session waits for a lock.');
    expect(locksSentence([{ ...root, frees: 4 }, ...rows.slice(1)])).toContain('Ending it lets 4 of them go on.');
    expect(trees([...second, ...rows]).map((tree) => tree.waiters.length)).toEqual([11, 1]);
  });

  it('explains why reads wait', () => {
    expect(whyReadsWait(rows)?.text).toBe(
      '4802 wants AccessExclusiveLock on public.orders. It has not got it, but later requests line up behind it, even plain reads. Cancelling 4802 frees 10 sessions at once; 4711 keeps its locks.',
    );
    expect(whyReadsWait(second)).toBeUndefined();
    const holder = row(7, { frees: 1, holds: [{ mode: 'AccessExclusiveLock', object: 'public.orders' }] });
    expect(whyReadsWait([holder, reader(8, { parent_pid: 7, root_pid: 7, blocked_by: [7] })])?.text).toContain(
      '7 holds AccessExclusiveLock on public.orders until its transaction ends.',
    );
  });

  it('tells the chart', () => {
    const at = Date.parse('2026-11-21T02:00:00Z') / 1000;
    const points = (values: (number | null)[]) => values.map((value, index) => [at + index * 10, value]);
    expect(waitingSentence([], 10)).toContain('Nothing is known yet');
    expect(waitingSentence(points(Array(360).fill(0)), 10)).toBe('None now, and none in the last hour.');
    expect(waitingSentence(points(Array(90).fill(0)), 10)).toBe('None now, and none in the last 15\u00a0min.');
    expect(waitingSentence(points(Array(144).fill(0)), 600)).toBe('None now, and none in the last 1\u00a0d.');
    expect(waitingSentence(points(Array(168).fill(0)), 3600)).toBe('None now, and none in the last 7\u00a0d.');
    const calm = Array(360).fill(0);
    calm[60] = 3;
    calm[61] = 2;
    expect(waitingSentence(points(calm), 10, 'UTC')).toBe(
      'None now; at most 3, at 02:10; about 20\u00a0s in the last hour with somebody waiting.',
    );
    expect(waitingSentence(points([...Array(300).fill(0), ...Array(60).fill(12)]), 10, 'UTC')).toBe(
      '12 now, the most in the last hour; without a break since 02:50.',
    );
    expect(waitingSentence(points([0, 5, 0, null, null, null]), 10, 'UTC')).toBe(
      'Not known since 02:00: what sessions do is hidden, or the server cannot be asked; at most 5 before.',
    );
    expect(waitingSentence(points([0, 5, null, 1]), 10, 'UTC')).toContain('1 now; at most 5, at 02:00');
  });
});
