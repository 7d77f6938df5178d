import { quoted } from '@/lib/identifier';
import type { Known, Lookup, Raw } from './topic';

const present = (value: unknown): value is string | number => value !== null && value !== undefined && value !== 0;

/** The distinct values of some columns of some rows, as lookup keys; nulls and OID 0 are left out. */
export function keysOf(rows: Raw[], ...columns: string[]): Set<string> {
  const keys = new Set<string>();
  for (const row of rows) for (const column of columns) if (present(row[column])) keys.add(String(row[column]));
  return keys;
}

/** Names and limits of databases by OID; each topic that shows `datname` uses it, so that pg_database is read rarely. */
export const databaseNames: Lookup = {
  id: 'database-names',
  shared: true,
  everySeconds: 60,
  keys: (rows) => keysOf(rows, 'datid'),
  sql: {
    14: `select /* pgdeck:database-names */ d.oid::text as key, d.datname::text as datname, d.datconnlimit
from pg_catalog.pg_database as d
where d.oid = any($1::text[]::oid[])`,
  },
};

/** Names and limits of roles by OID; each topic that shows `usename` uses it, so that pg_authid is read rarely. */
export const roleNames: Lookup = {
  id: 'role-names',
  shared: true,
  everySeconds: 60,
  keys: (rows) => keysOf(rows, 'usesysid', 'own_usesysid'),
  sql: {
    14: `select /* pgdeck:role-names */ r.oid::text as key, r.rolname::text as rolname, r.rolconnlimit, r.rolsuper
from pg_catalog.pg_roles as r
where r.oid = any($1::text[]::oid[])`,
  },
};

/** Schemas by OID. */
export const schemaNames: Lookup = {
  id: 'schema-names',
  shared: false,
  everySeconds: 300,
  keys: (rows) => keysOf(rows, 'relnamespace'),
  sql: {
    14: `select /* pgdeck:schema-names */ n.oid::text as key, n.nspname::text as nspname
from pg_catalog.pg_namespace as n
where n.oid = any($1::text[]::oid[])`,
  },
};

/** Relations by OID, with the table that an index or TOAST table belongs to; the keys are the topic's to choose. */
export const relationNames: Lookup = {
  id: 'relation-names',
  shared: false,
  everySeconds: 60,
  keys: (rows) =>
    keysOf(
      rows.filter((row) => row.in_own_database),
      'relation',
    ),
  sql: {
    14: `select /* pgdeck:relation-names */ c.oid::text as key, n.nspname::text as nspname, c.relname::text as relname,
  c.relkind::text as relkind
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = any($1::text[]::oid[])`,
  },
};

/** The name of a database, or null for none or an unknown one. */
export function datname(known: Known, datid: unknown): string | null {
  return present(datid) ? ((known(databaseNames, datid)?.datname as string | undefined) ?? `database ${datid}`) : null;
}

/** The name of a role, or null for none. */
export function usename(known: Known, usesysid: unknown): string | null {
  return present(usesysid) ? ((known(roleNames, usesysid)?.rolname as string | undefined) ?? `role ${usesysid}`) : null;
}

/** A relation as `schema.name` quoted as PostgreSQL would, or `relation 16402` where the name is not known. */
export function relationName(known: Known, oid: unknown): string | null {
  if (!present(oid)) return null;
  const builtIn = catalogs[Number(oid)];
  if (builtIn) return `pg_catalog.${builtIn}`;
  const relation = known(relationNames, oid);
  return relation ? `${quoted(relation.nspname)}.${quoted(relation.relname)}` : `relation ${oid}`;
}

/** Catalogs by OID: under a lock on pg_class it cannot be asked for its own name. */
export const catalogs: Readonly<Record<number, string>> = {
  826: 'pg_default_acl',
  1213: 'pg_tablespace',
  1214: 'pg_shdepend',
  1247: 'pg_type',
  1249: 'pg_attribute',
  1255: 'pg_proc',
  1259: 'pg_class',
  1260: 'pg_authid',
  1261: 'pg_auth_members',
  1262: 'pg_database',
  2224: 'pg_sequence',
  2396: 'pg_shdescription',
  2600: 'pg_aggregate',
  2601: 'pg_am',
  2604: 'pg_attrdef',
  2606: 'pg_constraint',
  2608: 'pg_depend',
  2609: 'pg_description',
  2610: 'pg_index',
  2611: 'pg_inherits',
  2615: 'pg_namespace',
  2616: 'pg_opclass',
  2617: 'pg_operator',
  2618: 'pg_rewrite',
  2619: 'pg_statistic',
  2620: 'pg_trigger',
  2964: 'pg_db_role_setting',
  3079: 'pg_extension',
  3381: 'pg_statistic_ext',
};
