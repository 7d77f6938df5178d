import type { Refusal } from '../action';

/** Why an INVALID index in somebody's hands is left alone. */
export function beingBuilt({ quoted, builder }: { quoted: string; builder: string | null }): Refusal {
  return { code: 'being_built', message: `${quoted} ${builder}: look again when that has ended.` };
}

/**
 * SQL: who builds an index now, or holds it locked as building and dropping do, as the rest of a sentence that begins with
 * its name; null where nobody is seen. `index` and `table` are expressions of OIDs.
 */
export function builderOf(index: string, table: string): string {
  // Whose progress is hidden from the role still shows that it builds, and that it holds the table.
  return `(select case when w.builds then 'is being built now by ' else 'is locked, as by building or dropping it, by ' end
    || case when a.application_name ~ '^pgdeck:act:' then 'pgdeck (run ' || substr(a.application_name, 12) || ')'
      else 'session ' || a.pid || ' (' || concat_ws(', ', nullif(a.application_name, ''), 'role ' || pg_get_userbyid(a.usesysid)) || ')' end
  from (select g.pid, true as builds from pg_catalog.pg_stat_get_progress_info('CREATE INDEX') as g
      where g.param7 = ${index}::bigint
        or (g.param7 is null and exists (select from pg_catalog.pg_locks as l where l.pid = g.pid and l.locktype = 'relation' and l.granted
          and l.relation = ${table} and l.mode = 'ShareUpdateExclusiveLock'
          and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())))
    union all
    select l.pid, false from pg_catalog.pg_locks as l
      where l.locktype = 'relation' and l.granted and l.relation = ${index} and l.mode = 'ShareUpdateExclusiveLock'
        and l.database = (select d.oid from pg_catalog.pg_database as d where d.datname = current_database())) as w
  join pg_catalog.pg_stat_get_activity(null) as a on a.pid = w.pid
  where a.pid <> pg_backend_pid()
  order by w.builds desc, a.pid limit 1)`;
}
