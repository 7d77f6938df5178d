import { z } from 'zod';
import { bytes, count, exact, plural } from '@/lib/format';
import { defineWork, type Given, type Refusal } from './action';
import { beingBuilt } from './indexes/builder';
import { cleanUps } from './indexes/result';
import type { Fact, Undo } from './protocol';
import { digits } from './session';
import { lockedAway } from './subjects/locked-away';
import type { IndexSubject } from './subjects/subject';

type Asked = Given<IndexSubject>;

/** What else is told of an index that would be dropped. */
type Details = {
  bytes: number | null;
  scans: number;
  last_scan: string | null;
  counted_since: string | null;
  comment: string | null;
  tablespace: string | null;
  clustered: boolean;
  exclusion: boolean;
  may_use_schema: boolean;
  parts: number;
  /** Foreign keys that need it, quoted. */
  foreign_keys: string[];
  keys: { attnum: number; expression: string | null; desc: boolean; first: boolean; opclass: number | null }[];
  include: number[];
  predicate: string | null;
};

/** Drops an index while reads and writes go on. */
export const dropIndex = defineWork<IndexSubject, z.ZodObject>({
  id: 'drop-index',
  title: 'Drop index',
  summary: 'Removes an index while reads and writes go on; also an INVALID leftover.',
  group: 'indexes',
  run: 'concurrent',
  long: true,
  onStandby: false,
  targetKinds: ['index'],
  role: 'admin',
  confirm: 'typed',
  rights: 'Owner of the table; or superuser.',
  options: z.strictObject({}),
  locks: [
    {
      object: 'the table and the index',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
    {
      object: 'of a partitioned index: the table, its partitions and their indexes, for a moment',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
  ],
  touches: ['tables', 'partitions', 'index-usage'],
  details: ({ subject, actor }) => ({
    text: `with /* pgdeck:drop-index-details */ s as (
  select ${digits(subject.oid)}::oid as oid union select p.relid::oid from pg_catalog.pg_partition_tree(${digits(subject.oid)}::oid) as p
)
select case when not exists (select from s where ${lockedAway('s.oid')}) then (select sum(pg_relation_size(s.oid))::float8 from s) end as bytes, (select sum(pg_stat_get_numscans(s.oid))::float8 from s) as scans,
  ${actor.major >= 16 ? '(select max(pg_stat_get_lastscan(s.oid)) from s)' : 'null'}::timestamptz(0)::text as last_scan,
  (select pg_stat_get_db_stat_reset_time(d.oid)::timestamptz(0)::text from pg_catalog.pg_database as d where d.datname = current_database()) as counted_since,
  obj_description(c.oid, 'pg_class') as comment,
  (select s.spcname::text from pg_catalog.pg_tablespace as s where s.oid = c.reltablespace) as tablespace,
  i.indisclustered as clustered, i.indisexclusion as exclusion, has_schema_privilege($1::name, c.relnamespace, 'USAGE') as may_use_schema,
  (select count(*)::int from pg_catalog.pg_partition_tree(c.oid) as p where p.isleaf and p.level > 0) as parts,
  (select coalesce(json_agg(format('%I on %s', k.conname, k.conrelid::regclass)), '[]') from pg_catalog.pg_constraint as k where k.conindid = c.oid and k.contype = 'f') as foreign_keys,
  (select json_agg(json_build_object('attnum', i.indkey[n], 'expression', case when i.indkey[n] = 0 and not ${lockedAway('i.indrelid')} then pg_get_indexdef(c.oid, n + 1, false) end,
      'desc', i.indoption[n] & 1 = 1, 'first', i.indoption[n] & 2 = 2, 'opclass', (select o.oid::bigint from pg_catalog.pg_opclass as o where o.oid = i.indclass[n] and not o.opcdefault)) order by n)
    from generate_series(0, i.indnkeyatts - 1) as n) as keys,
  (select coalesce(json_agg(i.indkey[n] order by n), '[]') from generate_series(i.indnkeyatts, i.indnatts - 1) as n) as include,
  case when not ${lockedAway('i.indrelid')} then pg_get_expr(i.indpred, i.indrelid) end as predicate
from pg_catalog.pg_class as c
join pg_catalog.pg_index as i on i.indexrelid = c.oid
where c.oid = ${digits(subject.oid)}::oid`,
    values: [actor.role],
  }),
  refuse: (given) => refused(given),
  plan(given) {
    const { subject } = given;
    const partitioned = subject.relkind === 'I';
    const leftover = !subject.valid && !partitioned;
    return {
      question: leftover ? `Drop the INVALID leftover ${subject.quoted}?` : `Drop index ${subject.quoted}?`,
      effect: partitioned
        ? `PostgreSQL drops it with its ${plural(detailsOf(given).parts, 'part')}. It cannot do that concurrently: for that moment nobody can use ${subject.table_quoted}.`
        : leftover
          ? 'It serves no query and costs writes. PostgreSQL drops it while reads and writes go on.'
          : 'PostgreSQL waits for every transaction that may use the index, then drops it. Reads and writes go on; queries that used it get other plans.',
      typed: subject.name,
      facts: factsOf(given),
      warnings: warningsOf(given),
      ...missingRight(given),
      steps: [
        {
          sql: `drop /* pgdeck:drop-index */ index ${partitioned ? '' : 'concurrently '}${subject.quoted}`,
          locks: partitioned
            ? [
                {
                  oid: subject.table_oid,
                  relation: subject.table_quoted,
                  mode: 'AccessExclusiveLock',
                  also: [{ what: 'partitions', mode: 'AccessExclusiveLock' }],
                },
                { oid: subject.oid, relation: subject.quoted, mode: 'AccessExclusiveLock' },
              ]
            : [
                {
                  oid: subject.table_oid,
                  relation: subject.table_quoted,
                  mode: 'ShareUpdateExclusiveLock',
                  outlives: 'AccessExclusiveLock',
                },
                { oid: subject.oid, relation: subject.quoted, mode: 'ShareUpdateExclusiveLock' },
              ],
          wait: partitioned ? 'brief' : 'patient',
          inTransaction: partitioned,
        },
      ],
      queues: partitioned
        ? 'Everybody who uses the table or a partition waits behind it, for at most 2 s.'
        : 'VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on the table wait while this runs; reads and writes do not.',
      ...(restorable(subject) && { undo: undoOf(given) }),
    };
  },
  proof: ({ subject }) => ({
    text: `select /* pgdeck:index-dropped */ i.indisvalid as valid, pg_relation_size(i.indexrelid)::float8 as bytes
from pg_catalog.pg_index as i where i.indexrelid = ${digits(subject.oid)}::oid`,
  }),
  judge(before, after, given) {
    const { subject } = given;
    const size = detailsOf(given).bytes;
    if (!after)
      return {
        done: true,
        message: `${subject.quoted} is dropped.`,
        ...(size !== null && { figures: [{ label: 'Size of the index', before: bytes(size), after: null }] }),
        ...(restorable(subject) && { undo: undoOf(given) }),
      };
    if (after.valid || subject.relkind === 'I') return { done: false, message: `${subject.quoted} is still there.` };
    return {
      done: false,
      message: `${subject.quoted} is still there, INVALID.`,
      warnings: [
        before?.valid
          ? `${subject.quoted} is INVALID now: no query uses it any more, and it still costs writes.`
          : `${subject.quoted} is still there, INVALID.`,
      ],
      next: cleanUps(subject.database, subject),
    };
  },
  not: 'The index was not dropped.',
});

function detailsOf({ details }: Asked): Details {
  return details[0] as Details;
}

function missingRight(given: Asked): { missingRight?: string } {
  const { subject, actor } = given;
  if (!subject.owns_relation)
    return {
      missingRight: `Role ${actor.role} does not own ${subject.table_quoted}, so PostgreSQL will refuse this (42501).`,
    };
  if (!detailsOf(given).may_use_schema)
    return {
      missingRight: `Role ${actor.role} lacks USAGE on the schema ${subject.schema}, so PostgreSQL will refuse this (42501): a superuser has to do it.`,
    };
  return {};
}

function refused({ subject, details }: Asked): Refusal | undefined {
  const found = details[0] as Details | undefined;
  const system = subject.schema === 'pg_catalog' || subject.schema === 'information_schema';
  if (!found || system || (subject.schema === 'pg_toast' && subject.valid))
    return { code: 'system_catalog', message: `${subject.quoted} belongs to PostgreSQL itself.` };
  if (subject.builder !== null) return beingBuilt(subject);
  if (subject.constraint !== null || subject.primary || found.exclusion)
    return {
      code: 'backs_constraint',
      message: `${subject.quoted} is how PostgreSQL keeps the constraint ${subject.constraint ?? subject.name} of ${subject.table_quoted}: drop the constraint instead (2BP01).`,
    };
  if (subject.parent !== null)
    return {
      code: 'part_of_index',
      message: `${subject.quoted} is a part of the partitioned index ${subject.parent} and is only dropped with it (2BP01).`,
    };
  if (found.foreign_keys.length > 0)
    return {
      code: 'needed',
      message: `The foreign key ${found.foreign_keys.join(', ')} needs ${subject.quoted} (2BP01).`,
    };
  if (subject.definition === null)
    return {
      code: 'locked',
      message: `${subject.table_quoted} is locked against everybody now, or somebody waits for that: the definition of ${subject.quoted} cannot be read and kept for an undo. Try again when that has ended.`,
    };
  return undefined;
}

function factsOf(given: Asked): Fact[] {
  const { subject, actor } = given;
  const { bytes: size, scans, last_scan, counted_since, comment } = detailsOf(given);
  const facts = [
    { label: 'Definition', value: subject.definition ?? '' },
    size !== null ? { label: 'Size', value: bytes(size) } : undefined,
    {
      label: 'Scans',
      value: `${scans < 1000 ? exact(scans) : count(scans)}${counted_since ? ` since ${counted_since}` : ' since the statistics began'}, on this server`,
    },
    actor.major >= 16 ? { label: 'Last scan', value: last_scan ?? 'none is known' } : undefined,
    subject.unique ? { label: 'Unique', value: 'It keeps duplicates away' } : undefined,
    comment !== null ? { label: 'Comment', value: comment } : undefined,
  ];
  return facts.filter((fact) => fact !== undefined);
}

function warningsOf(given: Asked): string[] {
  const { subject } = given;
  const { comment, tablespace, clustered, parts } = detailsOf(given);
  const partitioned = subject.relkind === 'I';
  const lost = [
    comment !== null && 'its comment',
    tablespace !== null && `its tablespace ${tablespace}`,
    clustered && 'that the table is clustered by it',
    subject.replica_identity && 'that it is the replica identity',
  ].filter((each) => each !== false);
  return [
    !partitioned && subject.valid
      ? 'Cancelling it leaves the index INVALID: no query uses it any more, and it has to be dropped again or rebuilt.'
      : undefined,
    subject.replica_identity
      ? 'It is the replica identity of the table: without it UPDATE and DELETE fail where the table is published.'
      : undefined,
    subject.unique && subject.valid ? 'Without it nothing keeps duplicates out.' : undefined,
    partitioned && parts > 0
      ? 'It is not done concurrently: everybody who uses the table waits for it, and it waits at most 2 s for them.'
      : undefined,
    'Scans on standbys are counted there, not here.',
    lost.length > 0 && restorable(subject) ? `Undo makes the index again, without ${lost.join(', ')}.` : undefined,
  ].filter((warning) => warning !== undefined);
}

/** All but the copies of a REINDEX that was interrupted. */
function restorable({ name, valid }: IndexSubject): boolean {
  return valid || !/_cc(new|old)\d*$/.test(name);
}

/** What makes it again: its own definition; a partitioned one the whole way. */
function undoOf(given: Asked): Undo {
  const { subject } = given;
  const definition = subject.definition ?? '';
  if (subject.relkind !== 'I')
    return {
      sql: definition.replace(/^(CREATE (?:UNIQUE )?INDEX) /, '$1 CONCURRENTLY '),
      body: { action: 'recreate', target: { kind: 'run', runId: '' }, options: {} },
    };
  const { keys, include, predicate } = detailsOf(given);
  const ordered = subject.method === 'btree';
  const columns = keys.map(({ attnum, expression, desc, first, opclass }) => ({
    ...(expression === null ? { attnum } : { expression }),
    ...(ordered && desc && { order: 'desc' }),
    ...(ordered && first !== desc && { nulls: first ? 'first' : 'last' }),
    ...(opclass !== null && { opclass }),
  }));
  return {
    sql: definition.replace(' ON ONLY ', ' ON '),
    body: {
      action: 'create-index',
      target: { kind: 'relation', database: subject.database, oid: subject.table_oid },
      options: {
        columns,
        ...(include.length > 0 && { include }),
        ...(predicate !== null && { where: predicate }),
        method: subject.method,
        name: subject.name,
        unique: subject.unique,
      },
    },
  };
}
