import { z } from 'zod';
import { quoted } from '@/lib/identifier';
import { defineWork, type Given, type Judgement, type Plan, type Reading, type Refusal, type Row } from './action';
import { builtProof, judgeBuilt } from './indexes/result';
import { type Node, notInIndex, oneStatement, parserReady } from './indexes/sql-expression';
import type { RunSubject } from './subjects/subject';

type Asked = Given<RunSubject>;

/** What a kept text makes, on which table. */
type Made = { kind: 'index' | 'statistics'; schema: string | undefined; name: string; table: string | undefined };
/** The table as it is now, and whether the name is free. */
type Details = {
  oid: number;
  quoted: string;
  schema: string;
  database_oid: number;
  pages: number;
  owns: boolean;
  may_create: boolean;
  taken: boolean;
};

/** Makes again what a run dropped: an index or a statistics object, by the text that the audit kept. */
export const recreate = defineWork<RunSubject, z.ZodObject>({
  id: 'recreate',
  title: 'Make it again',
  summary: 'Makes an index or a statistics object again that a run had dropped, by the text that the audit kept.',
  group: 'indexes',
  run: 'concurrent',
  long: true,
  onStandby: false,
  targetKinds: ['run'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the table, with CREATE on the schema; or superuser.',
  options: z.strictObject({}),
  locks: [
    {
      object: 'the table',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables', 'partitions', 'index-usage'],
  details: ({ subject, actor }) => detailsSql(madeBy(subject.sql), actor.role),
  refuse: (given) => refused(given),
  plan: (given) => planned(given),
  proof: (given) => proof(given),
  judge: (_before, after, given) => judge(after, given),
  not: 'It was not made again.',
});

/** What a text makes; undefined where it is not exactly one statement of the two kinds that can be undone by text. */
export function madeBy(sql: string): Made | undefined {
  const statement = oneStatement(sql);
  const index = statement?.IndexStmt as Node | undefined;
  if (index) {
    const relation = index.relation as { schemaname?: string; relname: string } | undefined;
    if (!index.concurrent || index.if_not_exists || !index.idxname || !relation?.schemaname) return undefined;
    if (notInIndex([index.indexParams, index.whereClause])) return undefined;
    return {
      kind: 'index',
      schema: undefined,
      name: String(index.idxname),
      table: `${quoted(relation.schemaname)}.${quoted(relation.relname)}`,
    };
  }
  const statistics = statement?.CreateStatsStmt as Node | undefined;
  const names = (statistics?.defnames as { String: { sval: string } }[] | undefined)?.map(
    ({ String: { sval } }) => sval,
  );
  const [from, ...others] = (statistics?.relations ?? []) as { RangeVar?: { schemaname?: string; relname: string } }[];
  const table = from?.RangeVar;
  if (!statistics || statistics.if_not_exists || names?.length !== 2 || !table?.schemaname || others.length > 0)
    return undefined;
  if (notInIndex(statistics.exprs)) return undefined;
  return {
    kind: 'statistics',
    schema: names[0],
    name: names[1] as string,
    table: `${quoted(table.schemaname)}.${quoted(table.relname)}`,
  };
}

function detailsSql(made: Made | undefined, role: string): Reading {
  return {
    text: `select /* pgdeck:recreate-details */ c.oid, format('%I.%I', n.nspname, c.relname) as quoted, n.nspname as schema, d.oid as database_oid, c.relpages::float8 as pages,
  pg_has_role($1::name, c.relowner, 'usage') as owns,
  coalesce(has_schema_privilege($1::name, s.oid, 'CREATE'), false) as may_create,
  case when $5 then exists (select from pg_catalog.pg_class as o where o.relname = $3::name and o.relnamespace = s.oid)
    else exists (select from pg_catalog.pg_statistic_ext as o where o.stxname = $3::name and o.stxnamespace = s.oid) end as taken
from pg_catalog.pg_class as c
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
join pg_catalog.pg_database as d on d.datname = current_database()
left join pg_catalog.pg_namespace as s on s.nspname = coalesce($4::name, n.nspname)
where c.oid = to_regclass(nullif($2, ''))`,
    values: [role, made?.table ?? '', made?.name ?? '', made?.schema ?? null, made?.kind === 'index'],
  };
}

function detailsOf({ details }: Asked): Details {
  return details[0] as Details;
}

function madeIn({ subject }: Asked): Made {
  const made = madeBy(subject.sql);
  if (!made) throw new Error('a text was planned that should have been refused');
  return made;
}

function wanted(given: Asked): string {
  const made = madeIn(given);
  return `${quoted(made.schema ?? detailsOf(given).schema)}.${quoted(made.name)}`;
}

function refused(given: Asked): Refusal | undefined {
  if (!parserReady()) return { code: 'not_ready', message: 'pgdeck has not loaded the parser yet; try again.' };
  const made = madeBy(given.subject.sql);
  if (!made)
    return {
      code: 'not_restorable',
      message: 'The kept text is not one CREATE INDEX CONCURRENTLY or CREATE STATISTICS statement.',
    };
  const found = given.details[0] as Details | undefined;
  if (!found) return { code: 'table_gone', message: `The table ${made.table} is not there any more.` };
  const { table_oid } = given.subject;
  if (table_oid !== null && Number(found.oid) !== table_oid)
    return { code: 'table_gone', message: `${made.table} is another table now than the one that it was on.` };
  if (found.taken) return { code: 'name_taken', message: `There is ${wanted(given)} again.` };
  return undefined;
}

function planned(given: Asked): Plan {
  const { subject, actor } = given;
  const { kind } = madeIn(given);
  const { oid, quoted: table, pages, owns, may_create } = detailsOf(given);
  const index = kind === 'index';
  return {
    question: `Make ${wanted(given)} again?`,
    effect: index
      ? 'PostgreSQL reads the table twice and builds the index as it was. Reads and writes go on.'
      : 'PostgreSQL makes the statistics object as it was; the next ANALYZE of the table fills it.',
    typed: subject.name,
    facts: [{ label: 'Dropped', value: `${subject.title} ${subject.at}, by ${subject.user}` }],
    warnings: index
      ? [
          'Cancelling it leaves an INVALID index behind that has to be dropped or repaired.',
          'It waits at its end for every transaction that is older than the build, in other tables too.',
        ]
      : [],
    ...((!owns || !may_create) && {
      missingRight: `Role ${actor.role} does not own ${table} or lacks CREATE on the schema, so PostgreSQL will refuse this (42501).`,
    }),
    steps: [
      {
        sql: subject.sql.replace(/^\s*create\b/i, 'create /* pgdeck:recreate */'),
        locks: [
          { oid, relation: table, mode: 'ShareUpdateExclusiveLock', ...(index && { outlives: 'ShareLock' as const }) },
        ],
        wait: index ? 'patient' : 'brief',
        inTransaction: !index,
        ...(index && { outlivesSnapshots: true, progress: 'CREATE INDEX' as const }),
      },
    ],
    queues: 'VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on the table wait while this runs; reads and writes do not.',
    ...(index && {
      work: { readBytes: 2 * Math.max(pages, 0) * 8192, writeBytes: 0 },
      settings: ['maintenance_work_mem', 'max_parallel_maintenance_workers'],
    }),
  };
}

function proof(given: Asked): Reading {
  const { kind, schema, name } = madeIn(given);
  const { oid } = detailsOf(given);
  if (kind === 'index') return builtProof([{ relid: oid, name }]);
  return {
    text: `select /* pgdeck:statistics-made */ s.oid from pg_catalog.pg_statistic_ext as s
join pg_catalog.pg_namespace as n on n.oid = s.stxnamespace
where n.nspname = $1::name and s.stxname = $2::name`,
    values: [schema, name],
  };
}

function judge(after: Row | undefined, given: Asked): Judgement {
  const { kind, name } = madeIn(given);
  const { oid, quoted: table } = detailsOf(given);
  const { database } = given.subject;
  if (kind === 'index') return judgeBuilt(after, [{ relid: oid, name }], { database, table, name, partitioned: false });
  if (!after) return { done: false, message: `There is no ${wanted(given)}.` };
  return {
    done: true,
    message: `${wanted(given)} is there again.`,
    undo: {
      sql: `drop statistics ${wanted(given)}`,
      body: {
        action: 'drop-statistics',
        target: { kind: 'statistics', database, oid: Number(after.oid) },
        options: {},
      },
    },
  };
}
