import { plural } from '@/lib/format';
import { defineWork, type Given, type Refusal } from './action';
import { beingBuilt } from './indexes/builder';
import {
  compared,
  createIndex as createStatement,
  expressionsOf,
  type IndexDetails,
  type IndexOptions,
  indexOptions,
  shapeOf,
  type TreeTable,
} from './indexes/definition';
import { indexDetails } from './indexes/details';
import { builtProof, judgeBuilt } from './indexes/result';
import { provenIndex } from './indexes/sql-expression';
import { begun, type IndexSteps, indexSteps } from './indexes/steps';
import type { RelationSubject } from './subjects/subject';

type Asked = Given<RelationSubject, IndexOptions>;

const pageBytes = 8192;
/** Header, item pointer and free space of an entry, about. */
const perEntry = 16;

/** Builds an index while reads and writes go on; on a partitioned table on each partition, then puts them together. */
export const createIndex = defineWork<RelationSubject, typeof indexOptions>({
  id: 'create-index',
  title: 'Create index',
  summary: 'Builds an index while reads and writes go on; on a partitioned table on each partition.',
  group: 'indexes',
  run: 'concurrent',
  long: true,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the table, with CREATE on its schema; or superuser.',
  options: indexOptions,
  locks: [
    {
      object: 'the table, and each partition while its index is built',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, other index builds, ALTER TABLE; not reads or writes',
    },
    {
      object: 'a partitioned table, for a moment',
      mode: 'ShareLock',
      blocks: 'writes to it and most ALTER TABLE; not reads',
    },
    {
      object: 'an index of a partition, for a moment while it is attached',
      mode: 'AccessExclusiveLock',
      blocks: 'queries that plan to use the partition',
    },
  ],
  touches: ['tables', 'partitions', 'index-usage'],
  details: ({ subject, options, actor }) => indexDetails(subject, options, actor.role),
  refuse: (given) =>
    notATable(given) ?? notThere(given) ?? notForMethod(given) ?? notProven(given) ?? unread(given) ?? taken(given),
  plan(given) {
    const { subject, options } = given;
    const details = detailsOf(given);
    const { steps, quoted, present } = stepsOf(given);
    const partitioned = subject.relkind === 'p';
    const tables = details.tree.filter(({ relkind }) => relkind !== 'p');
    const pages = partitioned ? tables.reduce((sum, table) => sum + Math.max(table.pages, 0), 0) : subject.pages;
    return {
      question: `Create an index on ${subject.quoted}?`,
      effect: partitioned
        ? `PostgreSQL prepares the index on ${subject.quoted}, builds it on each of ${plural(tables.length, 'partition')} for itself while reads and writes go on, and attaches each. Until all are attached the index serves no query of the whole table.`
        : 'PostgreSQL reads the table twice and builds the index. Reads and writes go on; every write costs a little more from then on.',
      typed: subject.name,
      facts: [
        { label: 'Index', value: quoted },
        ...(present.length > 0 ? [{ label: 'Already there', value: present.join(', ') }] : []),
      ],
      warnings: warningsOf(given),
      ...missingRight(given),
      steps,
      queues: partitioned
        ? 'Writes wait behind the preparing of a partitioned table, queries behind the attaching, each for at most 2 s. VACUUM, ANALYZE and ALTER TABLE of a partition wait while its index is built.'
        : 'VACUUM, ANALYZE, other index builds and ALTER TABLE on it wait while this runs; reads and writes do not.',
      work: {
        readBytes: 2 * pages * pageBytes,
        writeBytes: Math.round(Math.max(subject.estimated_rows, 0) * entryBytes(details, options)),
      },
      settings: ['maintenance_work_mem', 'max_parallel_maintenance_workers'],
    };
  },
  proof: (given) => builtProof(stepsOf(given).planned),
  judge(_before, after, given) {
    const { subject, options } = given;
    const { planned, name } = stepsOf(given);
    const target = { kind: 'relation' as const, database: subject.database, oid: subject.oid };
    const partitioned = subject.relkind === 'p';
    return judgeBuilt(after, planned, {
      database: subject.database,
      table: subject.quoted,
      name,
      partitioned,
      ...(partitioned && {
        again: {
          title: `Go on with ${name}: build and attach what is missing`,
          body: { action: 'create-index', target, options: { ...options, name } },
        },
      }),
    });
  },
  not: 'The index was not created.',
});

function detailsOf({ details }: Asked): IndexDetails {
  return details[0] as IndexDetails;
}

function stepsOf(given: Asked): IndexSteps {
  const steps = indexSteps(given.subject, given.options, detailsOf(given));
  if (!steps) throw new Error('an index was planned that should have been refused');
  return steps;
}

function notATable({ subject, details }: Asked): Refusal | undefined {
  const found = details[0] as IndexDetails | undefined;
  if (!['r', 'p', 'm'].includes(subject.relkind) || !found)
    return {
      code: 'not_a_table',
      message: `${subject.quoted} cannot have an index: it is no table or materialized view.`,
    };
  if (subject.shared || ['pg_catalog', 'information_schema', 'pg_toast'].includes(subject.schema))
    return { code: 'system_catalog', message: `${subject.quoted} belongs to PostgreSQL itself.` };
  if (found.persistence === 't')
    return { code: 'temporary', message: `${subject.quoted} is a temporary table of another session.` };
  const foreign = found.tree.find(({ relkind }) => relkind === 'f');
  if (foreign)
    return {
      code: 'foreign_partition',
      message: `${foreign.quoted} is a foreign table, which cannot have an index: the index of ${subject.quoted} would never become valid. Create an index on each of the other partitions.`,
    };
  return undefined;
}

function notThere(given: Asked): Refusal | undefined {
  const { options, subject } = given;
  const { columns, opclasses, method } = detailsOf(given);
  const asked = [...options.columns.flatMap(({ attnum }) => attnum ?? []), ...(options.include ?? [])];
  const missing = asked.find((wanted) => !columns.some(({ attnum }) => attnum === wanted));
  if (missing !== undefined)
    return { code: 'no_such_column', message: `${subject.quoted} has no column with the number ${missing}.` };
  if (!method)
    return { code: 'no_such_method', message: `There is no index method ${options.method} in this database.` };
  for (const { opclass } of options.columns)
    if (opclass !== undefined && !opclasses.some((each) => each.oid === opclass && each.method === method.name))
      return {
        code: 'no_such_opclass',
        message: `There is no operator class with the OID ${opclass} for the method ${method.name}.`,
      };
  return undefined;
}

function notForMethod(given: Asked): Refusal | undefined {
  const { options } = given;
  const { method } = detailsOf(given);
  const cannot = (what: string) => ({
    code: 'not_for_method',
    message: `An index of the method ${method?.name} ${what}.`,
  });
  if (options.unique && !method?.unique) return cannot('cannot be unique');
  if (options.columns.length > 1 && !method?.many) return cannot('can only have one column');
  if (options.include?.length && !method?.include) return cannot('cannot INCLUDE columns');
  if (!method?.order && options.columns.some(({ order, nulls }) => order || nulls)) return cannot('has no order');
  return undefined;
}

function notProven(given: Asked): Refusal | undefined {
  const { subject, options } = given;
  const shape = shapeOf(options, detailsOf(given));
  if (!shape) return { code: 'no_such_column', message: 'A column of the index is not known.' };
  const place = { table: subject.quoted, name: 'x', concurrently: true };
  const why = provenIndex(expressionsOf(options), (texts) => createStatement(shape, place, texts));
  return why === undefined
    ? undefined
    : { code: 'not_an_expression', message: `The index cannot be made from these texts: ${why}.` };
}

/** Refuses where indexes that may say the same cannot be read. */
function unread(given: Asked): Refusal | undefined {
  const table = detailsOf(given).tree.find(({ indexes }) => indexes.some(({ definition }) => definition === null));
  return (
    table && {
      code: 'locked',
      message: `${table.quoted} is locked against everybody now, or somebody waits for that: whether it has this index already cannot be read. Try again when that has ended.`,
    }
  );
}

/** Refuses what exists already: another index of the name, or one that says the same. */
function taken(given: Asked): Refusal | undefined {
  const { options } = given;
  const details = detailsOf(given);
  const built = alikeIn(given, details.tree).find(({ builder }) => builder !== null);
  if (built) return beingBuilt(built);
  const resumed = begun(details, options);
  const { named } = details;
  if (named && named.oid !== resumed?.oid)
    return {
      code: 'name_taken',
      message: `The name ${options.name} is taken by ${named.what}${named.builder ? ` that ${named.builder}` : named.valid === false ? ' that is INVALID: repair or drop it first' : ''}.`,
    };
  if (resumed) return undefined;
  const equal = likeWanted(given, 'same');
  if (!equal) return undefined;
  return equal.valid
    ? { code: 'exists', message: `${equal.quoted} is the same index already.` }
    : {
        code: 'exists_invalid',
        message: `${equal.quoted} is the same index, but INVALID: repair or drop it instead of building a second one.`,
      };
}

function likeWanted(given: Asked, how: 'same' | 'alike') {
  return alikeIn(given, detailsOf(given).tree.slice(0, 1)).find((index) => index.how === how);
}

function alikeIn(given: Asked, tables: TreeTable[]) {
  const { subject, options } = given;
  const shape = shapeOf(options, detailsOf(given), false);
  const wanted = shape && createStatement(shape, { table: subject.quoted, name: 'x' });
  if (!wanted) return [];
  return tables
    .flatMap(({ indexes }) => indexes)
    .map((index) => ({ ...index, how: compared(index.definition, wanted) }))
    .filter(({ how }) => how !== undefined);
}

function warningsOf(given: Asked): string[] {
  const { options, subject } = given;
  const alike = likeWanted(given, 'alike');
  const resumed = begun(detailsOf(given), options);
  const typed = expressionsOf(options).length > 0;
  return [
    alike && alike.oid !== resumed?.oid
      ? `${alike.quoted} looks like the same index, but for type casts: ${alike.definition}`
      : undefined,
    resumed && `${resumed.quoted} was begun earlier: what is missing is built and attached to it.`,
    typed
      ? 'The search path is pg_catalog only: functions, operators and types of other schemas need their schema.'
      : undefined,
    options.unique
      ? 'Rows that have the same values make it fail, and leave an INVALID index behind that has to be dropped.'
      : undefined,
    subject.relkind === 'p'
      ? 'When it fails or is cancelled, what was built stays: running it again goes on from there.'
      : 'Cancelling it leaves an INVALID index behind that has to be dropped or repaired.',
    'It waits at its end for every transaction that is older than the build, in other tables too.',
  ].filter((warning) => warning !== undefined);
}

function missingRight(given: Asked): { missingRight?: string } {
  const { subject, actor } = given;
  if (!subject.owns_relation)
    return {
      missingRight: `Role ${actor.role} does not own ${subject.quoted}, so PostgreSQL will refuse this (42501). Make it a member of ${subject.owner ?? 'the owner'}.`,
    };
  if (!detailsOf(given).may_create)
    return {
      missingRight: `Role ${actor.role} lacks CREATE on the schema ${subject.schema}, so PostgreSQL will refuse this (42501).`,
    };
  return {};
}

function entryBytes({ columns }: IndexDetails, options: IndexOptions): number {
  const width = (wanted: number | undefined) => columns.find(({ attnum }) => attnum === wanted)?.width ?? 24;
  return [...options.columns.map(({ attnum }) => attnum), ...(options.include ?? [])].reduce<number>(
    (sum, attnum) => sum + width(attnum),
    perEntry,
  );
}
