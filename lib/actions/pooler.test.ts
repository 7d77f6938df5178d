import { expect, test } from 'vitest';
import { commandOn, consoleName, refuseName } from './pooler';

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
