import { describeConnectError, isConnectionError } from '@/lib/postgres/errors';
import { StoreUnusable } from './migrate';

/** What is wrong with the place rather than with a statement: the store is off until a write goes through again. */
const placeErrors: Record<string, [sentence: string, hint: string]> = {
  '53100': ['The disk of the history store is full, so nothing is remembered.', 'Make room; it goes on by itself.'],
  '58030': ['The history store cannot read or write its files.', 'Look at its disk; it goes on by itself.'],
  '58P01': ['A file of the history store is missing.', 'Look at its disk; it goes on by itself.'],
  XX001: ['Data of the history store is damaged.', 'See its log.'],
  XX002: ['An index of the history store is damaged.', 'See its log.'],
  '25006': [
    'The history store is read-only, so nothing is remembered.',
    'Name one that can be written in PGDECK_HISTORY_URL; it goes on by itself.',
  ],
  '42501': [
    'The role of the history store lacks a right there.',
    'Let it create a schema in its database: grant create on database … to …;',
  ],
};

/** Whether data of the store cannot be read: a file is missing, a page or an index is spoiled. */
export function isDamage(error: unknown): boolean {
  return ['58P01', 'XX001', 'XX002'].includes((error as { code?: string }).code ?? '');
}

/** Why the place of the store is of no use now; undefined: something else is wrong. */
export function placeProblem(error: unknown): string | undefined {
  return placeErrors[(error as { code?: string }).code ?? '']?.join(' ');
}

/** Why the store cannot be used, in sentences; undefined where only one statement was wrong. */
export function reasonOf(error: unknown): string | undefined {
  if (error instanceof StoreUnusable) return `${error.message} ${error.hint}`;
  const { code = '', message = '' } = error as { code?: string; message?: string };
  const known = placeProblem(error);
  if (known) return known;
  if (/Query read timeout/.test(message)) return 'The history store does not answer. It is tried again by itself.';
  if (
    isConnectionError(error) ||
    // Of the connection; a statement that took too long has a code of its own.
    (code === '' && /timeout/i.test(message)) ||
    code.startsWith('28') ||
    code === '53300' ||
    code === '3D000'
  ) {
    const { sentence, hint } = describeConnectError(error);
    const todo = hint
      .replace('DATABASE_URL (or PGPASSWORD, or ~/.pgpass)', 'PGDECK_HISTORY_URL (or ~/.pgpass)')
      .replaceAll(/\bDATABASE_URL/g, 'PGDECK_HISTORY_URL');
    return `The history store cannot be reached: ${sentence.charAt(0).toLowerCase()}${sentence.slice(1)} ${todo}`;
  }
  return undefined;
}

/** Words for an error that has none of its own. */
export function unexpected(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  return `The history store could not be prepared${code ? ` (${code})` : ''}: ${message ?? error}. It is tried again by itself.`;
}
