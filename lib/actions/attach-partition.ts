import { z } from 'zod';
import { bytes, exact, list, plural } from '@/lib/format';
import { defineWork, type Given, type Plan, type Refusal } from './action';
import { boundSql, partitionBound } from './partitions/bound';
import {
  attachLocks,
  boundRefusal,
  defaultWarning,
  overlapRefusal,
  type Parent,
  parentColumns,
  parentFrom,
  type Sibling,
  siblingsColumn,
} from './partitions/parent';
import { digits } from './session';
import type { RelationSubject } from './subjects/subject';

const pageBytes = 8192;
const kinds = ['r', 'p', 'f'];

const options = z.strictObject({
  parent: z
    .number('must be the OID of a table')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(4_294_967_295, 'must be at most 4294967295')
    .meta({ title: 'Partitioned table', description: 'OID of the table that it becomes a partition of.' }),
  bound: partitionBound.meta({ title: 'Rows it takes', description: 'All its rows must be such.' }),
});

type Asked = Given<RelationSubject, z.output<typeof options>>;
type Details = Parent & {
  siblings: Sibling[];
  /** What the table is a partition of already, quoted. */
  attached_to: string | null;
  bytes: number | null;
  checks: { name: string; definition: string }[];
  /** Indexes of the partitioned table that it has no like of. */
  missing_indexes: string[];
  has_keys: boolean;
  owns_parent: boolean;
};

/** One line for each way an index can be: two indexes with the same are alike. */
const likeness = (
  index: string,
) => `(select json_build_array(m.amname, ${index}.indisunique, ${index}.indclass::text, ${index}.indoption::text, ${index}.indnkeyatts, ${index}.indcollation::text,
    (select json_agg(pg_get_indexdef(${index}.indexrelid, k, true) order by k) from generate_series(1, ${index}.indnatts) as k),
    pg_get_expr(${index}.indpred, ${index}.indrelid))::text
  from pg_catalog.pg_class as ic join pg_catalog.pg_am as m on m.oid = ic.relam where ic.oid = ${index}.indexrelid)`;

/** Makes a table a partition, while reads and writes of the others go on. */
export const attachPartition = defineWork<RelationSubject, typeof options>({
  id: 'attach-partition',
  title: 'Attach partition',
  summary: 'Makes an existing table a partition of a partitioned one.',
  group: 'partitions',
  run: 'transactional',
  long: true,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of both tables; or superuser.',
  options,
  locks: [
    {
      object: 'the partitioned table and its indexes',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
    {
      object: 'the table that is attached and the default partition, while they are read',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
    {
      object: 'tables that its foreign keys name; from PostgreSQL 15 also those with foreign keys to it',
      mode: 'ShareRowExclusiveLock',
      blocks: 'writes and maintenance; not reads',
    },
  ],
  touches: ['tables', 'partitions', 'index-usage'],
  details: ({ subject, options: { parent }, actor }) => ({
    text: `select /* pgdeck:attach-partition-details */ ${parentColumns}, ${siblingsColumn},
  (select i.inhparent::regclass::text from pg_catalog.pg_inherits as i where i.inhrelid = $2::oid limit 1) as attached_to,
  (select sum(pg_relation_size(coalesce(r.relid, $2::oid)))::float8 from pg_catalog.pg_partition_tree($2::oid) as r) as bytes,
  coalesce((select json_agg(json_build_object('name', k.conname, 'definition', pg_get_constraintdef(k.oid)) order by k.conname)
    from pg_catalog.pg_constraint as k where k.conrelid = $2::oid and k.contype = 'c' and k.convalidated), '[]') as checks,
  coalesce((select json_agg(format('%I', own.relname) order by own.relname)
    from pg_catalog.pg_index as i join pg_catalog.pg_class as own on own.oid = i.indexrelid
    where i.indrelid = c.oid and not exists (select from pg_catalog.pg_index as j where j.indrelid = $2::oid and j.indisvalid
      and ${likeness('j')} = ${likeness('i')})), '[]') as missing_indexes,
  exists (select from pg_catalog.pg_constraint as k where k.conrelid = $2::oid and k.contype = 'f') as has_keys
from ${parentFrom}
where c.oid = $3::oid`,
    values: [actor.role, subject.oid, parent],
  }),
  refuse,
  plan,
  proof: ({ subject, options: { parent } }) => ({
    text: `select /* pgdeck:partition-attached */ pg_get_expr(c.relpartbound, c.oid) as bound
from pg_catalog.pg_inherits as i
join pg_catalog.pg_class as c on c.oid = i.inhrelid
where i.inhrelid = ${digits(subject.oid)}::oid and i.inhparent = ${digits(parent)}::oid`,
  }),
  judge: (_before, after, given) => {
    const { subject } = given;
    const parent = detailsOf(given)?.quoted ?? 'the partitioned table';
    return after
      ? {
          done: true,
          message: `${subject.quoted} is a partition of ${parent}.`,
          figures: [{ label: 'Takes', before: null, after: String(after.bound ?? '') }],
          undo: undoOf(given),
        }
      : { done: false, message: `${subject.quoted} is no partition of ${parent}.` };
  },
  not: 'Not attached.',
});

const detailsOf = ({ details }: Pick<Asked, 'details'>) => details[0] as Details | undefined;

function refuse(given: Asked): Refusal | undefined {
  const { subject, options: asked } = given;
  const details = detailsOf(given);
  if (!details) return { code: 'not_partitioned', message: `OID ${asked.parent} is not a partitioned table.` };
  if (!kinds.includes(subject.relkind))
    return { code: 'not_a_table', message: `${subject.quoted} is not a table, so it cannot be a partition.` };
  if (details.attached_to !== null)
    return {
      code: 'nothing_to_do',
      message: `${subject.quoted} is a partition of ${details.attached_to} already, or inherits from it.`,
    };
  return boundRefusal(details, asked.bound) ?? overlapRefusal(details, asked.bound);
}

function plan(given: Asked): Plan {
  const { subject, options: asked, actor } = given;
  const details = detailsOf(given) as Details;
  const { quoted: parent, checks, missing_indexes: missing } = details;
  const size = details.bytes ?? subject.pages * pageBytes;
  const empty = size === 0;
  const heldPages = details.defaults.reduce((sum, each) => sum + Math.max(0, each.pages), 0);
  return {
    question: `Attach ${subject.quoted} to ${parent}?`,
    effect: `PostgreSQL checks that each row of ${subject.quoted} is ${boundSql(asked.bound) === 'default' ? 'one that no other partition takes' : 'within the bound'}, and then it is a partition of ${parent}. Indexes, foreign keys and triggers are taken over. Reads and writes of the other partitions go on.`,
    typed: subject.name,
    facts: [
      { label: 'Partitioned by', value: details.key },
      { label: 'Takes', value: boundSql(asked.bound) },
      { label: 'Rows and size', value: `about ${exact(Math.max(0, subject.estimated_rows))}, ${bytes(size)}` },
      {
        label: 'CHECK constraints',
        value: checks.length === 0 ? 'none' : checks.map(({ definition }) => definition).join('; '),
      },
    ],
    warnings: [
      ...(empty ? [] : [scanWarning(given, checks.length, size)]),
      ...(!empty && missing.length > 0
        ? [
            `${plural(missing.length, 'index', 'indexes')} of ${parent} ${missing.length === 1 ? 'has' : 'have'} no like on ${subject.quoted} (${list(missing)}): PostgreSQL builds ${missing.length === 1 ? 'it' : 'them'} while it is locked. Create ${missing.length === 1 ? 'it' : 'them'} before, with CREATE INDEX CONCURRENTLY.`,
          ]
        : []),
      ...defaultWarning(details, (pages) => bytes(pages * pageBytes)),
    ],
    ...(!(subject.owns_relation && details.owns) && {
      missingRight: `Role ${actor.role} does not own ${subject.owns_relation ? parent : subject.quoted}, so PostgreSQL will refuse this (42501).`,
    }),
    steps: [
      {
        sql: `alter /* pgdeck:attach-partition */ table ${parent} attach partition ${subject.quoted} ${boundSql(asked.bound)}`,
        locks: [
          // A foreign key that it has already is made one with the parent's, which drops a trigger of the table it names.
          ...attachLocks(details, actor.major, details.has_keys ? 'AccessExclusiveLock' : undefined),
          {
            oid: subject.oid,
            relation: subject.quoted,
            mode: 'AccessExclusiveLock',
            ...(subject.relkind === 'p' && { also: [{ what: 'partitions', mode: 'AccessExclusiveLock' }] }),
          },
        ],
        wait: 'brief',
        inTransaction: true,
        yieldAfterSeconds: 30,
      },
    ],
    queues: `Everybody who uses ${subject.quoted} waits until it is attached; reads and writes of ${parent} do not.`,
    work: { readBytes: size + heldPages * pageBytes, writeBytes: empty ? 0 : missing.length * size * 0.2 },
    undo: undoOf(given),
  };
}

function scanWarning({ subject }: Asked, checks: number, size: number): string {
  const read = `PostgreSQL reads all of ${subject.quoted} (${bytes(size)}) under AccessExclusiveLock`;
  return checks === 0
    ? `${read}, for no valid CHECK constraint proves its rows. To keep that short, add one that says what the bound says as NOT VALID, validate it, and attach then.`
    : `${read} unless its valid CHECK constraints say at least what the bound says.`;
}

function undoOf(given: Asked) {
  const { subject, options: asked } = given;
  const details = detailsOf(given);
  // PostgreSQL refuses to do it concurrently where there is a default partition.
  const concurrently = details?.defaults.length === 0 && asked.bound.by !== 'default';
  return {
    sql: `alter table ${details?.quoted} detach partition ${subject.quoted}${concurrently ? ' concurrently' : ''}`,
    body: {
      action: 'detach-partition',
      target: { kind: 'relation' as const, database: subject.database, oid: subject.oid },
    },
  };
}
