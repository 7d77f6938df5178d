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
  pgbouncerWaitWarningSeconds: {
    default: 5,
    meaning: 'seconds that a client of PgBouncer waits for a server connection that are a warning',
  },
  pgbouncerWaitCriticalSeconds: {
    default: 60,
    meaning: 'seconds that a client of PgBouncer waits for a server connection that are critical',
  },
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
  {
    name: 'PGDECK_HOST',
    default: '127.0.0.1',
    meaning: 'the address that pgdeck listens on; any but loopback needs PGDECK_AUTH, 0.0.0.0 and :: are all',
  },
  { name: 'PGDECK_PORT', default: '8432', meaning: 'the port that pgdeck listens on; wins over PORT' },
  { name: 'PORT', default: '8432', meaning: 'the port, where PGDECK_PORT is not set' },
  {
    name: 'PGDECK_AUTH',
    default: 'none',
    meaning: 'how people are recognised: password, oidc, proxy or embed; none only on loopback',
  },
  {
    name: 'PGDECK_ALLOW_UNAUTHENTICATED',
    default: '',
    meaning: 'read-only: everybody who reaches pgdeck may look, without query texts and actions; for closed networks',
  },
  {
    name: 'PGDECK_LOCAL_ROLE',
    default: 'admin',
    meaning: 'what may be done on loopback without sign-in: viewer, operator or admin',
  },
  {
    name: 'PGDECK_PUBLIC_URL',
    default: '',
    meaning:
      'the address that browsers use, scheme and host, such as https://pgdeck.example.net; needed where people sign in from other machines',
  },
  {
    name: 'PGDECK_BASE_PATH',
    default: '',
    meaning: 'the path that pgdeck is mounted at behind a reverse proxy, such as /pgdeck',
  },
  {
    name: 'PGDECK_ALLOWED_HOSTS',
    default: '',
    meaning: 'more values of the Host header that are taken, with their port, commas between',
  },
  {
    name: 'PGDECK_INSECURE_HTTP',
    default: '0',
    meaning: '1: sessions may travel over http://, unencrypted',
  },
  {
    name: 'PGDECK_ACTIONS',
    default: 'all without sign-in on loopback, otherwise off',
    meaning: 'which actions there are at all: off, safe (what an operator may do) or all',
  },
  {
    name: 'PGDECK_OPERATOR_QUERY_TEXT',
    default: '0',
    meaning: '1: operators may see the values in query texts, each look audited; otherwise only admins',
  },
  {
    name: 'PGDECK_SECRET',
    default: 'made at the first start, in PGDECK_STATE_DIR',
    meaning: 'the key of sessions and frames, at least 32 bytes; several pgdecks behind one address need the same',
  },
  {
    name: 'PGDECK_SESSION_EPOCH',
    default: '0',
    meaning: 'a whole number; another one than before signs everybody out',
  },
  {
    name: 'PGDECK_USERS',
    default: 'the users of pgdeck user',
    meaning: 'more users of password mode, as pgdeck user add --print gives them, spaces or commas between',
  },
  {
    name: 'PGDECK_TOKENS',
    default: 'the tokens of pgdeck token',
    meaning: 'more tokens for scripts, as pgdeck token create --print gives them, spaces or commas between',
  },
  {
    name: 'PGDECK_VIEWER_GROUPS',
    default: '',
    meaning: 'who is viewer with oidc and proxy: groups, user:NAME or * for everybody, commas between',
  },
  {
    name: 'PGDECK_OPERATOR_GROUPS',
    default: '',
    meaning: 'who is operator with oidc and proxy',
  },
  {
    name: 'PGDECK_ADMIN_GROUPS',
    default: '',
    meaning: 'who is admin with oidc and proxy',
  },
  {
    name: 'PGDECK_OIDC_ISSUER',
    default: '',
    meaning: 'the provider of OpenID Connect, exactly as it names itself',
  },
  {
    name: 'PGDECK_OIDC_CLIENT_ID',
    default: '',
    meaning: 'the id that the provider knows pgdeck by',
  },
  {
    name: 'PGDECK_OIDC_CLIENT_SECRET',
    default: '',
    meaning: 'the secret that the provider gave to pgdeck',
  },
  {
    name: 'PGDECK_OIDC_SCOPES',
    default: 'openid profile email',
    meaning: 'what pgdeck asks the provider for',
  },
  {
    name: 'PGDECK_OIDC_NAME_CLAIM',
    default: 'email',
    meaning: 'the claim with the name of somebody',
  },
  {
    name: 'PGDECK_OIDC_GROUPS_CLAIM',
    default: 'groups',
    meaning: 'the claim with the groups of somebody',
  },
  {
    name: 'PGDECK_PROXY_USER_HEADER',
    default: 'X-Forwarded-User',
    meaning: 'the header in which the proxy says who asks',
  },
  {
    name: 'PGDECK_PROXY_GROUPS_HEADER',
    default: '',
    meaning: 'the header in which the proxy says their groups, commas between',
  },
  {
    name: 'PGDECK_PROXY_SECRET',
    default: '',
    meaning: 'what the proxy sends as X-Pgdeck-Proxy-Secret, at least 32 bytes: the proof that it was the proxy',
  },
  {
    name: 'PGDECK_PROXY_JWT_HEADER',
    default: '',
    meaning: 'instead of the secret: the signed header that the proxy sends',
  },
  {
    name: 'PGDECK_PROXY_JWKS_URL',
    default: '',
    meaning: 'where the keys of the signed header are',
  },
  {
    name: 'PGDECK_PROXY_JWT_ISSUER',
    default: '',
    meaning: 'who signs the header, its iss',
  },
  {
    name: 'PGDECK_PROXY_JWT_AUDIENCE',
    default: '',
    meaning: 'for whom the header is signed, its aud',
  },
  {
    name: 'PGDECK_PROXY_JWT_NAME_CLAIM',
    default: 'email',
    meaning: 'the claim of the signed header with the name of somebody',
  },
  {
    name: 'PGDECK_PROXY_JWT_GROUPS_CLAIM',
    default: 'groups',
    meaning: 'the claim of the signed header with the groups of somebody',
  },
  {
    name: 'PGDECK_EMBED_ORIGINS',
    default: '',
    meaning: 'the portals that may show pgdeck in a frame: scheme, host and port, commas between',
  },
  {
    name: 'PGDECK_EMBED_ISSUER',
    default: '',
    meaning: 'the iss of the tokens that portals sign',
  },
  {
    name: 'PGDECK_EMBED_SECRET',
    default: '',
    meaning: 'the shared secret of tokens that are signed with HS256, at least 32 bytes',
  },
  {
    name: 'PGDECK_EMBED_PUBLIC_KEY',
    default: '',
    meaning: 'instead of the secret: the public key of tokens, as PEM',
  },
  {
    name: 'PGDECK_EMBED_ALGORITHM',
    default: 'EdDSA',
    meaning: 'how tokens are signed with the public key: EdDSA or ES256',
  },
  {
    name: 'PGDECK_EMBED_MAX_ROLE',
    default: 'viewer',
    meaning: 'the most that a token can give: viewer, operator or admin',
  },
  {
    name: 'PGDECK_EMBED_ACTIONS',
    default: '0',
    meaning: '1: actions can be run inside a frame; otherwise only in a window of their own',
  },
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
  {
    name: 'PGDECK_PGBOUNCER_URL',
    default: '',
    meaning: 'the admin console of the PgBouncer in front of the server, postgres://user:password@host:6432/pgbouncer',
  },
  { name: 'PGDECK_POOL_MIN', default: '1', meaning: 'connections for questions that are kept open to each server' },
  { name: 'PGDECK_POOL_MAX', default: '3', meaning: 'connections for questions at most to each server' },
  { name: 'PGDECK_POOL_TIMEOUT', default: '3', meaning: 'seconds that a question waits for a connection' },
  {
    name: 'PGDECK_POOL_RECYCLE',
    default: '3600',
    meaning: 'seconds after which a connection for questions is renewed',
  },
  { name: 'PGDECK_CACHE_LISTS_SECONDS', default: '30', meaning: 'seconds that lists to choose from are kept' },
  { name: 'PGDECK_CACHE_SETTINGS_SECONDS', default: '60', meaning: 'seconds that lists of settings are kept' },
  { name: 'PGDECK_CACHE_SCHEMA_SECONDS', default: '120', meaning: 'seconds that the columns of a table are kept' },
  { name: 'PGDECK_CACHE_DEFINITIONS_SECONDS', default: '300', meaning: 'seconds that definitions of objects are kept' },
  { name: 'PGDECK_CACHE_MAX_MB', default: '32', meaning: 'megabytes that may be kept of what is not sampled' },
  {
    name: 'PGDECK_LOG_STATEMENT_WARN_MS',
    default: '100',
    meaning: "milliseconds from which on a statement of pgdeck's own is logged as a warning",
  },
  {
    name: 'PGDECK_LOG_STATEMENT_ERROR_MS',
    default: '500',
    meaning: "milliseconds from which on a statement of pgdeck's own is logged as an error",
  },
  ...Object.entries(limitSettings).map(([key, { default: value, meaning }]) => ({
    name: limitName(key),
    default: String(value),
    meaning,
  })),
];
