import { describe, expect, it } from 'vitest';
import { createLogger, redactText, safeError } from './log';

function logged(write: (log: ReturnType<typeof createLogger>) => void): string {
  const lines: string[] = [];
  write(createLogger('info', { write: (line) => void lines.push(line) }));
  return lines.join('');
}

describe('the logger', () => {
  it('strikes out secrets wherever they stand', () => {
    const url = 'postgres://app:hunter2@db.internal:5432/shop';
    const text = logged((log) => {
      log.info(
        { target: { host: 'a', password: 'hunter2' }, headers: { authorization: 'Bearer hunter2' } },
        'connected',
      );
      log.info(`trying ${url}`);
      log.warn({ list: [{ note: `see ${url}` }] }, 'password=hunter2 host=x');
      log.error({ err: new Error(`cannot reach ${url}`) }, 'failed');
      log.error(new Error(`cannot reach ${url}`));
    });
    expect(text).not.toContain('hunter2');
    expect(text.trim().split('\n')).toHaveLength(5);
    expect(text).toContain('"host":"a"');
  });

  it('keeps what PostgreSQL adds from rows out of the log', () => {
    const error = Object.assign(new Error('duplicate key value'), {
      code: '23505',
      detail: 'Key (email)=(jane@example.com) already exists.',
      where: 'jane@example.com',
    });
    expect(logged((log) => log.error({ err: error }, 'failed'))).not.toContain('jane');
    expect(safeError(error)).toMatchObject({ name: 'Error', code: '23505', message: 'duplicate key value' });
  });
});

it('redacts addresses and settings, and leaves the rest', () => {
  expect(redactText('postgresql://app:p%40ss@h/db and nothing else')).toBe(
    'postgresql://app:[redacted]@h/db and nothing else',
  );
  expect(redactText("user=app password='a b' dbname=x")).toBe('user=app password=[redacted] dbname=x');
  expect(redactText('The server refused the password.')).toBe('The server refused the password.');
});

// T17: without the alternative of white space before a quote in redactText() the first of these stand in the log.
it.each([
  "alter role app password 'hunter2'",
  "alter role app password E'a\\'b hunter2' login",
  "alter role app password 'it''s hunter2",
  'alter role app password $x$a hunter2$x$',
  'connection host=a password=hunter2',
  'PGPASSWORD=hunter2 psql',
])('T17: %s', (text) => {
  expect(logged((log) => log.warn({ sql: text }, `refused: ${text}`))).not.toContain('hunter2');
});

// T17: without loggedMessage() in safeError() what PostgreSQL quotes of a row stands in the log.
it('T17: keeps values out of what PostgreSQL says, also in the stack', () => {
  const error = Object.assign(new Error('invalid input syntax for type integer: "jane@example.com"'), {
    code: '22P02',
    severity: 'ERROR',
  });
  const text = logged((log) => log.error({ err: error }, 'failed'));
  expect(text).not.toContain('jane');
  expect(text).toContain('invalid input syntax for type integer');
  expect(text).toContain('log.test.ts');
});
