import type { Problem } from '@/lib/postgres/errors';

/** Why there are no figures of a PgBouncer that nobody told pgdeck of. */
export const notConfigured: Problem = {
  reason: 'setting',
  sentence: 'pgdeck knows of no PgBouncer before this server.',
  hint: 'Name its console in pgdeck.config.json: "pgbouncerUrl": "postgresql://USER:PASSWORD@HOST:6432/pgbouncer", with a user of its stats_users or admin_users.',
};
