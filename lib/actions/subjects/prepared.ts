import type { SubjectReader } from './subject';

/** Prepared transactions; each can only be ended in its own database. */
export const prepared: SubjectReader<'prepared'> = {
  read: ({ gid, prepared_us }, { role }) => ({
    text: `select /* pgdeck:prepared */ p.database, p.gid, p.gid as name, format('%L', p.gid) as quoted,
  p.transaction::text as transaction, p.owner,
  json_build_array(p.gid, p.transaction::text, extract(epoch from p.prepared), p.owner, p.database)::text as fingerprint,
  extract(epoch from clock_timestamp() - p.prepared)::float8 as age_seconds, age(p.transaction)::float8 as xmin_age,
  p.owner = $1::name or (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = $1::name) as may_finish
from pg_catalog.pg_prepared_xacts as p
where p.gid = $2 and (extract(epoch from p.prepared) * 1000000)::bigint = $3::bigint`,
    values: [role, gid, prepared_us],
  }),
  choices:
    () => `select /* pgdeck:choose-prepared */ p.gid as label, p.database || ', prepared by ' || p.owner as detail,
  json_build_object('kind', 'prepared', 'gid', p.gid,
    'prepared_us', (extract(epoch from p.prepared) * 1000000)::bigint::text) as target
from pg_catalog.pg_prepared_xacts as p
where strpos(lower(p.gid), $1) > 0
order by p.prepared limit $2::int`,
};
