import { z } from 'zod';
import { bytes, exact, list, percent, plural } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import { type Claim, defineWork, type Given, type Plan, type Refusal, type Step } from './action';
import { cut, joined } from './partitions/bound';
import { digits } from './session';
import type { RelationSubject } from './subjects/subject';
import { columnsReading, type SequenceColumn } from './tables/sequence-columns';

const pageBytes = 8192;
const batchRows = 10_000;

type Asked = Given<RelationSubject>;

/** Shows how the numbers of a sequence get room: every column that holds them as bigint, online or by a rewrite. */
export const sequenceToBigint = defineWork<RelationSubject, z.ZodObject>({
  id: 'sequence-to-bigint',
  title: 'Sequence to bigint',
  summary:
    'Shows the statements that give a sequence, its columns and all that name them room as bigint: online, and by a rewrite. It is never run from here.',
  group: 'tables',
  run: 'maintenance',
  long: true,
  onStandby: true,
  targetKinds: ['relation'],
  role: 'operator',
  confirm: 'click',
  rights: 'None to read the plan; who runs it has to own the tables and the sequence.',
  options: z.strictObject({}),
  locks: [
    {
      object: 'the tables, for a moment online; for as long as it takes where they are rewritten',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
  ],
  touches: [],
  details: ({ subject, actor }) => columnsReading(subject, actor.role),
  refuse,
  plan,
  proof: ({ subject }) => ({
    text: `select /* pgdeck:sequence-shown */ c.oid from pg_catalog.pg_class as c where c.oid = ${digits(subject.oid)}::oid`,
  }),
  judge: () => ({ done: false, message: 'The plan is only shown.' }),
  not: 'The plan is only shown.',
});

const columnsOf = ({ details }: Pick<Asked, 'details'>) => details as unknown as SequenceColumn[];
const narrow = ({ type }: SequenceColumn) => type !== 'bigint';
const narrowSequences = (columns: SequenceColumn[]) =>
  columns.flatMap(({ sequence }) => (sequence && sequence.type !== 'bigint' ? [sequence] : []));

function refuse(given: Asked): Refusal | undefined {
  const { subject } = given;
  if (!['S', 'r', 'p'].includes(subject.relkind))
    return { code: 'not_a_table', message: `${subject.quoted} is neither a sequence nor a table.` };
  const columns = columnsOf(given);
  if (columns.length === 0)
    return {
      code: 'not_an_integer_key',
      message:
        subject.relkind === 'S'
          ? `No column takes its numbers from ${subject.quoted}.`
          : `${subject.quoted} has no integer key and no column that takes its numbers from a sequence.`,
    };
  return columns.some(narrow) || narrowSequences(columns).length > 0
    ? undefined
    : { code: 'nothing_to_do', message: `All columns of ${subject.quoted} and those that name them are bigint.` };
}

function plan(given: Asked): Plan {
  const { subject } = given;
  const columns = columnsOf(given);
  const narrowed = columns.filter(narrow);
  const views = [...new Set(narrowed.flatMap((column) => column.views))];
  const inherits = narrowed.filter((column) => column.inherits).map(({ table }) => table);
  const size = narrowed.reduce((sum, { pages }) => sum + pages * pageBytes, 0);
  const online = narrowed.length === 0 || inherits.length > 0 ? [] : onlineSteps(columns);
  return {
    question: `How ${subject.quoted} gets room as bigint`,
    effect: `These statements are shown to be read, changed and run by you; pgdeck does not run them. ${online.length > 0 ? 'First the online way: each table is locked for moments only. Then, instead of it, the way that rewrites.' : 'Each table is locked while it is rewritten.'}`,
    typed: subject.name,
    facts: columns.map((column) => ({
      label: `${column.table}.${column.quoted_column}`,
      value: factOf(column),
    })),
    warnings: [
      ...(inherits.length > 0
        ? [
            `${list(inherits)} ${inherits.length === 1 ? 'has' : 'have'} partitions or heirs: only the way that rewrites is shown.`,
          ]
        : []),
      ...(views.length > 0
        ? [
            `${list(views)} ${views.length === 1 ? 'reads' : 'read'} these columns and must be made again: a view keeps to the old column, and a rewrite is refused while it is there.`,
          ]
        : []),
      ...(narrowed.length > 1
        ? [
            `${plural(narrowed.length, 'column')} in all: those that name the numbers are as full as the key, and need the same.`,
          ]
        : []),
    ],
    steps: [...online, ...rewriteSteps(columns, online.length > 0)],
    work: { readBytes: size * 2, writeBytes: size * 2 },
    onlyShown: true,
  };
}

function factOf({ type, sequence, is_source, identity, estimated_rows }: SequenceColumn): string {
  const rows = `about ${exact(Math.max(0, estimated_rows))} rows`;
  if (!is_source) return `${type}, a foreign key to it, ${rows}`;
  if (!sequence) return `${type}, the key, ${rows}`;
  const full =
    sequence.last === null || sequence.full === null
      ? 'not used yet, or hidden from this role'
      : `at ${sequence.last} of ${sequence.most} (${percent(sequence.full)})`;
  return `${type}, ${identity ? 'identity' : 'default'} from ${sequence.quoted} (${sequence.type}), ${full}, ${rows}`;
}

const claim = ({ oid, table }: SequenceColumn): Claim => ({ oid, relation: table, mode: 'AccessExclusiveLock' });

type Sequence = NonNullable<SequenceColumn['sequence']>;
/** Who takes a number waits behind it. */
const sequenceClaim = ({ oid, quoted }: Sequence): Claim => ({ oid, relation: quoted, mode: 'ShareRowExclusiveLock' });

function shown(
  says: string,
  sql: string,
  columns: SequenceColumn[] = [],
  mode?: string,
  sequences: Sequence[] = [],
): Step {
  return {
    sql: `-- ${says}\n${sql}`,
    title: says,
    locks: [...columns.map((column) => ({ ...claim(column), ...(mode && { mode }) })), ...sequences.map(sequenceClaim)],
    wait: 'brief',
    inTransaction: !/concurrently/.test(sql),
  };
}

/** The names that the online way makes for a column. */
function namesOf({ column, table_name, quoted_schema }: SequenceColumn) {
  const fresh = joined(column, 'bigint');
  const helper = joined(joined(cut(table_name, 20), cut(column, 20)), 'to_bigint');
  return {
    fresh: quoted(fresh),
    old: quoted(joined(column, 'old')),
    check: quoted(joined(cut(fresh, 40), 'not_null')),
    trigger: quoted(helper),
    function: `${quoted_schema}.${quoted(helper)}`,
  };
}

const indexName = (name: string) => quoted(joined(name, 'bigint'));

function onlineSteps(columns: SequenceColumn[]): Step[] {
  const narrowed = columns.filter(narrow);
  const before = narrowed.flatMap((column) => {
    const { table, quoted_column: name, not_null: notNull, indexes } = column;
    const { fresh, trigger, check, function: helper } = namesOf(column);
    const body = `begin new.${fresh} := new.${name}; return new; end`;
    return [
      shown(`Online, ${table}: a column beside the old one`, `alter table ${table} add column ${fresh} bigint`, [
        column,
      ]),
      shown(
        'What is written from now on is in both',
        `create function ${helper}() returns trigger language plpgsql as ${dollars(body)};\ncreate trigger ${trigger} before insert or update on ${table} for each row execute function ${helper}()`,
        [column],
        'ShareRowExclusiveLock',
      ),
      shown(
        `The rows from before, ${exact(batchRows)} at a time: run it until it says UPDATE 0, with VACUUM in between`,
        `update ${table} set ${fresh} = ${name} where ctid = any (array(select ctid from ${table} where ${fresh} is null and ${name} is not null limit ${batchRows}))`,
        [column],
        'RowExclusiveLock',
      ),
      ...(notNull
        ? [
            shown(
              'Proves that none is null without a long lock',
              `alter table ${table} add constraint ${check} check (${fresh} is not null) not valid;\nalter table ${table} validate constraint ${check}`,
              [column],
            ),
          ]
        : []),
      ...indexes.map(({ alone, unique, name: index, definition }) =>
        alone
          ? shown(
              'An index like the old one',
              `create ${unique ? 'unique ' : ''}index concurrently ${indexName(index)} on ${table} (${fresh})`,
              [column],
              'ShareUpdateExclusiveLock',
            )
          : shown(
              `Where this index holds ${name}, make one like it with ${fresh}`,
              definition
                .split('\n')
                .map((line) => `-- ${line}`)
                .join('\n'),
            ),
      ),
    ];
  });
  return [...before, swap(columns), ...afterSwap(columns)];
}

/** The short transaction in which the new columns take the place of the old ones. */
function swap(columns: SequenceColumn[]): Step {
  const narrowed = columns.filter(narrow);
  // Also those of columns that are bigint already: they hang on the key's index.
  const keys = foreignKeys(columns);
  const lines = [
    'begin',
    "set local lock_timeout = '2s'",
    `lock table ${[...new Set(narrowed.map(({ table }) => table))].join(', ')} in access exclusive mode`,
    ...keys.map(({ table, name }) => `alter table ${table} drop constraint ${quoted(name)}`),
    ...narrowed.flatMap(swapOf),
    ...narrowSequences(columns).map(({ quoted: sequence }) => `alter sequence ${sequence} as bigint`),
    ...keys.map(
      ({ table, name, definition }) =>
        `alter table ${table} add constraint ${quoted(name)} ${definition.replace(/ NOT VALID$/, '')} not valid`,
    ),
    'commit',
  ];
  return shown(
    'The swap: a short transaction. Where it is refused for its lock, run it again',
    lines.join(';\n'),
    narrowed,
    undefined,
    narrowSequences(columns),
  );
}

function swapOf(column: SequenceColumn): string[] {
  const { table, quoted_column: name, identity, default_value: value, sequence, not_null: notNull, indexes } = column;
  const { fresh, old, check, trigger, function: helper } = namesOf(column);
  const alone = indexes.filter((index) => index.alone);
  const backing = alone.filter(({ constraint }) => constraint !== null);
  return [
    `drop trigger ${trigger} on ${table}`,
    `drop function ${helper}()`,
    ...(identity ? [`alter table ${table} alter column ${name} drop identity`] : []),
    ...(value !== null && !identity ? [`alter table ${table} alter column ${name} drop default`] : []),
    ...backing.map(({ constraint }) => `alter table ${table} drop constraint ${quoted(constraint)}`),
    `alter table ${table} rename column ${name} to ${old}`,
    `alter table ${table} rename column ${fresh} to ${name}`,
    `alter table ${table} alter column ${old} drop not null`,
    ...(notNull
      ? [`alter table ${table} alter column ${name} set not null`, `alter table ${table} drop constraint ${check}`]
      : []),
    ...backing.map(
      ({ constraint, primary, name: index }) =>
        `alter table ${table} add constraint ${quoted(constraint)} ${primary ? 'primary key' : 'unique'} using index ${indexName(index)}`,
    ),
    ...(identity && sequence
      ? [
          `alter table ${table} alter column ${name} add generated ${identity === 'a' ? 'always' : 'by default'} as identity (sequence name ${sequence.quoted})`,
          `select setval(pg_get_serial_sequence(${literalOf(table)}, ${literalOf(column.column)}), max(${name})) from ${table}`,
        ]
      : []),
    ...(value !== null && !identity ? [`alter table ${table} alter column ${name} set default ${value}`] : []),
    ...(value !== null && !identity && sequence ? [`alter sequence ${sequence.quoted} owned by ${table}.${name}`] : []),
  ];
}

function afterSwap(columns: SequenceColumn[]): Step[] {
  return [
    ...foreignKeys(columns).map(({ table, name }) =>
      shown(
        'Checks the rows from before, while reads and writes go on',
        `alter table ${table} validate constraint ${quoted(name)}`,
      ),
    ),
    ...columns
      .filter(narrow)
      .map((column) =>
        shown('When all is well', `alter table ${column.table} drop column ${namesOf(column).old}`, [column]),
      ),
  ];
}

function rewriteSteps(columns: SequenceColumn[], instead: boolean): Step[] {
  const narrowed = columns.filter(narrow);
  const way = instead ? 'Or, instead of all above, the way that rewrites: ' : '';
  return [
    ...narrowed.map((column, index) =>
      shown(
        `${index === 0 ? way : ''}${column.table} and its indexes (${bytes(column.pages * pageBytes)}) are written anew; nobody can read or write meanwhile, nor tables with foreign keys to it be written`,
        `alter table ${column.table} alter column ${column.quoted_column} type bigint`,
        [column],
      ),
    ),
    ...narrowSequences(columns).map((sequence) =>
      shown('The sequence, in an instant', `alter sequence ${sequence.quoted} as bigint`, [], undefined, [sequence]),
    ),
  ];
}

function foreignKeys(columns: SequenceColumn[]): { table: string; name: string; definition: string }[] {
  const keys = new Map(
    columns.flatMap(({ table, foreign_keys }) =>
      foreign_keys.map(({ name, definition }) => [`${table} ${name}`, { table, name, definition }] as const),
    ),
  );
  return [...keys.values()];
}

const literalOf = (text: string) => `'${text.replaceAll("'", "''")}'`;

/** A body between dollars that it does not hold. */
function dollars(body: string): string {
  let tag = '$$';
  for (let n = 0; body.includes(tag); n++) tag = `$body${n}$`;
  return `${tag} ${body} ${tag}`;
}
