import { parseArgs } from 'node:util';
import { expect, test } from 'vitest';
import { checkWords, optionProblem, options } from './usage.mjs';

function problem(...args: string[]): string | undefined {
  try {
    parseArgs({ args, allowPositionals: true, options });
  } catch (error) {
    return optionProblem(error);
  }
  throw new Error('it was taken');
}

// Node's own words name what nobody here takes; fails where a newer node says which option it was in another way.
test.each([
  [['--days', '-1'], '--days takes a whole number from 1 to 3660.'],
  [['--days'], '--days takes a whole number from 1 to 3660.'],
  [['--state-dir', '--print'], '--state-dir takes a folder.'],
  [['--print=yes'], '--print takes no value.'],
  [['--help=yes'], '--help takes no value.'],
  [['--password', 'x'], 'pgdeck has no option --password. Is it --password-stdin?'],
  [['--nothing'], 'pgdeck has no option --nothing. npx pgdeck --help tells which there are.'],
  [['-x'], 'pgdeck has no option -x. npx pgdeck --help tells which there are.'],
])('%j: %s', (args, words) => expect(problem(...args)).toBe(words));

test('other errors speak for themselves', () => expect(optionProblem(new Error("'--days'"))).toBeUndefined());

test('a command asks for the word that is missing', () => {
  const known = { add: ['NAME'], role: ['NAME', 'ROLE'], list: [] };
  const check = (...words: string[]) => checkWords(words, known, 'user', 'Help.\n');
  expect(() => check('add')).toThrow(/^Which name\? npx pgdeck user add NAME$/);
  expect(() => check('role', 'ann')).toThrow(/^Which role\? npx pgdeck user role NAME ROLE$/);
  expect(() => check('add', 'ann', 'bob')).toThrow(/^pgdeck has no command user add ann bob\.\n\nHelp\.$/);
  expect(() => check('toString')).toThrow(/^pgdeck has no command user toString\./);
  for (const words of [['list'], ['add', 'ann'], ['role', 'ann', 'admin']]) expect(() => check(...words)).not.toThrow();
});
