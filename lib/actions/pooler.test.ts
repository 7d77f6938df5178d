import { expect, test } from 'vitest';
import { pgbouncerKill } from './pgbouncer-kill';
import { commandOn, consoleName, type PoolerNow, refuseName } from './pooler';

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
