import { z } from 'zod';
import { list } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import { defineWork, type Given, type Refusal } from './action';
import { digits } from './session';
import type { RelationSubject } from './subjects/subject';
import { firstUserOid, notFor } from './tables/maintenance';

/** PostgreSQL cuts names behind so many bytes. */
const longestName = 63;

const options = z.strictObject({
  columns: z
    .array(z.number('must be the number of a column').int().min(1).max(1600), 'must be numbers of columns')
    .min(2, 'must name at least two columns')
    .max(8, 'must be at most 8')
    .refine((columns) => new Set(columns).size === columns.length, 'must name each column once')
    .meta({ title: 'Columns', description: 'Two to eight that depend on each other, by number.' }),
  kinds: z
    .array(z.enum(['ndistinct', 'dependencies', 'mcv']), 'must be kinds of statistics')
    .min(1, 'must name at least one kind')
    .max(3)
    .refine((kinds) => new Set(kinds).size === kinds.length, 'must name each kind once')
    .default(['ndistinct', 'dependencies', 'mcv'])
    .meta({
      title: 'Kinds',
      description:
        'ndistinct: how many combinations there are, for GROUP BY. dependencies: one column follows from another. mcv: the most common combinations.',
    }),
  name: z
    .string()
    .min(1, 'must not be empty')
    .refine((name) => Buffer.byteLength(name) <= longestName, 'must be at most 63 bytes')
    .refine((name) => !name.includes('\0'), 'must not hold the character NUL')
    .optional()
    .meta({ title: 'Name', description: "Missing: from the table's and the columns' names." }),
});

type Options = z.output<typeof options>;
type Asked = Given<RelationSubject, Options>;

/** What it depends on: the columns, the names that are taken in the schema, and the statistics objects of the table. */
type Details = {
  schema: string;
  may_create: boolean;
  columns: { attnum: number; name: string; quoted: string }[];
  taken: string[];
  present: { quoted: string; columns: number[]; kinds: string[] }[];
};

const kindOf: Record<string, string> = { d: 'ndistinct', f: 'dependencies', m: 'mcv' };

function detailsOf({ details }: { details: Asked['details'] }): Details {
  return details[0] as Details;
}

/** The columns in the order that was asked for. */
function columnsOf(given: Asked): Details['columns'] {
  return given.options.columns.flatMap(
    (attnum) => detailsOf(given).columns.find((column) => column.attnum === attnum) ?? [],
  );
}

/** The name that was asked for, else `table_a_b_stat` as PostgreSQL would choose it, with a number where that is taken. */
function nameOf(given: Asked): string {
  if (given.options.name !== undefined) return given.options.name;
  const { taken } = detailsOf(given);
  const start = [given.subject.name, ...columnsOf(given).map(({ name }) => name)].join('_');
  for (let number = 0; ; number++) {
    const end = `_stat${number || ''}`;
    const letters = [...start];
    while (Buffer.byteLength(letters.join('') + end) > longestName) letters.pop();
    const name = letters.join('') + end;
    if (!taken.includes(name)) return name;
  }
}

function whole(given: Asked): string {
  return `${detailsOf(given).schema}.${quoted(nameOf(given))}`;
}

function refuse(given: Asked): Refusal | undefined {
  const { subject, options } = given;
  const kind = notFor(subject, 'rpmf', 'statistics on several columns are for tables and materialized views.');
  if (kind) return kind;
  if (subject.oid < firstUserOid)
    return { code: 'system', message: `${subject.quoted} belongs to PostgreSQL and is not altered.` };
  const { columns, taken, present } = detailsOf(given);
  const unknown = options.columns.filter((attnum) => !columns.some((column) => column.attnum === attnum));
  if (unknown.length > 0)
    return { code: 'no_such_column', message: `${subject.quoted} has no column ${list(unknown.map(String))}.` };
  if (options.name !== undefined && taken.includes(options.name))
    return {
      code: 'name_taken',
      message: `There is a statistics object ${quoted(options.name)} in that schema already.`,
    };
  const same = present.find(
    (each) =>
      each.columns.length === options.columns.length &&
      options.columns.every((attnum) => each.columns.includes(attnum)) &&
      options.kinds.every((each_) => each.kinds.some((kind) => kindOf[kind] === each_)),
  );
  return same
    ? { code: 'exists', message: `${same.quoted} has these statistics of the same columns already.` }
    : undefined;
}

/** Tells the planner how columns depend on each other: `CREATE STATISTICS`. */
export const createStatistics = defineWork<RelationSubject, typeof options>({
  id: 'create-statistics',
  title: 'Create statistics on columns',
  summary:
    'Lets ANALYZE measure how some columns depend on each other, so that the planner expects the right number of rows.',
  group: 'tables',
  run: 'transactional',
  long: false,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the table with CREATE on its schema, or superuser.',
  options,
  locks: [
    {
      object: 'the table, for a moment',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables'],
  details: ({ subject, options, actor }) => ({
    text: `select /* pgdeck:statistics-details */ format('%I', n.nspname) as schema,
  has_schema_privilege($1::name, n.oid, 'create') as may_create,
  (select coalesce(json_agg(json_build_object('attnum', a.attnum, 'name', a.attname, 'quoted', format('%I', a.attname)) order by a.attnum), '[]')
    from pg_catalog.pg_attribute as a where a.attrelid = c.oid and not a.attisdropped and a.attnum = any($2::smallint[])) as columns,
  (select coalesce(json_agg(s.stxname), '[]') from pg_catalog.pg_statistic_ext as s where s.stxnamespace = n.oid) as taken,
  (select coalesce(json_agg(json_build_object('quoted', format('%I', s.stxname), 'columns', s.stxkeys::smallint[], 'kinds', s.stxkind)), '[]')
    from pg_catalog.pg_statistic_ext as s where s.stxrelid = c.oid and s.stxexprs is null) as present
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.oid = ${digits(subject.oid)}::oid`,
    values: [actor.role, options.columns],
  }),
  refuse,
  plan: (given) => {
    const { subject, options, actor } = given;
    const columns = columnsOf(given).map((column) => column.quoted);
    const lacks = [
      ...(subject.owns_relation ? [] : [`does not own ${subject.quoted}`]),
      ...(detailsOf(given).may_create ? [] : [`may not create anything in schema ${detailsOf(given).schema}`]),
    ];
    return {
      question: `Create statistics on ${list(columns, 8)} of ${subject.quoted}?`,
      effect:
        'PostgreSQL notes what to measure; the next ANALYZE of the table measures it, and plans change from then on. Reads and writes go on.',
      typed: nameOf(given),
      facts: [
        { label: 'Name', value: whole(given) },
        { label: 'Undo', value: 'DROP STATISTICS, offered with the result.' },
      ],
      warnings: [],
      ...(lacks.length > 0 && {
        missingRight: `Role ${actor.role} ${lacks.join(' and ')}, so PostgreSQL will refuse this (42501).`,
      }),
      steps: [
        {
          sql: `create /* pgdeck:create-statistics */ statistics ${whole(given)} (${options.kinds.join(', ')}) on ${columns.join(', ')} from ${subject.quoted}`,
          locks: [{ oid: subject.oid, relation: subject.quoted, mode: 'ShareUpdateExclusiveLock' }],
          wait: 'brief',
          inTransaction: true,
        },
      ],
    };
  },
  proof: (given) => ({
    text: `select /* pgdeck:statistics-created */ s.oid
from pg_catalog.pg_statistic_ext as s
where s.stxname = $1 and s.stxrelid = ${digits(given.subject.oid)}::oid`,
    values: [nameOf(given)],
  }),
  judge: (before, after, given) => {
    const { subject } = given;
    if (!after || before) return { done: false, message: `${whole(given)} was not created.` };
    return {
      done: true,
      message: `${whole(given)} is created; ANALYZE fills it.`,
      undo: {
        sql: `drop statistics ${whole(given)}`,
        body: {
          action: 'drop-statistics',
          target: { kind: 'statistics', database: subject.database, oid: Number(after.oid) },
        },
      },
      next: [
        {
          title: `Analyze ${subject.quoted}, so that it is measured`,
          body: { action: 'analyze', target: { kind: 'relation', database: subject.database, oid: subject.oid } },
        },
      ],
    };
  },
  not: 'The statistics were not created.',
});
