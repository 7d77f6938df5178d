import { describe, expect, test } from 'vitest';
import { pgbouncerKill } from './pgbouncer-kill';
import { pgbouncerReconnect } from './pgbouncer-reconnect';
import { pgbouncerReload } from './pgbouncer-reload';
import { type Came, commandOn, consoleName, type PoolerNow, poolFacts, refuseName } from './pooler';

const on = (name: string) => ({ kind: 'pgbouncer-database' as const, name });

test('names are written as the console reads them: nothing of a name is ever a command', () => {
  expect(commandOn('PAUSE', on('shop_1'))).toBe('PAUSE shop_1;');
  expect(commandOn('PAUSE', { kind: 'pgbouncer' })).toBe('PAUSE;');
  for (const name of ['Shop', 'odd-name', 'a b', 'x; KILL y', 'naïve', "it's"])
    expect(consoleName(name)).toBe(`"${name}"`);
  expect(consoleName('a"b')).toBe('"a""b"');
  expect(consoleName('"; KILL shop; "')).toBe('"""; KILL shop; """');
});

test('what the console cannot read is refused before it is sent', () => {
  const code = (name: string) => refuseName({ target: on(name) })?.code;
  expect(code('a'.repeat(63))).toBeUndefined();
  expect(code('a'.repeat(64))).toBe('name_too_long');
  expect(code('A'.repeat(61))).toBeUndefined();
  expect(code('A'.repeat(62))).toBe('name_too_long');
  expect(code('é'.repeat(31))).toBe('name_too_long');
  expect(code('pgbouncer')).toBe('console');
  expect(refuseName({ target: { kind: 'pgbouncer' } })).toBeUndefined();
});

test('a pool without a limit is said to have none that is known', () => {
  const told = (pool_size: number | null, sv_active: number) =>
    poolFacts({
      now: {
        pools: [
          { database: 'shop', user: 'ann', cl_active: 2, cl_waiting: 0, maxwait_seconds: 0, sv_active, pool_size },
        ],
      } as unknown as PoolerNow,
    });
  expect(told(4, 1)).toEqual([
    {
      label: 'Pool shop of ann',
      value: '2 clients served or idle, 0 waiting, 1 of 4 server connections at work',
    },
  ]);
  expect(told(null, 1)[0]?.value).toMatch(/, 1 server connection at work, no limit of them known$/);
});

test('who was killed is told so, also where somebody resumed it at once; without an answer only the pause proves it', () => {
  const now = (paused: number, ...ptrs: string[]) =>
    ({
      databases: [{ name: 'shop', paused: paused === 1 }],
      clients: ptrs.map((ptr) => ({ ptr, connect_time: '2026-01-01' })),
      servers: [],
    }) as unknown as PoolerNow;
  const judged = (after: PoolerNow, answered: boolean) =>
    pgbouncerKill.judge(now(0, 'a', 'b'), after, {
      ...{ target: on('shop'), now: now(0), options: {}, ownWay: false },
      answered,
    });
  expect(judged(now(1), true)).toMatchObject({ done: true, message: expect.stringContaining('It is paused') });
  const resumed = judged(now(0, 'c'), true);
  expect(resumed).toMatchObject({ done: true, message: expect.stringMatching(/^2 clients .* were ended\.$/) });
  expect(resumed.warnings).toEqual(['It is not paused any more: somebody resumed it since.']);
  expect(resumed).not.toHaveProperty('undo');
  expect(judged(now(0), false)).toMatchObject({ done: false, message: 'shop is not paused.' });
  expect(judged(now(1, 'b'), true)).toMatchObject({ done: false });
});

test('connections that are gone prove nothing without an answer; those that are marked do', () => {
  const servers = (...marks: (readonly [string, boolean])[]) =>
    ({
      servers: marks.map(([ptr, close_needed]) => ({ ptr, connect_time: 'then', close_needed })),
    }) as unknown as PoolerNow;
  const judged = (before: PoolerNow, after: PoolerNow, answered: boolean) =>
    pgbouncerReconnect.judge(before, after, {
      ...{ target: on('shop'), now: before, options: {}, ownWay: false },
      answered,
    });
  const before = servers(['a', false], ['b', false]);
  expect(judged(servers(), servers(), false)).toMatchObject({ done: false, verified: null });
  expect(judged(servers(), servers(['c', false]), true)).toMatchObject({
    done: true,
    verified: null,
    message: 'PgBouncer took the command; there was no server connection of shop that could be renewed.',
  });
  expect(judged(before, servers(['c', false]), false)).toMatchObject({
    verified: null,
    message: 'Of the server connections of shop that were there before, 2 of 2 are closed.',
  });
  expect(judged(before, servers(['a', true]), false)).toMatchObject({
    done: true,
    message: 'Of the server connections of shop that were there before, 1 of 2 are closed, 1 will be as soon as free.',
  });
  expect(judged(before, servers(['a', true]), false)).not.toHaveProperty('verified');
  expect(judged(before, servers(), true)).not.toHaveProperty('verified');
  expect(judged(before, servers(['a', false]), false)).toMatchObject({ done: false });
});

describe('RELOAD', () => {
  const defaults = { pool_mode: 'session', logfile: null, admin_users: null, query_timeout: '0' };
  const now = (settings: Record<string, string | null>, minor = 18, admin = true) =>
    ({
      ...{ version: `1.${minor}.0`, minor, user: 'boss', admin, databases: [], defaults },
      settings,
    }) as unknown as PoolerNow;
  const before = { pool_mode: 'transaction', logfile: '/log', admin_users: 'boss', query_timeout: '0' };
  const judged = (after: PoolerNow, came: Came) =>
    pgbouncerReload.judge(now(before), after, {
      ...{ target: { kind: 'pgbouncer' }, now: now(before), options: {}, ownWay: false },
      ...came,
    });

  test('proves nothing where PgBouncer does not tell of errors, and what changed is told', () => {
    expect(judged(now({ ...before, query_timeout: '5' }), { answered: true })).toEqual({
      done: true,
      verified: null,
      message: 'PgBouncer took the command; whether its file was good it does not say: 1 setting changed.',
      figures: [{ label: 'query_timeout', before: '0', after: '5' }],
      warnings: [],
    });
    expect(judged(now(before), { answered: true })).toMatchObject({ verified: null, warnings: [] });
    expect(judged(now({ ...before, query_timeout: '5' }, 25), { answered: true })).not.toHaveProperty('verified');
  });

  test('is warned of where settings fell back together, and where pgdeck may do less', () => {
    const fallen = judged(now({ ...before, pool_mode: 'session', logfile: null }), { answered: true });
    expect(fallen.warnings).toEqual([
      expect.stringMatching(
        /^pool_mode and logfile are at their defaults now\. If nobody meant that, a line before them is wrong: /,
      ),
    ]);
    // Where the log goes elsewhere now, the reader is sent to the one of before.
    expect(fallen.warnings?.[0]).toMatch(/PgBouncer's log, until now \/log, tells which;/);
    expect(judged(now({ ...before, logfile: null }, 25), { answered: false, refused: true }).warnings).toEqual([
      "The error stands in PgBouncer's log, until now /log, or where it goes now.",
    ]);
    const both = judged(now({ ...before, pool_mode: 'session', admin_users: null }), { answered: true });
    expect(both.warnings?.[0]).toMatch(/wrong: PgBouncer's log tells which;/);
    // One that is at its default again was taken out of the file, as a rule.
    expect(judged(now({ ...before, pool_mode: 'session' }), { answered: true }).warnings).toEqual([]);
    // A version that tells of errors has told of none.
    expect(judged(now({ ...before, pool_mode: 'session', logfile: null }, 25), { answered: true }).warnings).toEqual(
      [],
    );
    expect(judged(now({ ...before, admin_users: null }, 18, false), { answered: true }).warnings).toEqual([
      expect.stringMatching(/^User boss is none of PgBouncer's admin_users any more: pgdeck may look and not act\./),
    ]);
    const warned = (after: PoolerNow, refused: boolean) =>
      judged(after, { answered: true, notLetIn: { because: 'It is shut.', refused } }).warnings;
    expect(warned(now(before), true)).toEqual([
      expect.stringMatching(/^pgdeck cannot sign in to the console any more: It is shut\. Mend the file/),
    ]);
    // Who did not refuse it may let it in the next time.
    const unseen = 'Whether pgdeck may still sign in could not be seen: It is shut.';
    expect(warned(now(before), false)).toEqual([unseen]);
    expect(warned(now({ ...before, admin_users: null }, 18, false), false)).toEqual([
      unseen,
      expect.stringMatching(/^User boss is none of PgBouncer's admin_users any more/),
    ]);
  });

  test('that is refused tells what it did all the same; one that nobody answered tells nothing', () => {
    expect(
      judged(now({ ...before, pool_mode: 'session', logfile: null }, 25), { answered: false, refused: true }),
    ).toMatchObject({
      done: false,
      message: '2 settings changed all the same.',
      warnings: [expect.stringContaining('are at their defaults now')],
    });
    expect(judged(now(before, 25), { answered: false, refused: true })).toMatchObject({
      message: 'No setting and no database is other than before.',
    });
    expect(judged(now(before), { answered: false })).toMatchObject({ done: false });
  });
});
