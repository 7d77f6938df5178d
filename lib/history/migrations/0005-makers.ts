import type { Migration } from './index';

/** Who made a schedule, as JSON, so that what they may do can be looked up again; null where it was made before people signed in. */
export const migration: Migration = {
  version: 5,
  name: 'makers of schedules',
  sql: ['alter table pgdeck.schedule add column if not exists maker text'],
};
