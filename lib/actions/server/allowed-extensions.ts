/**
 * Extensions that pgdeck creates, updates and drops: those that look into the server, and types, index methods and
 * functions that work on data alone. None that runs commands, writes files, changes pages, or is a language.
 */
export const allowedExtensions: readonly string[] = [
  'amcheck',
  'bloom',
  'btree_gin',
  'btree_gist',
  'citext',
  'cube',
  'earthdistance',
  'fuzzystrmatch',
  'hstore',
  'hypopg',
  'intarray',
  'isn',
  'ltree',
  'pageinspect',
  'pg_buffercache',
  'pg_freespacemap',
  'pg_logicalinspect',
  'pg_prewarm',
  'pg_qualstats',
  'pg_stat_kcache',
  'pg_stat_statements',
  'pg_trgm',
  'pg_visibility',
  'pg_wait_sampling',
  'pg_walinspect',
  'pgcrypto',
  'pgrowlocks',
  'pgstattuple',
  'postgres_fdw',
  'seg',
  'tablefunc',
  'tsm_system_rows',
  'tsm_system_time',
  'unaccent',
  'uuid-ossp',
  'vector',
];

const allowed = new Set(allowedExtensions);

/** Whether pgdeck creates, updates and drops an extension. */
export function mayBeInstalled(name: string): boolean {
  return allowed.has(name);
}

/** Extensions that only work when their library is loaded at the start of the server, with a setting that then exists. */
export const preloadedBy: Readonly<Record<string, string>> = {
  pg_qualstats: 'pg_qualstats.enabled',
  pg_stat_kcache: 'pg_stat_kcache.linux_hz',
  pg_stat_statements: 'pg_stat_statements.max',
  pg_wait_sampling: 'pg_wait_sampling.history_size',
};
