import { z } from 'zod';
import { bytes, plural } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import { defineWork, type Given, type Judgement, type Plan, type Refusal, type Step } from './action';
import { aheadOption, aheadPartitions, aheadRefusal, type Next, nextSql } from './partitions/ahead';
import { type Bound, boundSql, partitionBound, proposedName } from './partitions/bound';
import {
  attachLocks,
  boundRefusal,
  defaultWarning,
  notPartitioned,
  overlapRefusal,
  type Parent,
  parentColumns,
  parentFrom,
  type Sibling,
  siblingsColumn,
} from './partitions/parent';
import type { NextAction } from './protocol';
import { digits } from './session';
import type { RelationSubject } from './subjects/subject';

const pageBytes = 8192;

const options = z
  .strictObject({
    bound: partitionBound
      .optional()
      .meta({ title: 'Rows it takes', description: 'By the kind of partitioning of the table.' }),
    name: z
      .string()
      .min(1, 'must not be empty')
      .refine((name) => Buffer.byteLength(name) <= 63, 'is longer than 63 bytes')
      .refine((name) => !name.includes('\0'), 'must not hold the character NUL')
      .optional()
      .meta({ title: 'Name', description: 'In the schema of the table; missing: one is proposed from the bound.' }),
    ahead: aheadOption.optional(),
  })
  .refine(({ bound, ahead }) => (bound === undefined) !== (ahead === undefined), {
    message: 'must have either bound or ahead',
    path: ['bound'],
  })
  .refine(({ name, ahead }) => name === undefined || ahead === undefined, {
    message: 'goes with bound only: those ahead are named by their time',
    path: ['name'],
  });

type Asked = Given<RelationSubject, z.output<typeof options>>;
type Details = Parent & { siblings: Sibling[]; taken: string[]; next: Next | null };
type New = { name: string; quoted: string; bound: Bound };

/** Makes a partition, or those of the time to come, while reads and writes go on. */
export const createPartition = defineWork<RelationSubject, typeof options>({
  id: 'create-partition',
  title: 'Create partition',
  summary:
    'Makes a table like the partitioned one and attaches it, so that reads and writes go on; CREATE TABLE … PARTITION OF would lock the whole table against both.',
  group: 'partitions',
  run: 'maintenance',
  long: false,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the partitioned table, with CREATE on its schema; or superuser.',
  options,
  locks: [
    {
      object: 'the partitioned table and its indexes',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
    {
      object: 'tables that its foreign keys name; from PostgreSQL 15 also those with foreign keys to it',
      mode: 'ShareRowExclusiveLock',
      blocks: 'writes and maintenance; not reads',
    },
    {
      object: 'the default partition, where there is one, while it is read',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
  ],
  touches: ['tables', 'partitions', 'index-usage'],
  details: ({ subject, options: { ahead, name }, actor }) => ({
    text: `select /* pgdeck:create-partition-details */ ${parentColumns}, ${ahead ? `'[]'::json as siblings` : siblingsColumn},
  coalesce((select json_agg(o.relname) from (select r.relname from pg_catalog.pg_class as r
    where r.relnamespace = n.oid and (r.relname = $2::text or starts_with(r.relname::text, left(c.relname, 10))) limit 20000) as o), '[]') as taken,
  ${ahead ? nextSql(ahead) : 'null::json'} as next
from ${parentFrom}
where c.oid = $3::oid`,
    values: [actor.role, name ?? '', subject.oid, ...(ahead ? [ahead.interval, ahead.count] : [])],
  }),
  refuse,
  plan,
  proof: (given) => ({
    text: `select /* pgdeck:partition-created */ json_agg(json_build_object('oid', r.oid::bigint, 'attached', exists (
    select from pg_catalog.pg_inherits as i where i.inhrelid = r.oid and i.inhparent = ${digits(given.subject.oid)}::oid)) order by w.place) as tables
from unnest($1::text[]) with ordinality as w(name, place)
left join pg_catalog.pg_class as r on r.relname = w.name and r.relnamespace = (
  select c.relnamespace from pg_catalog.pg_class as c where c.oid = ${digits(given.subject.oid)}::oid)`,
    values: [wanted(given).map(({ name }) => name)],
  }),
  judge: (before, after, given) => judge(tables(before), tables(after), given),
  not: 'No partition was made.',
});

const detailsOf = ({ details }: Pick<Asked, 'details'>) => details[0] as Details | undefined;
const tables = (row: Record<string, unknown> | undefined) =>
  (row?.tables ?? []) as { oid: number | null; attached: boolean }[];

/** The partitions that are made, with their names; empty where nothing is known of the table. */
function wanted(given: Asked): New[] {
  const details = detailsOf(given);
  if (!details) return [];
  const { bound, name } = given.options;
  const made = bound
    ? [{ name: name ?? proposedName(details.name, bound), bound }]
    : aheadPartitions(details.next as Next, details.name);
  return made.map((each) => ({ ...each, quoted: `${details.quoted_schema}.${quoted(each.name)}` }));
}

function refuse(given: Asked): Refusal | undefined {
  const { subject, options: asked } = given;
  const details = detailsOf(given);
  if (!details) return notPartitioned(subject.quoted);
  if (details.persistence === 't')
    return { code: 'temporary', message: `${subject.quoted} is temporary: only its own session can do this.` };
  const none = asked.ahead && aheadRefusal(details.next as Next, subject.quoted);
  if (none) return none;
  for (const { name, quoted: shown, bound } of wanted(given)) {
    const refused = boundRefusal(details, bound);
    if (refused) return refused;
    if (details.taken.includes(name))
      return { code: 'name_taken', message: `There is a ${shown} already: choose another name.` };
    const overlap = overlapRefusal(details, bound);
    if (overlap) return overlap;
  }
  return undefined;
}

function plan(given: Asked): Plan {
  const { subject, actor } = given;
  const details = detailsOf(given) as Details;
  const made = wanted(given);
  const [first] = made as [New, ...New[]];
  const last = made.at(-1) as New;
  const { zone = null } = details.next ?? {};
  const pages = details.defaults.reduce((sum, each) => sum + Math.max(0, each.pages), 0);
  return {
    question:
      made.length === 1
        ? `Create partition ${first.quoted} of ${subject.quoted}?`
        : `Create ${made.length} partitions of ${subject.quoted}?`,
    effect: `PostgreSQL makes an empty table like ${subject.quoted} and then attaches it, which takes indexes, foreign keys and triggers over. Reads and writes go on. If the second statement fails, the empty table is left and named.`,
    typed: subject.name,
    facts: [
      { label: 'Partitioned by', value: details.key },
      { label: made.length === 1 ? 'Takes' : 'The first takes', value: boundSql(first.bound) },
      ...(made.length > 1 ? [{ label: 'The last takes', value: boundSql(last.bound) }] : []),
      ...(zone !== null ? [{ label: 'Boundaries', value: `midnight in ${zone}` }] : []),
      { label: 'To take it back', value: 'Drop partition, with the rows that are in it by then.' },
    ],
    warnings: [
      ...defaultWarning(details, (all) => bytes(all * pageBytes)),
      ...(details.owner !== actor.role && !details.may_give
        ? [
            `The new table will belong to ${actor.role}, for it may not be given to ${details.owner}, who owns ${subject.quoted}.`,
          ]
        : []),
    ],
    ...(missingRight(given) && { missingRight: missingRight(given) as string }),
    steps: made.flatMap((each) => stepsOf(each, details, actor)),
    queues: `VACUUM, ANALYZE and ALTER TABLE on ${subject.quoted} wait for a moment; reads and writes do not${details.defaults.length > 0 ? ', except those of the default partition' : ''}.`,
    ...(pages > 0 && { work: { readBytes: pages * pageBytes * made.length, writeBytes: 0 } }),
  };
}

function stepsOf(made: New, details: Details, actor: Asked['actor']): Step[] {
  const place = [
    details.quoted_method && ` using ${details.quoted_method}`,
    details.quoted_tablespace && ` tablespace ${details.quoted_tablespace}`,
  ];
  const give: Step = {
    sql: `alter /* pgdeck:create-partition */ table ${made.quoted} owner to ${details.quoted_owner}`,
    title: `Give ${made.quoted} to ${details.owner}`,
    locks: [],
    wait: 'brief',
    inTransaction: true,
    goOn: true,
  };
  return [
    {
      // Identity is left out: PostgreSQL 17 and newer hand the one of the whole table down, older ones use only that.
      sql: `create /* pgdeck:create-partition */ table ${made.quoted} (like ${details.quoted} including defaults including constraints including generated including storage including compression including comments)${place.filter(Boolean).join('')}`,
      title: `Make ${made.quoted}`,
      locks: [{ oid: details.oid, relation: details.quoted, mode: 'AccessShareLock' }],
      wait: 'brief',
      inTransaction: true,
    },
    ...(details.owner !== actor.role && details.may_give ? [give] : []),
    {
      sql: `alter /* pgdeck:create-partition */ table ${details.quoted} attach partition ${made.quoted} ${boundSql(made.bound)}`,
      title: `Attach ${made.quoted}`,
      locks: attachLocks(details, actor.major),
      wait: 'brief',
      inTransaction: true,
      // The default partition is read while nobody can use it.
      ...(details.defaults.length > 0 && { yieldAfterSeconds: 30 }),
    },
  ];
}

function missingRight(given: Asked): string | undefined {
  const { subject, actor } = given;
  const { owns, may_create, quoted_schema } = detailsOf(given) as Details;
  if (!owns) return `Role ${actor.role} does not own ${subject.quoted}, so PostgreSQL will refuse this (42501).`;
  if (!may_create)
    return `Role ${actor.role} may not create tables in schema ${quoted_schema}, so PostgreSQL will refuse this (42501).`;
  return undefined;
}

function judge(before: ReturnType<typeof tables>, after: ReturnType<typeof tables>, given: Asked): Judgement {
  const { subject } = given;
  const { database } = subject;
  const made = wanted(given).map((each, index) => ({
    ...each,
    oid: before[index]?.oid ? null : (after[index]?.oid ?? null),
    attached: after[index]?.attached === true,
  }));
  const attached = made.filter((each) => each.attached && each.oid !== null);
  const left = made.filter((each) => !each.attached && each.oid !== null);
  const next = left.flatMap(({ oid, quoted: name, bound }): NextAction[] => [
    {
      title: `Attach ${name}, which was made but not attached`,
      body: {
        action: 'attach-partition',
        target: { kind: 'relation', database, oid: oid as number },
        options: { parent: subject.oid, bound },
      },
    },
    {
      title: `Drop ${name}, which was made but not attached`,
      body: {
        action: 'drop-partition',
        target: { kind: 'relation', database, oid: oid as number },
        options: { parent: subject.oid },
      },
    },
  ]);
  const [only] = attached;
  return {
    done: attached.length === made.length,
    message:
      attached.length === 0
        ? `${subject.quoted} has no new partition.`
        : attached.length === 1
          ? `${only?.quoted} is a partition of ${subject.quoted}.`
          : `${subject.quoted} has ${plural(attached.length, 'new partition')}.`,
    figures: attached.map(({ quoted: name, bound }) => ({ label: name, before: null, after: boundSql(bound) })),
    ...(next.length > 0 && {
      next,
      warnings: left.map(({ quoted: name }) => `${name} was made and is not attached: it is an empty table by itself.`),
    }),
    ...(only &&
      made.length === 1 && {
        undo: {
          sql: `drop table ${only.quoted}`,
          body: { action: 'drop-partition', target: { kind: 'relation' as const, database, oid: only.oid as number } },
        },
      }),
  };
}
