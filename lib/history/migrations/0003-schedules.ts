import type { Migration } from './index';

/**
 * Actions that are run at times, and copies of the audit's lines for fleets: small tables that one place keeps, for a due
 * schedule is taken with a row lock. What people wrote stands in texts, where any character may be.
 */
export const migration: Migration = {
  version: 3,
  name: 'schedules',
  locals: [
    {
      name: 'schedule',
      columns: `(
  id text primary key,
  server text not null, cluster text not null,
  title text not null, cron text not null, time_zone text not null,
  body text not null, subject text not null, confirm text not null,
  enabled bool not null, created_by text not null, created_at timestamptz not null,
  due timestamptz,
  holder text, held_at timestamptz, run_id text,
  last_at timestamptz, last_status text, last_message text, last_run text,
  missed int4 not null, missed_at timestamptz
)`,
    },
    {
      name: 'audit_copy',
      columns: `(
  trail text not null, seq int8 not null, instance text not null,
  ts timestamptz not null, event text not null, server text, action text, user_name text, status text, run_id text,
  searched text not null, line text not null,
  primary key (trail, seq)
)`,
    },
  ],
  sql: [
    'create index if not exists audit_copy_ts on pgdeck.audit_copy (ts)',
    'create index if not exists audit_copy_run_id on pgdeck.audit_copy (run_id)',
  ],
};
