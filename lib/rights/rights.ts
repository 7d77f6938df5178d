import { quoted } from '@/lib/identifier';

/** What a role is used for: asking questions, or carrying out actions. */
export type Use = 'reading' | 'acting';

/** What a grant is made for. */
export type GrantFor = { role: string; database: string; missing: string[] };

/** One thing that pgdeck's roles can be allowed, and what pgdeck lacks without it. */
export type Right = {
  id: string;
  use: Use;
  /** The lowest major version that has it. */
  from?: number;
  title: string;
  /** What it is needed for. */
  lets: string;
  /** What happens without it. */
  without: string;
  /** Only as good as somebody wants it: its lack is no fault. */
  optional?: true;
  /** SQL of type boolean; with `missing` the names of what is still lacking, as a text array. */
  has: string;
  missing?: string;
  grant(of: GrantFor): string;
};

const memberOf = (group: string) =>
  `exists (select from pg_catalog.pg_roles as r where r.rolname = '${group}' and pg_has_role(current_user, r.oid, 'usage'))`;
const mayRun = (procedure: string) =>
  `coalesce(has_function_privilege(current_user, to_regprocedure('pg_catalog.${procedure}'), 'execute'), false)`;
const grantGroup =
  (group: string) =>
  ({ role }: GrantFor) =>
    `grant ${group} to ${quoted(role)};`;
const grantRun =
  (...procedures: string[]) =>
  ({ role }: GrantFor) =>
    `grant execute on function ${procedures.map((name) => `pg_catalog.${name}`).join(', ')} to ${quoted(role)};`;

const unreachable = `select d.datname::text from pg_catalog.pg_database as d
    where d.datallowconn and not d.datistemplate and not has_database_privilege(d.oid, 'connect')`;
const strangers = `select distinct o.rolname::text from pg_catalog.pg_class as c
    join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
    join pg_catalog.pg_roles as o on o.oid = c.relowner
    where c.relkind in ('r', 'p', 'm') and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
      and not pg_has_role(current_user, c.relowner, 'usage')`;
const resetsStatements = `exists (select from pg_catalog.pg_proc as p
    join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_proc'::regclass and d.objid = p.oid and d.deptype = 'e'
    join pg_catalog.pg_extension as e on e.oid = d.refobjid and e.extname = 'pg_stat_statements'
    where p.proname = 'pg_stat_statements_reset' and has_function_privilege(p.oid, 'execute'))`;

/** Every right that pgdeck makes use of, in the order in which they are shown. */
export const rights: readonly Right[] = [
  {
    id: 'see-others',
    use: 'reading',
    title: 'See what other roles do',
    lets: 'Sessions, locks, statements and load of all roles',
    without: "Only the role's own sessions and statements are known; the verdict is at best unknown.",
    has: memberOf('pg_read_all_stats'),
    grant: grantGroup('pg_monitor'),
  },
  {
    id: 'see-settings',
    use: 'reading',
    title: 'See every setting',
    lets: 'Changes of settings that only superusers see otherwise',
    without: 'Settings that are kept from ordinary roles are not followed.',
    has: memberOf('pg_read_all_settings'),
    grant: grantGroup('pg_monitor'),
  },
  {
    id: 'cluster',
    use: 'reading',
    title: 'Know the cluster by its identity',
    lets: 'A history that is not continued with another cluster under the same address',
    without: 'pgdeck cannot tell another cluster from this one.',
    has: mayRun('pg_control_system()'),
    grant: grantRun('pg_control_system()'),
  },
  {
    id: 'connect',
    use: 'reading',
    title: 'Connect to every database',
    lets: 'Tables and indexes of each database',
    without: 'The tables and indexes of these databases are not seen.',
    has: `not exists (${unreachable})`,
    missing: unreachable,
    grant: ({ role, missing }) =>
      missing.map((name) => `grant connect on database ${quoted(name)} to ${quoted(role)};`).join('\n'),
  },
  {
    id: 'statements',
    use: 'reading',
    title: 'pg_stat_statements in its database',
    lets: 'Statements, Compare, and what pgdeck itself costs',
    without: 'Which statements take the time is not known.',
    has: `exists (select from pg_catalog.pg_extension as e where e.extname = 'pg_stat_statements')`,
    grant: ({ database }) =>
      `-- in database ${quoted(database)}, after shared_preload_libraries = 'pg_stat_statements' and a restart\ncreate extension if not exists pg_stat_statements;`,
  },
  {
    id: 'reserved',
    use: 'reading',
    from: 16,
    optional: true,
    title: 'A reserved connection slot',
    lets: 'Connecting when all slots are taken (reserved_connections above 0)',
    without: 'When all slots are taken pgdeck goes on only with connections that are open.',
    has: memberOf('pg_use_reserved_connections'),
    grant: grantGroup('pg_use_reserved_connections'),
  },
  {
    id: 'recognise',
    use: 'acting',
    title: 'Recognise sessions of other roles',
    lets: 'Cancel, terminate: the session is compared with the one that was shown',
    without: 'Sessions of other roles are not signalled at all.',
    has: memberOf('pg_read_all_stats'),
    grant: grantGroup('pg_monitor'),
  },
  {
    id: 'signal',
    use: 'acting',
    title: 'Signal sessions of other roles',
    lets: 'Cancel, terminate (never those of superusers)',
    without: "Only the role's own sessions can be cancelled and terminated.",
    has: memberOf('pg_signal_backend'),
    grant: grantGroup('pg_signal_backend'),
  },
  {
    id: 'maintain',
    use: 'acting',
    from: 17,
    title: 'Maintain every table',
    lets: 'VACUUM, ANALYZE, REINDEX of all tables',
    without: 'Only tables that it owns can be maintained.',
    has: memberOf('pg_maintain'),
    grant: grantGroup('pg_maintain'),
  },
  {
    id: 'own',
    use: 'acting',
    optional: true,
    title: 'Act as the owner of tables',
    lets: 'Indexes, partitions, constraints, storage parameters; below PostgreSQL 17 also VACUUM, ANALYZE and REINDEX',
    without: 'Tables of these owners cannot be changed.',
    has: `not exists (${strangers})`,
    missing: strangers,
    grant: ({ role, missing }) => missing.map((owner) => `grant ${quoted(owner)} to ${quoted(role)};`).join('\n'),
  },
  {
    id: 'checkpoint',
    use: 'acting',
    from: 15,
    optional: true,
    title: 'Checkpoint',
    lets: 'CHECKPOINT',
    without: 'PostgreSQL refuses it.',
    has: memberOf('pg_checkpoint'),
    grant: grantGroup('pg_checkpoint'),
  },
  {
    id: 'reset-statements',
    use: 'acting',
    optional: true,
    title: 'Begin the figures of statements anew',
    lets: 'pg_stat_statements_reset, in the database that has the extension',
    without: 'PostgreSQL refuses it.',
    has: resetsStatements,
    grant: ({ role }) => `grant execute on function pg_stat_statements_reset to ${quoted(role)};`,
  },
  {
    id: 'reset-statistics',
    use: 'acting',
    optional: true,
    title: 'Begin statistics anew',
    lets: 'pg_stat_reset and its relatives, in this database',
    without: 'PostgreSQL refuses it.',
    has: `${mayRun('pg_stat_reset()')} and ${mayRun('pg_stat_reset_single_table_counters(oid)')} and ${mayRun('pg_stat_reset_shared(text)')}`,
    grant: grantRun('pg_stat_reset()', 'pg_stat_reset_single_table_counters(oid)', 'pg_stat_reset_shared(text)'),
  },
  {
    id: 'reload',
    use: 'acting',
    optional: true,
    title: 'Reload the configuration',
    lets: 'Settings: none is written by a role that may not reload',
    without: 'No setting is written. From PostgreSQL 15 each setting also needs a grant of its own.',
    has: mayRun('pg_reload_conf()'),
    grant: grantRun('pg_reload_conf()'),
  },
  {
    id: 'create',
    use: 'acting',
    optional: true,
    title: 'Create in its database',
    lets: 'Trusted extensions',
    without: 'Extensions cannot be created.',
    has: `has_database_privilege(current_database(), 'create')`,
    grant: ({ role, database }) => `grant create on database ${quoted(database)} to ${quoted(role)};`,
  },
  {
    id: 'switch-wal',
    use: 'acting',
    optional: true,
    title: 'Begin a new WAL file',
    lets: 'pg_switch_wal',
    without: 'PostgreSQL refuses it.',
    has: mayRun('pg_switch_wal()'),
    grant: grantRun('pg_switch_wal()'),
  },
  {
    id: 'replication',
    use: 'acting',
    optional: true,
    title: 'Replication attribute',
    lets: 'Dropping replication slots',
    without: 'PostgreSQL refuses it.',
    has: '(select r.rolreplication or r.rolsuper from pg_catalog.pg_roles as r where r.rolname = current_user)',
    grant: ({ role }) => `alter role ${quoted(role)} replication;`,
  },
];

/** The rights of a use that a major version knows. */
export function rightsOf(use: Use, major: number): Right[] {
  return rights.filter((right) => right.use === use && major >= (right.from ?? 0));
}

/** One statement that tells which of the rights the current role has. */
export function rightsSql(use: Use, major: number): string {
  const lines = rightsOf(use, major).flatMap(({ id, has, missing }) => [
    `  ${has} as "${id}"`,
    ...(missing ? [`  array(${missing} order by 1 limit 20) as "missing:${id}"`] : []),
  ]);
  return `select /* pgdeck:rights */ current_user::text as role, current_database()::text as database,
  current_setting('is_superuser') = 'on' as superuser,\n${lines.join(',\n')}`;
}
