import { expect, test } from 'vitest';
import { droppedSentence, oneLine, type Statement, statementsSentence } from './summary';

const statement = (changes: Partial<Statement>): Statement =>
  ({
    query: 'select 1',
    share: 0.5,
    mean_exec_time: 120,
    stats_reset_seconds: 3600,
    dealloc: 0,
    ...changes,
  }) as Statement;
const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');

test('the sentence says what part of the time the statements shown took, and since when', () => {
  expect(plain(statementsSentence([statement({ share: 0.6 }), statement({ share: 0.2 })], 100))).toBe(
    '2 statements with a mean of 100 ms or more take 80 % of all time, since the reset 1 h ago; the first alone 60 %.',
  );
  expect(plain(statementsSentence([], 100))).toBe('No statement takes 100 ms or more on average.');
});

test('entries that were dropped are said', () => {
  expect(droppedSentence([statement({})])).toBeUndefined();
  expect(plain(droppedSentence([statement({ dealloc: 3 })]))).toContain('3 times');
});

test('a text that is hidden, or was not read yet, is not an empty one', () => {
  expect(oneLine({ query: null })).toBe('text not shown');
  expect(oneLine({ query: ' select\n  1 ' })).toBe('select 1');
});
