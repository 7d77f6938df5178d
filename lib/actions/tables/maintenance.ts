import { z } from 'zod';
import { bytes, exact } from '@/lib/format';
import type { ActingRole, Claim, Reading, Refusal, Row } from '../action';
import type { Figure } from '../protocol';
import { digits } from '../session';
import type { RelationSubject } from '../subjects/subject';

const kinds: Record<string, string> = {
  r: 'a table',
  p: 'a partitioned table',
  m: 'a materialized view',
  f: 'a foreign table',
  S: 'a sequence',
  v: 'a view',
  t: 'a TOAST table',
  c: 'a composite type',
};

/** Why an action is not for this kind of relation; undefined when it is. */
export function notFor({ relkind, quoted }: RelationSubject, taken: string, why: string): Refusal | undefined {
  return taken.includes(relkind)
    ? undefined
    : { code: 'not_a_table', message: `${quoted} is ${kinds[relkind] ?? 'not a table'}; ${why}` };
}

/** Why an option is not for this server. */
export function needsMajor(option: string, from: number, { major }: ActingRole): Refusal {
  return {
    code: 'version',
    message: `${option} needs PostgreSQL ${from} or newer, and this is ${major}. Leave it out.`,
  };
}

/** OIDs of the first user-made objects: what is below belongs to PostgreSQL. */
export const firstUserOid = 16384;

/** Option `buffer_usage_limit_kb`: from PostgreSQL 16 on. */
export const bufferUsageLimit = z
  .number('must be a number of kB')
  .int('must be a whole number')
  .min(0, 'must be at least 0')
  .max(16_777_216, 'must be at most 16777216 (16 GB)')
  .refine((kilobytes) => kilobytes === 0 || kilobytes >= 128, 'must be 0 or at least 128')
  .optional()
  .meta({
    title: 'BUFFER_USAGE_LIMIT in kB',
    description:
      'How much of shared_buffers it may use: 128 to 16777216, or 0 for all. Missing: vacuum_buffer_usage_limit. From PostgreSQL 16.',
  });

/** Option `skip_locked`. */
export const skipLocked = z
  .boolean()
  .default(false)
  .meta({ title: 'SKIP_LOCKED', description: 'Passes over what cannot be locked at once, instead of waiting for it.' });

/** Which PostgreSQL rights VACUUM and ANALYZE take. */
export const maintainRights =
  'Owner of the table or of the database, MAINTAIN on the table or pg_maintain (from PostgreSQL 17), or superuser.';

/** The warning where a role lacks them; none where it has them. */
export function lacksMaintain(verb: string, subject: RelationSubject, { role }: ActingRole) {
  return (
    !subject.owns &&
    !subject.may_maintain && {
      missingRight: `Role ${role} may not ${verb} ${subject.quoted}: PostgreSQL will skip it with a warning. It must own the table or its database, or have MAINTAIN (from PostgreSQL 17).`,
    }
  );
}

/** Whether what is done to a table is done to the tables below it too: partitions always, inheriting ones from PostgreSQL 18. */
function reachesBelow({ relkind }: RelationSubject, { major }: ActingRole): boolean {
  return relkind === 'p' || major >= 18;
}

/** `with recursive tree`: the table, and all below it where they are reached. Never `pg_partition_tree()`: it waits for locks. */
function treeSql(subject: RelationSubject, actor: ActingRole, tag: string): string {
  const self = `select ${digits(subject.oid)}::oid as oid`;
  return reachesBelow(subject, actor)
    ? `with recursive /* pgdeck:${tag} */ tree as (
  ${self}
  union select i.inhrelid from pg_catalog.pg_inherits as i join tree as t on i.inhparent = t.oid
)`
    : `with /* pgdeck:${tag} */ tree as (${self})`;
}

/** Pages by the planner's estimate: of the tables (with TOAST) and of their indexes. */
export function pagesReading(subject: RelationSubject, actor: ActingRole, tag: string): Reading {
  return {
    text: `${treeSql(subject, actor, tag)}, held as (
  select c.oid, c.relpages from tree as t join pg_catalog.pg_class as r on r.oid = t.oid
  join pg_catalog.pg_class as c on c.oid in (r.oid, r.reltoastrelid)
)
select coalesce(sum(greatest(h.relpages, 0)), 0)::float8 as pages,
  coalesce((select sum(greatest(x.relpages, 0)) from held as o join pg_catalog.pg_index as i on i.indrelid = o.oid
    join pg_catalog.pg_class as x on x.oid = i.indexrelid), 0)::float8 as index_pages,
  (select count(*) from tree as t join pg_catalog.pg_class as r on r.oid = t.oid where r.relkind in ('r', 'm', 't'))::int as tables,
  (select count(*) from held as o join pg_catalog.pg_index as i on i.indrelid = o.oid)::int as indexes
from held as h`,
  };
}

/** What `pagesReading` answers. */
export type Pages = { pages: number; index_pages: number; tables: number; indexes: number };

/** Bytes of a number of pages. */
export const pageBytes = 8192;

/**
 * What VACUUM and ANALYZE leave on a table and those below it: counts, sizes with indexes and TOAST. To ask for the size of
 * a table that somebody has locked would wait, so there it is null.
 */
export function countsReading(subject: RelationSubject, actor: ActingRole, tag: string): Reading {
  // The counts of PostgreSQL 14 come half a second late, each partition's by itself.
  const late = actor.major < 15 && subject.relkind === 'p';
  return { text: `${treeSql(subject, actor, tag)}${countsSql(late)}` };
}

const countsSql = (late: boolean) => `, locked as materialized (
  select distinct l.relation from pg_catalog.pg_locks as l
  where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock'
), sized as (
  select t.oid, r.relkind, r.relfilenode, case when not exists (select from locked as l where l.relation in (t.oid, r.reltoastrelid)
      or l.relation in (select i.indexrelid from pg_catalog.pg_index as i where i.indrelid in (t.oid, r.reltoastrelid)))
    then pg_total_relation_size(t.oid) end as bytes
  from tree as t join pg_catalog.pg_class as r on r.oid = t.oid
)
select coalesce(sum(pg_stat_get_vacuum_count(s.oid)), 0)::text as vacuums,
  coalesce(sum(pg_stat_get_analyze_count(s.oid)), 0)::text as analyzes,
  coalesce(sum(pg_stat_get_dead_tuples(s.oid)), 0)::float8 as dead,
  coalesce(sum(pg_stat_get_mod_since_analyze(s.oid)), 0)::float8 as changed,
  case when count(*) = count(s.bytes) then sum(s.bytes)::float8 end as bytes,
  count(*) filter (where s.relkind in ('r', 'm', 't'))::int as tables,
  json_object_agg(s.oid, s.relfilenode) filter (where s.relkind in ('r', 'm', 't')) as files
from sized as s${late ? '\nwhere (select pg_sleep(0.6) is not null)' : ''}`;

/** What `countsReading` answers. */
export type Counts = {
  vacuums: string;
  analyzes: string;
  dead: number;
  changed: number;
  bytes: number | null;
  tables: number;
  files: Record<string, number> | null;
};

/** A figure of rows before and after; none where there were none and are none. */
export function rowsFigure(label: string, before: number | undefined, after: number): Figure[] {
  return !before && !after ? [] : [{ label, before: before === undefined ? null : exact(before), after: exact(after) }];
}

/** Size with indexes and TOAST before and after, and what was given back. */
export function sizeFigures(before: number | null | undefined, after: number | null): Figure[] {
  if (after === null) return [];
  const size = {
    label: 'Size with indexes and TOAST',
    before: before == null ? null : bytes(before),
    after: bytes(after),
  };
  return before != null && before > after
    ? [size, { label: 'Given back', before: null, after: bytes(before - after) }]
    : [size];
}

/** The locks of VACUUM, FULL or not, and ANALYZE. Who would wait for a weaker lock on an index waits for the table already. */
export function claims(
  subject: RelationSubject,
  actor: ActingRole,
  modes: { table: string; indexes?: string; toast?: string; below?: string },
): Claim[] {
  const below = reachesBelow(subject, actor) ? modes.table : modes.below;
  return [
    {
      oid: subject.oid,
      relation: subject.quoted,
      mode: modes.table,
      also: [
        ...(below ? [{ what: 'partitions' as const, mode: below }] : []),
        ...(modes.toast ? [{ what: 'toast' as const, mode: modes.toast }] : []),
        ...(modes.indexes ? [{ what: 'indexes' as const, mode: modes.indexes }] : []),
      ],
    },
  ];
}

/** The row of a reading as it is typed. */
export function counts(row: Row | undefined): Counts | undefined {
  return row as Counts | undefined;
}
