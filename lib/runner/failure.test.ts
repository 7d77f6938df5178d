import { expect, it } from 'vitest';
import { PostgresProblem } from '@/lib/postgres/errors';
import { failureOf, warningsOf } from './failure';

const error = (code: string, message = 'said') => Object.assign(new Error(message), { code });

it("tells PostgreSQL's own words where they are its own, and hides those that may quote a row", () => {
  expect(failureOf(error('42501', 'permission denied to terminate process'), 'Not terminated.')).toEqual({
    status: 'failed',
    sqlstate: '42501',
    message:
      'Not terminated. The role lacks the right to do this. PostgreSQL says: permission denied to terminate process.',
  });
  for (const code of ['22P02', '23505', 'P0001', 'XX000', '2F003', '38000']) {
    const failure = failureOf(error(code, 'invalid input syntax: "jane@example.com"'), 'Not analyzed.');
    expect(failure.message).not.toContain('jane');
    expect(failure).toMatchObject({ status: 'failed', sqlstate: code });
  }
});

it('hides what can hold data, not what only names a partition', () => {
  const said = (message: string) => failureOf(error('23514', message), 'Not attached.').message;
  const names = 'updated partition constraint for default partition "rest" would be violated by some row';
  expect(said(names)).toContain(`PostgreSQL says: ${names}.`);
  expect(said('partition constraint of relation "a" is violated by some row')).toContain('PostgreSQL says');
  expect(said('the customer Ada is violated by some row')).toContain('hidden');
});

it('knows a cancel from here from one of somebody else', () => {
  expect(failureOf(error('57014'), 'Not analyzed.', true)).toMatchObject({
    status: 'cancelled',
    message: expect.stringContaining('from here'),
  });
  expect(failureOf(error('57014'), 'Not analyzed.')).toMatchObject({
    status: 'cancelled',
    message: expect.stringContaining('Somebody else'),
  });
});

it('does not know what became of a statement whose connection was lost', () => {
  expect(failureOf(error('57P01'), 'Not analyzed.').status).toBe('unknown');
  expect(failureOf(new Error('Connection terminated unexpectedly'), 'Not analyzed.').status).toBe('unknown');
  const cut = failureOf(error('EPIPE', 'write EPIPE'), 'Not analyzed.');
  expect(cut).toEqual({ status: 'unknown', message: expect.stringContaining('connection was lost') });
});

it('says that nothing was sent where no connection was to be had', () => {
  const problem = new PostgresProblem({ reason: 'unreachable', sentence: 'Nothing listens.', hint: 'Is it running?' });
  expect(failureOf(problem, 'Not terminated.')).toEqual({
    status: 'failed',
    message: 'Not terminated. Nothing listens. Is it running?',
  });
});

it('does not swallow an error of pgdeck', () => {
  expect(() => failureOf(new TypeError('x is not a function'), 'Not analyzed.')).toThrow(TypeError);
});

it('takes the warnings from what the server said', () => {
  expect(
    warningsOf([
      { severity: 'WARNING', sqlstate: '01000', message: 'skipping it' },
      { severity: 'NOTICE', sqlstate: '00000', message: 'by the way' },
    ]),
  ).toEqual(['skipping it (01000)']);
});
