import type { Claim } from '../action';
import { type Bound, boundSql, misfit, parseBound, provenBound } from './bound';
import { clash, isEmpty } from './bound-overlap';

/** A relation that a statement also locks. */
export type Locked = { oid: number; quoted: string; pages: number };

/** What the actions on partitions read of a partitioned table. */
export type Parent = {
  oid: number;
  name: string;
  schema: string;
  quoted: string;
  quoted_schema: string;
  /** `r` range, `l` list, `h` hash. */
  strategy: string;
  /** `RANGE (created_at)` */
  key: string;
  /** Types of the key's columns; null for an expression. */
  key_types: (string | null)[];
  /** The default partition and what is below it; empty where there is none. */
  defaults: Locked[];
  owner: string;
  quoted_owner: string;
  persistence: string;
  quoted_tablespace: string | null;
  quoted_method: string | null;
  owns: boolean;
  may_create: boolean;
  /** The role may give a table to the owner. */
  may_give: boolean;
  /** Whether foreign keys lead from it, and to it. */
  referencing: boolean;
  referenced: boolean;
};

/** The columns of `Parent` for the partitioned table `c` of schema `n` with key `p`; the acting role is `$1`. */
export const parentColumns = `c.oid, c.relname as name, n.nspname as schema, format('%I.%I', n.nspname, c.relname) as quoted,
  format('%I', n.nspname) as quoted_schema, p.partstrat::text as strategy, pg_get_partkeydef(c.oid) as key,
  (select json_agg(case when k.attnum <> 0 then format_type(a.atttypid, null) end order by k.place)
    from unnest(p.partattrs::int2[]) with ordinality as k(attnum, place)
    left join pg_catalog.pg_attribute as a on a.attrelid = c.oid and a.attnum = k.attnum) as key_types,
  coalesce((select json_agg(json_build_object('oid', r.oid::bigint, 'quoted', format('%I.%I', s.nspname, r.relname), 'pages', r.relpages) order by t.level, r.oid)
    from pg_catalog.pg_partition_tree(nullif(p.partdefid, 0)) as t
    join pg_catalog.pg_class as r on r.oid = t.relid
    join pg_catalog.pg_namespace as s on s.oid = r.relnamespace), '[]') as defaults,
  pg_get_userbyid(c.relowner) as owner, format('%I', pg_get_userbyid(c.relowner)) as quoted_owner,
  c.relpersistence::text as persistence,
  (select format('%I', t.spcname) from pg_catalog.pg_tablespace as t where t.oid = c.reltablespace) as quoted_tablespace,
  (select format('%I', m.amname) from pg_catalog.pg_am as m where m.oid = c.relam) as quoted_method,
  pg_has_role($1::name, c.relowner, 'usage') as owns, has_schema_privilege($1::name, n.oid, 'create') as may_create,
  pg_has_role($1::name, c.relowner, 'member') and has_schema_privilege(c.relowner, n.oid, 'create') as may_give,
  exists (select from pg_catalog.pg_constraint as f where f.conrelid = c.oid and f.contype = 'f') as referencing,
  exists (select from pg_catalog.pg_constraint as f where f.confrelid = c.oid and f.contype = 'f') as referenced`;

/** A partition with its bound as pg_get_expr() gives it. */
export type Sibling = { quoted: string; bound: string | null };

/** The newest partitions of the partitioned table `c`, enough to find what most often overlaps. */
export const siblingsColumn = `coalesce((select json_agg(json_build_object('quoted', x.quoted, 'bound', x.bound)) from (
    select format('%I.%I', s.nspname, r.relname) as quoted, pg_get_expr(r.relpartbound, 0) as bound
    from pg_catalog.pg_inherits as h
    join pg_catalog.pg_class as r on r.oid = h.inhrelid
    join pg_catalog.pg_namespace as s on s.oid = r.relnamespace
    where h.inhparent = c.oid order by r.oid desc limit 500) as x), '[]') as siblings`;

/** Where the columns are read from. */
export const parentFrom = `pg_catalog.pg_partitioned_table as p
join pg_catalog.pg_class as c on c.oid = p.partrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace`;

/** Why a table does not get a partition with this bound; undefined where it may. */
export function boundRefusal(
  parent: Parent & { siblings: Sibling[] },
  bound: Bound,
): { code: string; message: string } | undefined {
  const why = misfit(bound, parent.strategy, parent.key_types) ?? provenBound(bound);
  if (why) return { code: 'bad_bound', message: `${parent.quoted} cannot have this partition: ${why}.` };
  if (isEmpty(bound, parent.key_types))
    return { code: 'bad_bound', message: `No row can be in this partition: ${boundSql(bound)} is empty (42P17).` };
  const [held] = parent.defaults;
  return bound.by === 'default' && held
    ? { code: 'nothing_to_do', message: `${parent.quoted} has a default partition already: ${held.quoted}.` }
    : undefined;
}

/** Why a table that has these partitions surely does not get another one with this bound. */
export function overlapRefusal(
  parent: Parent & { siblings: Sibling[] },
  bound: Bound,
): { code: string; message: string } | undefined {
  for (const { quoted, bound: told } of parent.siblings) {
    const taken = told === null ? undefined : parseBound(told);
    const why = taken && clash(bound, taken, parent.key_types);
    if (why)
      return {
        code: 'overlaps',
        message: `${parent.quoted} cannot have this partition: ${quoted} ${why} (${told}), and PostgreSQL would refuse it (42P17).`,
      };
  }
  return undefined;
}

/** What ATTACH PARTITION locks beside the table that is attached. */
export function attachLocks(parent: Parent, major: number, referencedMode = 'ShareRowExclusiveLock'): Claim[] {
  const also: NonNullable<Claim['also']> = [{ what: 'indexes', mode: 'ShareUpdateExclusiveLock' }];
  if (parent.referencing) also.push({ what: 'referenced', mode: referencedMode });
  // Before 15 the tables whose foreign keys lead to it are only read.
  if (parent.referenced)
    also.push({ what: 'referencing', mode: major >= 15 ? 'ShareRowExclusiveLock' : 'AccessShareLock' });
  return [
    { oid: parent.oid, relation: parent.quoted, mode: 'ShareUpdateExclusiveLock', also },
    ...parent.defaults.map(({ oid, quoted }) => ({ oid, relation: quoted, mode: 'AccessExclusiveLock' })),
  ];
}

/** What a scan of the default partition costs others; nothing where there is none. */
export function defaultWarning({ defaults, quoted }: Parent, size: (pages: number) => string): string[] {
  const [held] = defaults;
  if (!held) return [];
  const pages = defaults.reduce((sum, each) => sum + Math.max(0, each.pages), 0);
  return [
    `PostgreSQL reads the whole default partition ${held.quoted} (about ${size(pages)}) under AccessExclusiveLock to see that it holds no row of the new one; it refuses (23514) where it does. Meanwhile queries that touch it wait, and so do those of ${quoted} that cannot leave it out.`,
  ];
}

/** The refusal of what is no partitioned table. */
export function notPartitioned(quoted: string): { code: string; message: string } {
  return { code: 'not_partitioned', message: `${quoted} is not a partitioned table.` };
}
