import type { Target } from '@/lib/config';
import { describeConnectError, PostgresProblem, type Problem } from '@/lib/postgres/errors';

/** Why there are no figures of a PgBouncer that nobody told pgdeck of. */
export const notConfigured: Problem = {
  reason: 'setting',
  sentence: 'pgdeck knows of no PgBouncer before this server.',
  hint: 'Name its console in PGDECK_PGBOUNCER_URL, or in pgdeck.config.json: "pgbouncerUrl": "postgresql://USER:PASSWORD@HOST:6432/pgbouncer", with a user of its stats_users or admin_users.',
};

/** Why what answers at the address of the console is of no use. */
export const notPgBouncer: Problem = {
  reason: 'unreachable',
  sentence: 'What answers at the address of pgbouncerUrl is no PgBouncer.',
  hint: "Name PgBouncer's own host and port (listen_port, 6432 as a rule), not the server's.",
};

const notAllowed = /^not allowed/;
const notKnown = /authentication failed|no such user|SASL|password must be a string/;
const encryptedOnly = /SSL required/;
// By a rule of its auth_hba_file.
const rejected = /login rejected/;

/** Whether PgBouncer itself refuses this user; not so where it is gone or silent. */
export function refusesSignIn(error: unknown): boolean {
  const { message } = ((error instanceof PostgresProblem ? error.cause : error) ?? {}) as { message?: unknown };
  return (
    typeof message === 'string' && [notAllowed, notKnown, encryptedOnly, rejected].some((words) => words.test(message))
  );
}

/** What PgBouncer says in clear, for it has one SQLSTATE for nearly all. */
function told(message: string, user: string): Problem | undefined {
  if (/admin access needed/.test(message))
    return {
      reason: 'privilege',
      sentence: `User ${user} of PgBouncer may look and not act.`,
      hint: `Name it in pgbouncer.ini, admin_users = ${user}, and let PgBouncer read its files (RELOAD, or SIGHUP).`,
    };
  if (/RELOAD failed/.test(message))
    return {
      reason: 'setting',
      sentence: 'PgBouncer found an error in its files.',
      hint: 'Its log tells the line. What stands before it may be in effect all the same.',
    };
  if (notAllowed.test(message))
    return {
      reason: 'privilege',
      sentence: `PgBouncer does not let user ${user} into its console.`,
      hint: `Name it in pgbouncer.ini, stats_users = ${user} to look or admin_users = ${user} to act as well, and let PgBouncer read its files (RELOAD, or SIGHUP).`,
    };
  if (notKnown.test(message))
    return {
      reason: 'unreachable',
      sentence: `PgBouncer refused the password of user ${user}, or does not know the user.`,
      hint: 'Set the password of pgbouncerUrl as it stands in its auth_file.',
    };
  if (encryptedOnly.test(message))
    return {
      reason: 'unreachable',
      sentence: 'PgBouncer takes encrypted connections only.',
      hint: 'Set sslmode=require in pgbouncerUrl, or verify-full with its authority in sslrootcert.',
    };
  if (/no more connections allowed|max_client_conn/.test(message))
    return {
      reason: 'unreachable',
      sentence: 'PgBouncer takes no more clients.',
      hint: 'Its max_client_conn is reached: find out who holds so many connections, or raise it.',
    };
  if (/database "pgbouncer" does not exist/.test(message)) return notPgBouncer;
  return undefined;
}

/** PgBouncer hands on what a server said to it, with hosts and users. */
function withoutNames(message: string): string {
  return message
    .replace(/"[^"]*"/g, '"…"')
    .replace(/\[[\da-f:.%]+\](?::\d+)?|\b\d{1,3}(?:\.\d{1,3}){3}(?::\d+)?/gi, '…');
}

/** Puts an error of the console in words; never with host, password or data. */
export function describeConsoleError(error: unknown, target: Target | undefined): Problem {
  if (error instanceof PostgresProblem) return error.problem;
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  const text = typeof message === 'string' ? message : '';
  const known = told(text, target?.user ?? '');
  if (known) return known;
  if (code === '08P01')
    return {
      reason: 'unreachable',
      sentence: `PgBouncer refused it: ${withoutNames(text)}.`,
      hint: "See PgBouncer's log.",
    };
  // A question that takes too long and a PgBouncer that is gone are the same here: both are asked for again.
  if (/Query read timeout/.test(text))
    return {
      reason: 'unreachable',
      sentence: 'PgBouncer did not answer in time.',
      hint: 'It is busy, or stands still; pgdeck tries again by itself.',
    };
  const { sentence, hint } = describeConnectError(error);
  const ofPgBouncer = (words: string) =>
    words
      .replace(/\b(T|t)he server\b/g, 'PgBouncer')
      .replace('DATABASE_URL', 'pgbouncerUrl')
      .replace('PostgreSQL', 'PgBouncer');
  return { reason: 'unreachable', sentence: ofPgBouncer(sentence), hint: ofPgBouncer(hint) };
}
