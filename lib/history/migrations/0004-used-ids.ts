import type { Migration } from './index';

/** Ids that no pgdeck on this store takes any more: sessions that were ended, tokens that may be used once; by their hash. */
export const migration: Migration = {
  version: 4,
  name: 'used ids',
  locals: [{ name: 'used_id', columns: '(id text primary key, expires_at timestamptz not null)' }],
};
