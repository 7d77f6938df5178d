import { quoted } from '@/lib/identifier';
import type { Requirement, Variants } from '@/lib/topics/topic';
import type { Problem } from './errors';

/** What a server is and what pgdeck's role may see there. */
export type Capabilities = {
  versionNum: number;
  major: number;
  version: string;
  inRecovery: boolean;
  /** Microseconds since the epoch, as text: the identity of one run of the server. */
  postmasterStart: string;
  /** The cluster's identity; null where pg_control_system() may not be read. */
  systemIdentifier: string | null;
  role: string;
  superuser: boolean;
  database: string;
  databases: string[];
  extensions: ReadonlyMap<string, { schema: string; version: string }>;
  /** Predefined roles whose rights pgdeck's role has. */
  grants: ReadonlySet<string>;
  settings: ReadonlyMap<string, string>;
  pooled: boolean;
  encrypted: boolean;
};

/** The sign of life: functions that read no catalog, so that no lock stands in its way. */
export const heartbeatSql = `select /* pgdeck:heartbeat */ pg_is_in_recovery() as in_recovery,
  (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint::text as postmaster_start`;

/** The identity of the server, from functions only: it answers under any catalog lock. */
export const identitySql = `select /* pgdeck:identity */
  current_setting('server_version_num')::int as version_num,
  current_setting('server_version') as version,
  pg_is_in_recovery() as in_recovery,
  (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint::text as postmaster_start,
  current_setting('is_superuser') = 'on' as superuser,
  current_user::text as role,
  current_database()::text as database`;

/** Extensions, databases, grants and settings; reads catalogs. */
export const catalogSql = `select /* pgdeck:capabilities */
  (select json_agg(json_build_object('name', e.extname, 'schema', quote_ident(n.nspname), 'version', e.extversion))
     from pg_catalog.pg_extension as e join pg_catalog.pg_namespace as n on n.oid = e.extnamespace) as extensions,
  (select json_agg(d.datname order by d.datname) from pg_catalog.pg_database as d
    where d.datallowconn and not d.datistemplate and has_database_privilege(d.oid, 'connect')) as databases,
  (select json_agg(r.rolname) from pg_catalog.pg_roles as r
    where r.rolname in ('pg_monitor', 'pg_read_all_stats', 'pg_read_all_settings', 'pg_signal_backend', 'pg_maintain',
                        'pg_checkpoint', 'pg_use_reserved_connections')
      and pg_has_role(current_user, r.oid, 'usage')) as grants,
  (select json_object_agg(s.name, s.setting) from pg_catalog.pg_settings as s
    where s.name in ('max_connections', 'superuser_reserved_connections', 'reserved_connections', 'track_activities',
                     'track_counts', 'track_io_timing', 'track_activity_query_size', 'autovacuum', 'shared_preload_libraries')
  ) as settings`;

export const systemIdentifierSql = `select /* pgdeck:cluster */ system_identifier::text as system_identifier
  from pg_catalog.pg_control_system()`;

const extensionMajors: Record<string, [version: string, major: number][]> = {
  pg_stat_statements: [
    ['1.12', 18],
    ['1.11', 17],
    ['1.10', 15],
    ['1.9', 14],
  ],
};

const atLeast = (version: string, least: string) => {
  const [a = 0, b = 0] = version.split('.').map(Number);
  const [c = 0, d = 0] = least.split('.').map(Number);
  return a > c || (a === c && b >= d);
};

/** The oldest major version that pgdeck asks. */
export const oldestMajor = 14;

/**
 * The text to send for a topic: the greatest variant ≤ the server's major, lowered to what an installed extension
 * knows, with `@extschema:name@` filled in; undefined when nothing fits.
 */
export function statementFor(sql: Variants, requires: Requirement[], server: Capabilities): string | undefined {
  let major = server.major;
  for (const requirement of requires) {
    if (!('extension' in requirement)) continue;
    const installed = server.extensions.get(requirement.extension);
    const known = extensionMajors[requirement.extension]?.find(([version]) =>
      atLeast(installed?.version ?? '0', version),
    );
    major = Math.min(major, known?.[1] ?? 0);
  }
  const variant = Object.keys(sql)
    .map(Number)
    .filter((lowest) => lowest <= major)
    .sort((a, b) => b - a)[0];
  if (variant === undefined) return undefined;
  return sql[variant]?.replace(/@extschema:(\w+)@/g, (_, name) => server.extensions.get(name)?.schema ?? 'public');
}

/** Why a server cannot answer a topic at all; undefined when it can. */
export function missing(requires: Requirement[], server: Capabilities): Problem | undefined {
  if (server.major < oldestMajor)
    return {
      reason: 'version',
      sentence: `The server is PostgreSQL ${server.version}; pgdeck asks ${oldestMajor} and newer.`,
      hint: `Upgrade the server: PostgreSQL ${server.major} no longer gets fixes.`,
    };
  for (const requirement of requires) {
    if ('extension' in requirement) {
      const installed = server.extensions.get(requirement.extension);
      if (!installed)
        return {
          reason: 'extension',
          sentence: `The extension ${requirement.extension} is not installed in database ${server.database}.`,
          hint: `Add ${requirement.extension} to shared_preload_libraries and restart if it is not there yet, then create it in database ${server.database}.`,
          fixSql: `create extension if not exists ${requirement.extension};`,
        };
      const oldest = extensionMajors[requirement.extension]?.at(-1)?.[0];
      if (oldest && !atLeast(installed.version, oldest))
        return {
          reason: 'extension',
          sentence: `The extension ${requirement.extension} is version ${installed.version}, older than ${oldest}.`,
          hint: 'Bring it to the version of the server.',
          fixSql: `alter extension ${requirement.extension} update;`,
        };
    }
    if ('privilege' in requirement && !server.superuser && !server.grants.has(requirement.privilege))
      return {
        reason: 'privilege',
        sentence: `Role ${server.role} may not see what other roles do, so this stays unknown.`,
        hint: 'As a superuser, run the statement below; pg_monitor includes pg_read_all_stats.',
        fixSql: `grant pg_monitor to ${quoted(server.role)};`,
      };
    if ('setting' in requirement) {
      const value = server.settings.get(requirement.setting);
      if (value !== undefined && value !== requirement.value)
        return {
          reason: 'setting',
          sentence: `${requirement.setting} is ${value} on this server.`,
          hint: 'As a superuser, run the statement below.',
          fixSql: `alter system set ${requirement.setting} = '${requirement.value}'; select pg_reload_conf();`,
        };
    }
  }
  return undefined;
}
