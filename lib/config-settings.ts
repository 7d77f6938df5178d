/** Every limit of the checks by its name in `Limits`; `share`: it is a share of one. */
export const limitSettings = {
  connectionsWarning: { default: 0.8, meaning: 'share of the true connection ceiling that is a warning', share: true },
  connectionsCritical: { default: 0.95, meaning: 'share of the true connection ceiling that is critical', share: true },
  blockedSeconds: { default: 60, meaning: 'seconds that one session waits for a lock before it is a finding' },
  blockedWaiters: { default: 3, meaning: 'sessions waiting for locks at once that are a finding when they last' },
  blockedWaitersSeconds: { default: 300, meaning: 'seconds that so many must wait' },
  idleInTransactionWarningSeconds: { default: 300, meaning: 'seconds idle in a transaction that are a warning' },
  idleInTransactionCriticalSeconds: { default: 1800, meaning: 'seconds idle in a transaction that are critical' },
  transactionWarningSeconds: { default: 1800, meaning: 'seconds of an open transaction that are a warning' },
  transactionCriticalSeconds: { default: 3600, meaning: 'seconds of an open transaction that are critical' },
  deadRowsWarning: {
    default: 2,
    meaning: "dead rows, in multiples of the table's own autovacuum trigger, that are a warning",
  },
  deadRowsCritical: {
    default: 5,
    meaning: "dead rows, in multiples of the table's own autovacuum trigger, that are critical",
  },
};

/** A variable of the environment that pgdeck reads. */
export type Setting = { name: string; default: string; meaning: string };

/** How much can be logged. */
export const logLevels = ['silent', 'fatal', 'error', 'warn', 'info', 'debug', 'trace'];

/** The setting of a limit. */
export function limitName(key: string): string {
  return `PGDECK_LIMIT_${key.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

/** Every setting with its default and meaning, as docs/settings.md tells them. */
export const settings: Setting[] = [
  {
    name: 'DATABASE_URL',
    default: 'the demo',
    meaning: 'the server to watch, postgres://user:password@host:5432/database',
  },
  {
    name: 'PGHOST',
    default: '',
    meaning:
      "the server to watch, with libpq's PGPORT, PGUSER, PGPASSWORD, PGDATABASE, PGPASSFILE, PGSSLMODE, PGSSLROOTCERT, PGSSLCERT, PGSSLKEY; they also fill what DATABASE_URL leaves out",
  },
  { name: 'PGDECK_ACTION_URL', default: 'DATABASE_URL', meaning: 'the same server with the role that actions run as' },
  {
    name: 'PGDECK_ENVIRONMENT',
    default: '',
    meaning:
      'what the server is, such as production or staging; production, and another machine without one, ask more before an action',
  },
  { name: 'PGDECK_NAME', default: 'PostgreSQL', meaning: 'how pages call the server of DATABASE_URL' },
  {
    name: 'PGDECK_CONFIG',
    default: '',
    meaning: 'path of a JSON file that lists several servers, instead of DATABASE_URL',
  },
  { name: 'PGDECK_HOST', default: '127.0.0.1', meaning: 'the loopback address that pgdeck listens on' },
  { name: 'PGDECK_PORT', default: '8432', meaning: 'the port that pgdeck listens on; wins over PORT' },
  { name: 'PORT', default: '8432', meaning: 'the port, where PGDECK_PORT is not set' },
  {
    name: 'PGDECK_STATE_DIR',
    default: '/var/lib/pgdeck for root, otherwise ~/.local/state/pgdeck',
    meaning: 'the folder of the audit trail, of the history and of the demo; one running pgdeck for each',
  },
  {
    name: 'PGDECK_CACHE',
    default: '/var/cache/pgdeck for root, otherwise ~/.cache/pgdeck',
    meaning: "where PostgreSQL's programs are copied when they cannot run inside the clone",
  },
  { name: 'PGDECK_LOG_LEVEL', default: 'warn', meaning: `how much is logged: ${logLevels.join(', ')}` },
  {
    name: 'PGDECK_MAINTENANCE_MAX',
    default: '2',
    meaning: 'long actions at once for each server, each on a connection of its own; others wait in a queue',
  },
  {
    name: 'PGDECK_APPROVAL',
    default: 'off',
    meaning: 'typed: an action that has to be confirmed by typing also waits for the yes of another admin',
  },
  {
    name: 'PGDECK_SCHEDULES',
    default: 'on',
    meaning: 'off: no scheduled action is run',
  },
  {
    name: 'PGDECK_CPUS',
    default: '',
    meaning: "processors of the server's machine, drawn as a line in charts of load; SQL cannot tell them",
  },
  {
    name: 'PGDECK_HISTORY',
    default: 'on',
    meaning: 'off: nothing is stored, and only the last hour is known, in memory',
  },
  {
    name: 'PGDECK_HISTORY_URL',
    default: 'a PostgreSQL of its own in PGDECK_STATE_DIR',
    meaning: 'a PostgreSQL 14 to 18 that keeps the history instead, postgres://user:password@host:5432/database',
  },
  { name: 'PGDECK_HISTORY_RAW_DAYS', default: '2', meaning: 'days that every sample is kept' },
  { name: 'PGDECK_HISTORY_MINUTE_DAYS', default: '14', meaning: 'days that minutes and moments are kept' },
  { name: 'PGDECK_HISTORY_HOUR_DAYS', default: '400', meaning: 'days that hours and changes are kept' },
  {
    name: 'PGDECK_HISTORY_MAX_GB',
    default: '5',
    meaning: 'the most that the history may take on disk; the oldest goes first, and pgdeck says so',
  },
  {
    name: 'PGDECK_HISTORY_LITERALS',
    default: 'off',
    meaning: 'on: statements are kept with the values in them; off: values are masked before anything is stored',
  },
  {
    name: 'PGDECK_AUDIT_COPY',
    default: 'on with PGDECK_HISTORY_URL, otherwise off',
    meaning: 'on: lines of the audit are copied to the history store, so that several pgdecks show one list',
  },
  {
    name: 'PGDECK_BUDGET_PERCENT',
    default: '1',
    meaning: "percent of a server's statement time that pgdeck may take; above it, it asks less often and says so",
  },
  ...Object.entries(limitSettings).map(([key, { default: value, meaning }]) => ({
    name: limitName(key),
    default: String(value),
    meaning,
  })),
];
