import { z } from 'zod';
import { bytes, exact, list } from '@/lib/format';
import {
  defineWork,
  type Given,
  type Judgement,
  type Plan,
  type Reading,
  type Refusal,
  type Row,
  type Step,
} from './action';
import { finish } from './detach-partition';
import { attachAgain, type Child, childReading, detachLocks, detachSql, placeReading } from './partitions/child';
import { digits } from './session';
import type { RelationSubject } from './subjects/subject';
import { dropTableSql } from './tables/drop-that';

const options = z.strictObject({
  parent: z
    .number('must be the OID of a table')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(4_294_967_295, 'must be at most 4294967295')
    .optional()
    .meta({
      title: 'Made for',
      description:
        'Only for the empty table that Create partition left: OID of the partitioned table that it was made for.',
    }),
});

type Asked = Given<RelationSubject, z.output<typeof options>>;
/** An empty table that was to be a partition. */
type Left = { parent_quoted: string; attached: boolean; alike: boolean; empty: boolean };

/** Drops a partition and its rows. */
export const dropPartition = defineWork<RelationSubject, typeof options>({
  id: 'drop-partition',
  title: 'Drop partition',
  summary:
    'Detaches a partition and drops it with its rows. Of other tables it only takes the empty one that Create partition left when it failed.',
  group: 'partitions',
  run: 'concurrent',
  long: true,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'admin',
  confirm: 'typed',
  rights: 'Owner of the partition and of the partitioned table; or superuser.',
  options,
  locks: [
    {
      object: 'the partitioned table, while the partition is detached',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
    {
      object:
        'the partition; for a moment tables that its foreign keys name, and those with foreign keys to the partitioned one',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
    {
      object: 'the partitioned table and its default partition, where it has one',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
  ],
  touches: ['tables', 'partitions', 'index-usage'],
  details: ({ subject, options: { parent }, actor }) =>
    parent === undefined ? childReading(subject, actor.role) : leftReading(subject, parent),
  refuse,
  plan: (given) => (given.options.parent === undefined ? planAttached(given) : planLeft(given)),
  proof: ({ subject }) => placeReading(digits(subject.oid)),
  judge,
  not: 'Not dropped.',
});

const childOf = ({ details }: Pick<Asked, 'details'>) => details[0] as Child | undefined;
const leftOf = ({ details }: Pick<Asked, 'details'>) => details[0] as Left | undefined;

/** Whether a table can only be what Create partition left: the columns of the partitioned table, and not one page. */
function leftReading(subject: RelationSubject, parent: number): Reading {
  const columns = (
    oid: string,
  ) => `(select json_agg(json_build_array(a.attname, a.atttypid::bigint, a.atttypmod) order by a.attnum)::text
    from pg_catalog.pg_attribute as a where a.attrelid = ${oid} and a.attnum > 0 and not a.attisdropped)`;
  return {
    text: `select /* pgdeck:partition-left */ format('%I.%I', n.nspname, c.relname) as parent_quoted,
  exists (select from pg_catalog.pg_inherits as i where i.inhrelid = $1::oid or i.inhparent = $1::oid) as attached,
  ${columns('$1::oid')} = ${columns('c.oid')} as alike, pg_relation_size($1::oid) = 0 as empty
from pg_catalog.pg_partitioned_table as p
join pg_catalog.pg_class as c on c.oid = p.partrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = $2::oid`,
    values: [subject.oid, parent],
  };
}

function refuse(given: Asked): Refusal | undefined {
  const { subject, options: asked } = given;
  const message = `${subject.quoted} is not a partition. Only partitions are dropped from here, and the empty table that Create partition left.`;
  if (asked.parent !== undefined) {
    const left = leftOf(given);
    return left && !left.attached && left.alike && left.empty && subject.relkind === 'r'
      ? undefined
      : { code: 'not_a_partition', message };
  }
  const child = childOf(given);
  if (!child) return { code: 'not_a_partition', message };
  return child.dependents.length > 0
    ? {
        code: 'has_dependents',
        message: `PostgreSQL does not drop ${subject.quoted} while it is needed by ${list(child.dependents)}.`,
      }
    : undefined;
}

function planLeft(given: Asked): Plan {
  const { subject, actor } = given;
  return {
    question: `Drop the empty table ${subject.quoted}?`,
    effect: `It was made to be a partition of ${leftOf(given)?.parent_quoted} and is not attached. It holds no row.`,
    typed: subject.name,
    facts: [],
    warnings: [],
    ...missing(subject.owns_relation, subject.quoted, actor.role),
    steps: [
      {
        sql: dropTableSql('drop-partition', subject),
        locks: [
          {
            oid: subject.oid,
            relation: subject.quoted,
            mode: 'AccessExclusiveLock',
            also: [
              { what: 'toast', mode: 'AccessExclusiveLock' },
              { what: 'indexes', mode: 'AccessExclusiveLock' },
            ],
          },
        ],
        wait: 'brief',
        inTransaction: true,
      },
    ],
  };
}

function planAttached(given: Asked): Plan {
  const { subject, actor } = given;
  const child = childOf(given) as Child;
  const { parent_quoted: parent, pending, defaults, referenced } = child;
  const plain = defaults.length > 0 && !pending;
  // PostgreSQL does not drop a partition that foreign keys lead to; a detached one it does.
  const atOnce = plain && !referenced;
  const steps = atOnce ? [dropStep(given, true)] : [detachStep(given), dropStep(given, false)];
  return {
    question: `Drop partition ${subject.quoted} of ${parent}, with its rows?`,
    effect: atOnce
      ? `The partition and all its rows are gone. ${parent} has a default partition, and so PostgreSQL does this only while nobody uses ${parent} at all.`
      : `PostgreSQL takes it out of ${parent} first${plain ? '' : ', while reads and writes go on'}, and then drops it. Its rows are gone.`,
    typed: subject.name,
    facts: [
      { label: 'Takes', value: child.bound },
      { label: 'Rows', value: `about ${exact(Math.max(0, subject.estimated_rows))}` },
      { label: 'Size with indexes', value: bytes(child.bytes ?? 0) },
      ...(child.parts > 0 ? [{ label: 'Partitions of its own, dropped with it', value: exact(child.parts) }] : []),
    ],
    warnings: [
      'The rows cannot be brought back from here: detach it instead where they may be needed.',
      ...(plain
        ? [
            `AccessExclusiveLock on ${parent}: reads and writes of all its partitions wait while this waits for its lock, at most 2 s for each try.`,
          ]
        : []),
      ...(referenced
        ? [
            `Foreign keys lead to ${parent}: PostgreSQL reads the tables with them, and refuses (23503) where they name rows of ${subject.quoted}.`,
          ]
        : []),
    ],
    ...missing(child.owns_parent && subject.owns_relation, child.owns_parent ? subject.quoted : parent, actor.role),
    steps,
    queues: plain
      ? `Everybody who uses ${parent} waits behind it, for at most 2 s.`
      : `VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on ${parent} wait while it is detached; reads and writes of the other partitions do not.`,
  };
}

function missing(owns: boolean, what: string, role: string): { missingRight?: string } {
  return owns ? {} : { missingRight: `Role ${role} does not own ${what}, so PostgreSQL will refuse this (42501).` };
}

function detachStep({ subject, details }: Asked): Step {
  const child = details[0] as Child;
  const brief = child.defaults.length > 0 || child.pending;
  return {
    sql: detachSql('drop-partition', subject, child),
    title: `Detach ${subject.quoted}`,
    locks: detachLocks(subject, child),
    wait: brief ? 'brief' : 'patient',
    inTransaction: brief,
    ...(child.pending && { outlivesSnapshots: true }),
    ...(!brief && { yieldAfterSeconds: 10 }),
  };
}

function dropStep({ subject, details }: Asked, attached: boolean): Step {
  const child = details[0] as Child;
  const [held] = child.defaults;
  const whole = 'AccessExclusiveLock';
  return {
    sql: dropTableSql('drop-partition', subject, attached ? child.parent_quoted : undefined),
    title: `Drop ${subject.quoted}`,
    locks: [
      ...(attached ? [{ oid: child.parent_oid, relation: child.parent_quoted, mode: whole }] : []),
      ...(attached && held && held.oid !== subject.oid ? [{ oid: held.oid, relation: held.quoted, mode: whole }] : []),
      {
        oid: subject.oid,
        relation: subject.quoted,
        mode: whole,
        also: [
          { what: 'partitions', mode: whole },
          { what: 'toast', mode: whole },
          { what: 'indexes', mode: whole },
          ...(child.referencing && !attached ? [{ what: 'referenced' as const, mode: whole }] : []),
        ],
      },
    ],
    wait: 'brief',
    inTransaction: true,
  };
}

function judge(before: Row | undefined, after: Row | undefined, given: Asked): Judgement {
  const { subject } = given;
  if (!after)
    return {
      done: true,
      message: `${subject.quoted} is dropped.`,
      figures: [{ label: 'Size', before: bytes(Number(before?.bytes ?? 0)), after: null }],
    };
  if (given.options.parent !== undefined) return { done: false, message: `${subject.quoted} is still there.` };
  const child = childOf(given) as Child;
  if (after.pending === true)
    return { done: false, message: `${subject.quoted} is still there.`, next: [finish(subject)] };
  const again = after.parent === null ? attachAgain(subject, child) : undefined;
  return {
    done: false,
    message:
      after.parent === null
        ? `${subject.quoted} is detached from ${child.parent_quoted} but not dropped.`
        : `${subject.quoted} is still a partition of ${child.parent_quoted}.`,
    ...(again && {
      warnings: [
        `${subject.quoted} is detached and not dropped: queries of ${child.parent_quoted} do not see its rows.`,
      ],
      next: [{ title: `Attach ${subject.quoted} again: it was detached and not dropped`, body: again.body }],
    }),
  };
}
