import { expect, test } from 'vitest';
import { EmbeddedError } from '@/lib/embedded/errors';
import { firstWords, historyProblem, withoutPlaces } from './history-words';

const again = 'The pages go on with the last hour, from memory; pgdeck tries again by itself.';

test('of a log the line that says why is quoted, without its time', () => {
  const log = [
    'PostgreSQL 18.4 did not start in /state/history/pgdata-18:',
    '2026-11-21 03:12:00 UTC [7] LOG:  starting PostgreSQL 18.4',
    '2026-11-21 03:12:01 UTC [7] FATAL:  could not map anonymous shared memory: Cannot allocate memory',
    '2026-11-21 03:12:01 UTC [7] LOG:  database system is shut down',
  ].join('\n');
  expect(firstWords(log)).toBe('FATAL: could not map anonymous shared memory: Cannot allocate memory');
  expect(firstWords('PostgreSQL did not start:\nno line of a log.\n')).toBe('no line of a log');
});

test.each([
  [
    new EmbeddedError('PostgreSQL did not start: the disk that holds /state is full.', 'disk-full'),
    `Nothing is remembered: the disk that holds the history below /state is full. Make room on it. ${again}`,
  ],
  [
    new EmbeddedError('PostgreSQL 18 for linux-arm is not installed here. Run: npm ci.', 'platform'),
    `Nothing is remembered: PostgreSQL 18 for linux-arm is not installed here. Run: npm ci. A PostgreSQL of yours can keep the history instead: PGDECK_HISTORY_URL. ${again}`,
  ],
  [
    new EmbeddedError('uid 65534 cannot enter /state.', 'folder'),
    `Nothing is remembered: the history's PostgreSQL did not start below /state: uid 65534 cannot enter /state. ${again}`,
  ],
  [
    Object.assign(new Error('EROFS: read-only file system'), { code: 'EROFS', syscall: 'mkdir' }),
    `Nothing is remembered: the history's folder below /state cannot be used: its file system is read-only. Mend that, or name another folder in PGDECK_STATE_DIR. ${again}`,
  ],
  [
    Object.assign(new Error('could not extend file'), { code: '53100' }),
    `Nothing is remembered: the disk that holds the history below /state is full. Make room on it. ${again}`,
  ],
  [
    new Error('timeout expired'),
    `The history's PostgreSQL runs and does not answer in time: this machine is busy. ${again}`,
  ],
])('what stands in the way is a sentence with what to do', (error, sentence) => {
  expect(historyProblem(error, '/state')).toBe(sentence);
});

// T17: fails where HistoryServer puts what it says in the terminal into `place` as it is.
test('T17: what everybody is told names no place of this machine', () => {
  const told = (text: string) => withoutPlaces(text, '/srv/my state', '/var/lib/pgdeck/state-of/5cae-history');
  expect(
    told('… who cannot enter /srv/my state; the history is in /var/lib/pgdeck/state-of/5cae-history/pgdata-18.'),
  ).toBe('… who cannot enter PGDECK_STATE_DIR; the history is in a folder apart/pgdata-18.');
  expect(told('FATAL: could not open "/home/ann/x.conf": Permission denied (EACCES, open /a/b-c)')).toBe(
    'FATAL: could not open "…": Permission denied (EACCES, open …)',
  );
  const plain = 'Read and/or write at 10 kB/s; see https://example.com/docs and lib/x.';
  expect(told(plain)).toBe(plain);
});
