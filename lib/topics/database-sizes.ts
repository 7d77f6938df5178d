import { z } from 'zod';
import { identity, maybeBytes, maybeSeconds, text } from './column';
import { keysOf } from './lookups';
import { defineTopic, type Lookup } from './topic';

/** Sizes of databases by OID; `asked_at` is the server's clock then (epoch seconds). Reading one walks its files. */
export const databaseSizes: Lookup = {
  id: 'database-sizes',
  shared: true,
  everySeconds: 290,
  keys: (rows) => keysOf(rows, 'datid'),
  sql: {
    14: `select /* pgdeck:database-size */ d.oid::text as key, extract(epoch from clock_timestamp())::float8 as asked_at,
  case when has_database_privilege(d.oid, 'connect') or pg_has_role('pg_read_all_stats', 'usage')
    then pg_database_size(d.oid)::float8 end as size_bytes
from pg_catalog.pg_database as d
where d.oid = any($1::text[]::oid[])`,
  },
};

/** How large each database is on disk. */
export const databaseSizesTopic = defineTopic({
  id: 'database-sizes',
  title: 'Database sizes',
  summary: 'Bytes of the files of each database.',
  scope: 'server',
  cadenceSeconds: 300,
  requires: [],
  sources: ['pg_database_size()'],
  always: true,
  slow: true,
  sql: {
    14: `select /* pgdeck:database-sizes */ d.oid as datid, d.datname::text as datname,
  extract(epoch from clock_timestamp())::float8 as now
from pg_catalog.pg_database as d
where d.datallowconn and not d.datistemplate
order by d.oid`,
  },
  lookups: [databaseSizes],
  join: (rows, known) => ({
    rows: rows.map((row) => {
      const size = known(databaseSizes, row.datid);
      return {
        ...row,
        size_bytes: size?.size_bytes ?? null,
        size_age_seconds: size ? Math.max(0, Number(row.now) - Number(size.asked_at)) : null,
      };
    }),
  }),
  row: z.object({
    datid: identity('OID of the database.'),
    datname: text('Name of the database.'),
    size_bytes: maybeBytes('Size of its files; null where this role may not read it.'),
    size_age_seconds: maybeSeconds('Age of that size.'),
  }),
  key: ['datid'],
  databaseColumn: 'datname',
});
