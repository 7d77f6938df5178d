import { z } from 'zod';
import { bytes, plural } from '@/lib/format';
import { defineWork, type Given, type Judgement, type Reading, type Refusal, type Row, type Step } from './action';
import { beingBuilt, builderOf } from './indexes/builder';
import { cleanUps } from './indexes/result';
import { digits } from './session';
import { lockedAway } from './subjects/locked-away';
import type { IndexSubject, RelationSubject } from './subjects/subject';

type Asked = Given<IndexSubject | RelationSubject>;

type Named = { oid: number; quoted: string };
/** What is built anew of a partitioned table or index: tables, or indexes with their tables. */
type Leaf = Named & { table_oid: number; table_quoted: string };
/** The indexes that would be built anew; `leaves` of a partitioned one. */
type Details = {
  leaves: Leaf[] | null;
  rebuilt: number;
  bytes: number;
  invalid: Named[];
  exclusion: string[];
  leftovers: Named[];
};
/** The indexes as they are: `oids` of those to be built anew, and every INVALID one around them. */
type Proof = {
  oids: number[];
  valid: boolean;
  bytes: number;
  invalid: (Named & { leftover: boolean; building: boolean })[];
};

/** The size of index `x`, or where it is locked against everybody the one that VACUUM or ANALYZE left. */
const sizeUnlessLocked = `coalesce(case when not ${lockedAway('x.oid')} then pg_relation_size(x.oid) end,
    (select 8192::bigint * c.relpages from pg_catalog.pg_class as c where c.oid = x.oid))`;
const leftover = `x.relname ~ '_cc(new|old)[0-9]*$' and not i.indisvalid`;
const unattended = `${builderOf('i.indexrelid', 'i.indrelid')} is null`;

/** Builds an index, or all of a table, anew beside the old ones and swaps them. */
export const reindex = defineWork<IndexSubject | RelationSubject, z.ZodObject>({
  id: 'reindex',
  title: 'Reindex',
  summary: 'Builds an index, or all indexes of a table, anew beside the old and swaps them; repairs an INVALID index.',
  group: 'indexes',
  run: 'concurrent',
  long: true,
  onStandby: false,
  targetKinds: ['index', 'relation'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the table, MAINTAIN on it or pg_maintain (from PostgreSQL 17), or superuser.',
  options: z.strictObject({}),
  locks: [
    {
      object: 'the table, its indexes and its TOAST table',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables', 'partitions', 'index-usage'],
  details: ({ subject }) => ({
    text: `with /* pgdeck:reindex-details */ ${scopeOf(subject)}
select ${leavesOf(subject)} as leaves, count(*) filter (where ${rebuilt(subject)})::int as rebuilt,
  coalesce(sum(${sizeUnlessLocked}) filter (where ${rebuilt(subject)}), 0)::float8 as bytes,
  ${namedWhere(`not i.indisvalid and x.relkind = 'i' and not (${leftover}) and ${unattended}`)} as invalid,
  coalesce(json_agg(format('%I.%I', n.nspname, x.relname)) filter (where i.indisexclusion), '[]') as exclusion,
  (select ${namedWhere(`${leftover} and ${unattended}`)} from around as x join pg_catalog.pg_index as i on i.indexrelid = x.oid join pg_catalog.pg_namespace as n on n.oid = x.relnamespace) as leftovers
from scope as x
join pg_catalog.pg_index as i on i.indexrelid = x.oid
join pg_catalog.pg_namespace as n on n.oid = x.relnamespace`,
    values: valuesOf(subject),
  }),
  refuse: (given) => refused(given),
  plan(given) {
    const { subject, actor } = given;
    const { rebuilt, bytes: size } = detailsOf(given);
    const table = tableOf(subject);
    const repairs = subject.kind === 'index' && !subject.valid && subject.relkind === 'i';
    const pages = subject.kind === 'index' ? subject.table_pages : subject.pages;
    return {
      question: repairs ? `Repair the INVALID index ${subject.quoted}?` : `Reindex ${subject.quoted}?`,
      effect: `PostgreSQL builds ${rebuilt === 1 ? 'the index' : plural(rebuilt, 'index', 'indexes')} anew beside the old and swaps them at the end. Reads and writes go on; until then both take space.`,
      typed: subject.name,
      facts: [
        { label: rebuilt === 1 ? 'Size of the index' : 'Size of the indexes', value: bytes(size) },
        { label: 'Free space needed', value: `about ${bytes(size)}, until the old is dropped` },
      ],
      warnings: warningsOf(given),
      ...(!subject.owns_relation &&
        !subject.may_maintain && {
          missingRight: `Role ${actor.role} neither owns ${table.quoted} nor has MAINTAIN on it (from PostgreSQL 17), so PostgreSQL will refuse this (42501).`,
        }),
      steps: stepsOf(given),
      queues:
        'VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on the table wait while this runs; reads and writes do not.',
      work: { readBytes: 2 * rebuilt * Math.max(pages, 0) * 8192, writeBytes: size },
      settings: ['maintenance_work_mem', 'max_parallel_maintenance_workers'],
    };
  },
  proof: ({ subject }) => proof(subject),
  judge,
  not: 'Not reindexed.',
});

function detailsOf({ details }: Asked): Details {
  return details[0] as Details;
}

function tableOf(subject: Asked['subject']): Named {
  return subject.kind === 'index' ? { oid: subject.table_oid, quoted: subject.table_quoted } : subject;
}

const mode = 'ShareUpdateExclusiveLock';

/**
 * One statement; of what is partitioned one for each part: given the whole, PostgreSQL first locks all parts against writes,
 * and waits for the writers.
 */
function stepsOf(given: Asked): Step[] {
  const { subject } = given;
  const { leaves } = detailsOf(given);
  if (!leaves) return [stepOn(subject.kind, subject, tableOf(subject))];
  return leaves.map((leaf) => ({
    ...stepOn(subject.kind, leaf, { oid: leaf.table_oid, quoted: leaf.table_quoted }),
    title: `Reindex ${leaf.quoted}`,
  }));
}

function stepOn(kind: 'index' | 'relation', { oid, quoted }: Named, table: Named): Step {
  return {
    sql: `reindex /* pgdeck:reindex */ ${kind === 'index' ? 'index' : 'table'} concurrently ${quoted}`,
    locks:
      kind === 'index'
        ? [
            { oid: table.oid, relation: table.quoted, mode, outlives: 'AccessExclusiveLock' },
            { oid, relation: quoted, mode },
          ]
        : [
            {
              oid,
              relation: quoted,
              mode,
              outlives: 'AccessExclusiveLock',
              also: [
                { what: 'toast', mode },
                { what: 'indexes', mode },
              ],
            },
          ],
    wait: 'patient',
    inTransaction: false,
    outlivesSnapshots: true,
    progress: 'CREATE INDEX',
  };
}

/** The parts of what is partitioned that have something to be built anew, by OID. */
function leavesOf(subject: Asked['subject']): string {
  if (subject.relkind !== 'p' && subject.relkind !== 'I') return 'null';
  const [oid, quoted] =
    subject.kind === 'index'
      ? ['x.oid', `format('%I.%I', n.nspname, x.relname)`]
      : ['t.oid', `format('%I.%I', tn.nspname, t.relname)`];
  return `(select coalesce(json_agg(distinct jsonb_build_object('oid', ${oid}::bigint, 'quoted', ${quoted}, 'table_oid', t.oid::bigint, 'table_quoted', format('%I.%I', tn.nspname, t.relname))), '[]')
  from scope as x join pg_catalog.pg_index as i on i.indexrelid = x.oid join pg_catalog.pg_namespace as n on n.oid = x.relnamespace
  join pg_catalog.pg_class as t on t.oid = x.indrelid join pg_catalog.pg_namespace as tn on tn.oid = t.relnamespace
  where t.relkind in ('r', 'm') and ${rebuilt(subject)})`;
}

/** `scope`: the indexes that are built anew; `around`: all of the same tables. The OID of an index changes with it, its name stays. */
function scopeOf(subject: Asked['subject']): string {
  const table = `${digits(tableOf(subject).oid)}::oid`;
  const tables = `tables as (
  select c.oid, c.reltoastrelid from pg_catalog.pg_class as c
  where c.oid = ${table} or c.oid in (select p.relid::oid from pg_catalog.pg_partition_tree(${table}) as p)
), around as (
  select x.oid, x.relname, x.relnamespace, x.relkind, k.indrelid from pg_catalog.pg_index as k
  join pg_catalog.pg_class as x on x.oid = k.indexrelid
  where k.indrelid in (select t.oid from tables as t union select t.reltoastrelid from tables as t where t.reltoastrelid <> 0)
)`;
  if (subject.kind === 'relation') return `${tables}, scope as (select a.* from around as a where a.relkind = 'i')`;
  const own = `${digits(subject.oid)}::oid`;
  return subject.relkind === 'I'
    ? `${tables}, scope as (select a.* from around as a where a.relkind = 'i' and a.oid in (select p.relid::oid from pg_catalog.pg_partition_tree(${own}) as p))`
    : `${tables}, scope as (select a.* from around as a where a.indrelid = ${table}
    and a.relname = $1::name)`;
}

/** The values of a reading with that scope. */
function valuesOf(subject: Asked['subject']): unknown[] {
  return subject.kind === 'index' && subject.relkind === 'i' ? [subject.name] : [];
}

/** REINDEX TABLE CONCURRENTLY passes over INVALID indexes; an index by name is repaired. */
function rebuilt(subject: Asked['subject']): string {
  return subject.kind === 'index' ? 'not i.indisexclusion' : 'i.indisvalid and not i.indisexclusion';
}

function namedWhere(condition: string, more = ''): string {
  return `coalesce(json_agg(json_build_object('oid', x.oid::bigint, 'quoted', format('%I.%I', n.nspname, x.relname)${more}) order by x.relname) filter (where ${condition}), '[]')`;
}

function proof(subject: Asked['subject']): Reading {
  const building = `exists (select from pg_catalog.pg_stat_get_progress_info('CREATE INDEX') as g where g.param7 = x.oid::bigint)`;
  return {
    text: `with /* pgdeck:reindexed */ ${scopeOf(subject)}
select coalesce(json_agg(x.oid::bigint order by x.oid) filter (where ${rebuilt(subject)}), '[]') as oids,
  coalesce(bool_and(i.indisvalid) filter (where ${rebuilt(subject)}), false) as valid,
  coalesce(sum(pg_relation_size(x.oid)) filter (where ${rebuilt(subject)}), 0)::float8 as bytes,
  (select ${namedWhere('not i.indisvalid', `, 'leftover', ${leftover}, 'building', ${building}`)}
    from around as x join pg_catalog.pg_index as i on i.indexrelid = x.oid join pg_catalog.pg_namespace as n on n.oid = x.relnamespace
    where x.relkind = 'i') as invalid
from scope as x
join pg_catalog.pg_index as i on i.indexrelid = x.oid
join pg_catalog.pg_namespace as n on n.oid = x.relnamespace`,
    values: valuesOf(subject),
  };
}

function judge(before: Row | undefined, after: Row | undefined, { subject }: Asked): Judgement {
  const was = before as Proof | undefined;
  const is = after as Proof | undefined;
  const known = new Set(was?.invalid.map(({ oid }) => oid));
  const ours = is?.invalid.filter(({ oid, leftover, building }) => leftover && !building && !known.has(oid)) ?? [];
  const next = ours.flatMap((index) => cleanUps(subject.database, index).slice(0, 1));
  const left = ours.map(({ quoted }) => `${quoted} is left behind INVALID: it serves no query and costs writes.`);
  const old = is?.oids.filter((oid) => was?.oids.includes(oid)) ?? [];
  const repaired = subject.kind === 'index' && subject.relkind === 'i' && !subject.valid;
  if (is && is.oids.length > 0 && old.length === 0 && is.valid)
    return {
      done: true,
      message: repaired ? `${subject.quoted} is valid again.` : `${subject.quoted} is built anew.`,
      figures: [{ label: 'Size', before: was ? bytes(was.bytes) : null, after: bytes(is.bytes) }],
      warnings: left,
      next,
    };
  return {
    done: false,
    message: repaired
      ? `${subject.quoted} is still INVALID.`
      : `${subject.quoted}: ${is ? plural(old.length, 'index', 'indexes') : 'nothing'} of ${was?.oids.length ?? 0} still as before.`,
    warnings: left,
    next,
  };
}

function refused(given: Asked): Refusal | undefined {
  const { subject, details } = given;
  const found = details[0] as Details | undefined;
  if (subject.kind === 'relation' && !['r', 'p', 'm', 't'].includes(subject.relkind))
    return { code: 'not_a_table', message: `${subject.quoted} has no indexes: it is no table or materialized view.` };
  if (['pg_catalog', 'information_schema'].includes(subject.schema))
    return {
      code: 'system_catalog',
      message: `${subject.quoted} belongs to PostgreSQL itself, which cannot build it anew concurrently.`,
    };
  if (subject.kind === 'index' && found && found.exclusion.length > 0)
    return {
      code: 'exclusion',
      message: `${subject.quoted} keeps an exclusion constraint: PostgreSQL cannot build it anew concurrently (0A000).`,
    };
  if (subject.kind === 'index' && subject.builder !== null) return beingBuilt(subject);
  if (subject.kind === 'index' && !subject.valid && subject.schema === 'pg_toast')
    return { code: 'toast', message: `${subject.quoted} is an INVALID index of a TOAST table: drop it instead.` };
  if (!found || found.rebuilt === 0)
    return { code: 'no_indexes', message: `${subject.quoted} has no index that can be built anew concurrently.` };
  return undefined;
}

function warningsOf(given: Asked): string[] {
  const { subject } = given;
  const { invalid, exclusion, leftovers } = detailsOf(given);
  const partitioned = subject.relkind === 'p' || subject.relkind === 'I';
  const names = (indexes: Named[]) => indexes.map(({ quoted }) => quoted).join(', ');
  return [
    partitioned
      ? 'Each partition is built anew by a statement of its own: what was done stays when it is cancelled.'
      : undefined,
    subject.kind === 'relation' && invalid.length > 0
      ? `PostgreSQL passes over what is INVALID: ${names(invalid)}. Reindex or drop it by itself.`
      : undefined,
    subject.kind === 'relation' && exclusion.length > 0
      ? `PostgreSQL passes over exclusion constraints: ${exclusion.join(', ')}.`
      : undefined,
    leftovers.length > 0 ? `INVALID leftovers of an earlier attempt are there: ${names(leftovers)}.` : undefined,
    'Cancelling it leaves INVALID copies (_ccnew, _ccold) behind that have to be dropped; the index itself stays as it is.',
    'It waits for every transaction that is older than each phase, in other tables too.',
  ].filter((warning) => warning !== undefined);
}
