/**
 * Whether somebody holds or awaits a lock on a table that even readers wait for: to ask for the definition of what belongs
 * to it would wait too.
 */
export function lockedAway(
  table: string,
  database = '(select d.oid from pg_catalog.pg_database as d where d.datname = current_database())',
): string {
  return `exists (select from pg_catalog.pg_locks as l where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
    and l.relation = ${table} and l.database = ${database})`;
}
