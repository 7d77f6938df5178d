import { z } from 'zod';
import { maybeFlag, maybeText, text } from './column';
import { withoutSecrets } from './secrets';
import { defineTopic } from './topic';

/** Settings that are about this session, or that follow from others or from the server's role. */
const passing = [
  'application_name',
  'client_encoding',
  'huge_pages_status',
  'in_hot_standby',
  'is_superuser',
  'num_os_semaphores',
  'role',
  'seed',
  'server_version_num',
  'session_authorization',
  'shared_memory_size',
  'shared_memory_size_in_huge_pages',
  'transaction_deferrable',
  'transaction_isolation',
  'transaction_read_only',
];

const adminOption = ` || case when bool_or(m.admin_option) then ' with admin option' else '' end`;

/**
 * Settings are read at the value that RESET would bring: pgdeck's sessions have values of their own for some. What such a
 * session was started with, or what its role or database was given, hides the server's value, and is left out.
 */
const sql = (
  memberOptions: string,
) => `select /* pgdeck:configuration */ 'setting' as kind, s.name, s.reset_val as value,
  s.unit, nullif(s.source, 'session') as source, s.pending_restart
from pg_catalog.pg_settings as s
where s.source not in ('client', 'database', 'user', 'database user', 'interactive')
  and s.name <> all('{${passing.join(',')}}'::text[])
union all
select 'role_setting', concat_ws(' ', case when r.setrole <> 0 then 'role ' || coalesce(o.rolname, r.setrole::text) end,
    case when r.setdatabase <> 0 then 'database ' || coalesce(d.datname, r.setdatabase::text) end,
    case when r.setrole = 0 and r.setdatabase = 0 then 'all roles' end) || ': ' || split_part(c.entry, '=', 1),
  substr(c.entry, strpos(c.entry, '=') + 1), null, null, null
from pg_catalog.pg_db_role_setting as r
cross join lateral unnest(r.setconfig) as c (entry)
left join pg_catalog.pg_roles as o on o.oid = r.setrole
left join pg_catalog.pg_database as d on d.oid = r.setdatabase
union all
select 'role', o.rolname, concat_ws(', ', case when o.rolcanlogin then 'login' else 'no login' end,
    case when o.rolsuper then 'superuser' end, case when o.rolcreaterole then 'createrole' end,
    case when o.rolcreatedb then 'createdb' end, case when o.rolreplication then 'replication' end,
    case when o.rolbypassrls then 'bypassrls' end, case when not o.rolinherit then 'noinherit' end,
    case when o.rolconnlimit >= 0 then 'connection limit ' || o.rolconnlimit end,
    case when o.rolvaliduntil is not null then 'valid until ' || to_char(o.rolvaliduntil at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS "UTC"') end,
    (select string_agg(granted.words, ', ' order by granted.words)
      from (
        select 'in ' || g.rolname${memberOptions} as words
        from pg_catalog.pg_auth_members as m
        join pg_catalog.pg_roles as g on g.oid = m.roleid
        where m.member = o.oid
        group by g.rolname
      ) as granted)),
  null, null, null
from pg_catalog.pg_roles as o
where o.oid >= 16384 or o.rolname !~ '^pg_'
union all
select 'database', d.datname, concat_ws(', ', 'owner ' || coalesce(o.rolname, d.datdba::text),
    pg_encoding_to_char(d.encoding), d.datcollate, case when not d.datallowconn then 'no connections' end,
    case when d.datconnlimit >= 0 then 'connection limit ' || d.datconnlimit end,
    case when d.datistemplate then 'template' end),
  null, null, null
from pg_catalog.pg_database as d
left join pg_catalog.pg_roles as o on o.oid = d.datdba
where d.datname not in ('template0', 'template1')`;

/** Settings of the server and of roles and databases, roles with their memberships, and databases. */
export const configuration = defineTopic({
  id: 'configuration',
  title: 'Configuration',
  summary: 'Settings of the server, settings of roles and databases, roles with their memberships, and databases.',
  scope: 'server',
  cadenceSeconds: 60,
  requires: [],
  sources: ['pg_settings', 'pg_db_role_setting', 'pg_roles', 'pg_auth_members', 'pg_database'],
  always: 'history',
  slow: true,
  sql: {
    14: sql(adminOption),
    16: sql(`${adminOption}
          || case when bool_or(m.inherit_option) then '' else ' without inherit' end
          || case when bool_or(m.set_option) then '' else ' without set' end`),
  },
  join: (rows) => ({
    rows: rows.map((row) => ({ ...row, value: withoutSecrets(String(row.name), row.value as string | null) })),
  }),
  row: z.object({
    kind: text('setting, role_setting (of a role, a database or both), role or database.'),
    name: text('Name; of a role_setting: whose it is, a colon, and the setting.'),
    value: maybeText('Value as the server keeps it; attributes and memberships of a role. Secrets are struck out.'),
    unit: maybeText('Unit of the value; 8kB: blocks. Null: it has none.'),
    source: maybeText('Where the value of a setting comes from.'),
    pending_restart: maybeFlag('A new value of a setting waits for a restart.'),
  }),
  key: ['kind', 'name'],
});
