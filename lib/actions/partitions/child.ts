import type { Claim, Reading } from '../action';
import type { Undo } from '../protocol';
import type { RelationSubject } from '../subjects/subject';
import { parseBound } from './bound';
import type { Locked } from './parent';

/** What the actions on an attached partition read of it. */
export type Child = {
  parent_oid: number;
  parent_quoted: string;
  /** `FOR VALUES …` as PostgreSQL tells it. */
  bound: string;
  /** A DETACH … CONCURRENTLY was begun and not finished. */
  pending: boolean;
  /** The default partition, itself where it is one, and then what is below it. */
  defaults: Locked[];
  owns_parent: boolean;
  bytes: number | null;
  /** How many partitions it has itself. */
  parts: number;
  /** Whether foreign keys lead from the partitioned table, and to it. */
  referencing: boolean;
  referenced: boolean;
  /** Views that read it and foreign keys that name it alone: DROP is refused while they are there. */
  dependents: string[];
};

/** What is read of a partition; no row where it is none. */
export function childReading(subject: RelationSubject, role: string): Reading {
  return {
    text: `select /* pgdeck:partition-details */ c.oid as parent_oid, format('%I.%I', n.nspname, c.relname) as parent_quoted,
  pg_get_expr(self.relpartbound, self.oid) as bound, i.inhdetachpending as pending,
  coalesce((select json_agg(json_build_object('oid', r.oid::bigint, 'quoted', format('%I.%I', s.nspname, r.relname), 'pages', r.relpages) order by t.level, r.oid)
    from pg_catalog.pg_partition_tree(nullif(p.partdefid, 0)) as t
    join pg_catalog.pg_class as r on r.oid = t.relid
    join pg_catalog.pg_namespace as s on s.oid = r.relnamespace), '[]') as defaults,
  pg_has_role($1::name, c.relowner, 'usage') as owns_parent,
  (select sum(pg_total_relation_size(t.relid))::float8 from pg_catalog.pg_partition_tree(self.oid) as t) as bytes,
  (select count(*)::int from pg_catalog.pg_partition_tree(self.oid) as t where t.level > 0) as parts,
  exists (select from pg_catalog.pg_constraint as f where f.conrelid = self.oid and f.contype = 'f') as referencing,
  exists (select from pg_catalog.pg_constraint as f where f.confrelid = c.oid and f.contype = 'f') as referenced,
  coalesce((select json_agg(d.name order by d.name) from (
    (select format('%I.%I', vn.nspname, v.relname) as name
    from pg_catalog.pg_partition_tree(self.oid) as t
    join pg_catalog.pg_depend as u on u.refclassid = 'pg_class'::regclass and u.refobjid = t.relid and u.classid = 'pg_rewrite'::regclass
    join pg_catalog.pg_rewrite as w on w.oid = u.objid
    join pg_catalog.pg_class as v on v.oid = w.ev_class and v.oid <> t.relid
    join pg_catalog.pg_namespace as vn on vn.oid = v.relnamespace
    limit 20)
    union
    (select format('the foreign key %I of %s', k.conname, k.conrelid::regclass)
    from pg_catalog.pg_constraint as k
    where k.confrelid = self.oid and k.contype = 'f' and k.conparentid = 0 and k.conrelid <> self.oid
    limit 20)) as d), '[]') as dependents
from pg_catalog.pg_class as self
join pg_catalog.pg_inherits as i on i.inhrelid = self.oid
join pg_catalog.pg_partitioned_table as p on p.partrelid = i.inhparent
join pg_catalog.pg_class as c on c.oid = i.inhparent
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where self.oid = $2::oid`,
    values: [role, subject.oid],
  };
}

/** The statement that takes a partition out, by the least locking way that PostgreSQL has for it now. */
export function detachSql(tag: string, subject: RelationSubject, child: Child): string {
  const statement = `alter /* pgdeck:${tag} */ table ${child.parent_quoted} detach partition ${subject.quoted}`;
  if (child.pending) return `${statement} finalize`;
  return child.defaults.length > 0 ? statement : `${statement} concurrently`;
}

/** What that statement locks. */
export function detachLocks(subject: RelationSubject, child: Child): Claim[] {
  // With a default partition PostgreSQL knows only the way that locks all.
  const plain = child.defaults.length > 0 && !child.pending;
  const [held] = child.defaults;
  const also: NonNullable<Claim['also']> = [];
  if (child.referenced) also.push({ what: 'referencing', mode: 'AccessExclusiveLock' });
  return [
    {
      oid: child.parent_oid,
      relation: child.parent_quoted,
      mode: plain ? 'AccessExclusiveLock' : 'ShareUpdateExclusiveLock',
      ...(!plain && !child.pending && { outlives: 'AccessExclusiveLock' as const }),
      also,
    },
    {
      oid: subject.oid,
      relation: subject.quoted,
      mode: 'AccessExclusiveLock',
      also: [
        { what: 'indexes', mode: 'AccessExclusiveLock' },
        ...(child.referencing ? [{ what: 'referenced' as const, mode: 'ShareRowExclusiveLock' }] : []),
      ],
    },
    ...(plain && held && held.oid !== subject.oid
      ? [{ oid: held.oid, relation: held.quoted, mode: 'AccessExclusiveLock' }]
      : []),
  ];
}

/** How a detached partition comes back to where it was; undefined where its bound is not understood. */
export function attachAgain(subject: RelationSubject, child: Child): Undo | undefined {
  const bound = parseBound(child.bound);
  return (
    bound && {
      sql: `alter table ${child.parent_quoted} attach partition ${subject.quoted} ${child.bound}`,
      body: {
        action: 'attach-partition',
        target: { kind: 'relation', database: subject.database, oid: subject.oid },
        options: { parent: child.parent_oid, bound },
      },
    }
  );
}

/** Where a partition hangs now, and whether it is there at all. */
export function placeReading(oid: string): Reading {
  return {
    text: `select /* pgdeck:partition-place */ i.inhparent::bigint as parent, coalesce(i.inhdetachpending, false) as pending,
  pg_total_relation_size(c.oid)::float8 as bytes
from pg_catalog.pg_class as c
left join pg_catalog.pg_inherits as i on i.inhrelid = c.oid
where c.oid = ${oid}::oid`,
  };
}
