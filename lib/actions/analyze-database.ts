import { z } from 'zod';
import { exact, list, plural } from '@/lib/format';
import { type ActingRole, defineWork, type Given, type Refusal, type Step } from './action';
import { digits } from './session';
import type { DatabaseSubject } from './subjects/subject';
import { maintainRights, pageBytes } from './tables/maintenance';

/** Tables of one run: each is a statement that is shown, sent and written down. */
const mostTables = 500;

/** 300 rows for each of default_statistics_target 100, each from a page of its own. */
const samplePages = 30_000;

const options = z.strictObject({
  only: z.enum(['changed', 'all']).default('changed').meta({
    title: 'Which tables',
    description: 'changed: those with a row changed since their last ANALYZE, or without any. all: every table.',
  }),
});

type Asked = Given<DatabaseSubject, z.output<typeof options>>;

/** A table that would be analyzed; `of`: all that there are. */
type Table = {
  oid: number;
  quoted: string;
  relkind: string;
  permitted: boolean;
  pages: number;
  changed: number;
  of: number;
};

function tablesOf({ details }: { details: Asked['details'] }): Table[] {
  return (details as Table[]).slice(0, mostTables);
}

function refuse({ subject, details, options }: Asked): Refusal | undefined {
  const tables = details as Table[];
  if (tables.length === 0)
    return {
      code: 'nothing_to_analyze',
      message:
        options.only === 'all'
          ? `There are no tables in database ${subject.quoted}.`
          : `No table in database ${subject.quoted} has changed since its last ANALYZE.`,
    };
  const of = tables[0]?.of ?? 0;
  // With "changed" those that are done are no longer among them, so that another run takes the rest.
  return options.only === 'all' && of > mostTables
    ? {
        code: 'too_many_tables',
        message: `Database ${subject.quoted} has ${exact(of)} tables, and one run takes at most ${mostTables}. Analyze those that have changed; run it again for the rest.`,
      }
    : undefined;
}

function stepOf(table: Table, { major }: ActingRole): Step {
  const below = table.relkind === 'p' || major >= 18 ? 'ShareUpdateExclusiveLock' : 'AccessShareLock';
  return {
    sql: `analyze /* pgdeck:analyze-database */ ${table.quoted}`,
    title: table.quoted,
    locks: [
      {
        oid: table.oid,
        relation: table.quoted,
        mode: 'ShareUpdateExclusiveLock',
        also: [{ what: 'partitions', mode: below }],
      },
    ],
    wait: 'brief',
    inTransaction: true,
    progress: 'ANALYZE',
    goOn: true,
  };
}

/** Renews the planner's statistics of all tables of a database that need it, one after the other. */
export const analyzeDatabase = defineWork<DatabaseSubject, typeof options>({
  id: 'analyze-database',
  title: 'Analyze database',
  summary: "Renews the planner's statistics of the tables of a database, one after the other, the largest last.",
  group: 'tables',
  run: 'maintenance',
  long: true,
  onStandby: false,
  // Which tables have changed is another list every minute where there is work.
  frozen: true,
  targetKinds: ['database'],
  role: 'operator',
  confirm: 'step',
  rights: maintainRights,
  options,
  locks: [
    {
      object: 'one table after the other, with its partitions',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables'],
  details: ({ actor, options }) => ({
    text: `with recursive /* pgdeck:tables-to-analyze */ roots as (
  select c.oid, n.nspname, c.relname, c.relkind, c.relowner from pg_catalog.pg_class as c
  join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'm') and not c.relispartition and c.relpersistence <> 't' and (c.relkind <> 'm' or c.relispopulated)
    and n.nspname !~ '^pg_' and n.nspname <> 'information_schema'
), tree as (
  select r.oid as root, r.oid from roots as r
  union select t.root, i.inhrelid from tree as t
  join roots as r on r.oid = t.root and r.relkind = 'p'
  join pg_catalog.pg_inherits as i on i.inhparent = t.oid
), tables as (
  select t.root, sum(greatest(c.relpages, 0))::float8 as pages,
    coalesce(sum(pg_stat_get_mod_since_analyze(c.oid)), 0)::float8 as changed,
    bool_or(pg_stat_get_last_analyze_time(c.oid) is null and (c.relkind = 'p' or pg_stat_get_last_autoanalyze_time(c.oid) is null)) as never
  from tree as t join pg_catalog.pg_class as c on c.oid = t.oid group by t.root
)
select r.oid, r.relkind::text as relkind, format('%I.%I', r.nspname, r.relname) as quoted, t.pages, t.changed, p.permitted,
  count(*) over ()::int as of
from tables as t
join roots as r on r.oid = t.root
join pg_catalog.pg_database as d on d.datname = current_database()
cross join lateral (select pg_has_role($1::name, r.relowner, 'usage') or pg_has_role($1::name, d.datdba, 'usage')${
      actor.major >= 17
        ? ` or has_table_privilege($1::name, r.oid, 'MAINTAIN') or pg_has_role($1::name, 'pg_maintain', 'usage')`
        : ''
    } as permitted) as p
where $2::boolean or t.never or t.changed > 0
order by p.permitted desc, t.pages, r.oid
limit ${mostTables}`,
    values: [actor.role, options.only === 'all'],
  }),
  refuse,
  plan: (given) => {
    const { subject, actor } = given;
    const tables = tablesOf(given);
    const of = tables[0]?.of ?? 0;
    const lacking = tables.filter(({ permitted }) => !permitted);
    const roots = tables.filter(({ relkind }) => relkind === 'p').length;
    return {
      question: `Analyze ${plural(tables.length, 'table')} of database ${subject.quoted}?`,
      effect:
        "PostgreSQL reads a sample of each table, one after the other, the largest last, and renews the planner's statistics. Reads and writes go on.",
      typed: subject.name,
      facts: [
        { label: 'Tables', value: exact(tables.length) },
        {
          label: 'Rows changed since their last ANALYZE',
          value: exact(tables.reduce((sum, { changed }) => sum + changed, 0)),
        },
        ...(roots > 0
          ? [
              {
                label: 'Partitioned tables',
                value: `${exact(roots)}, each with its partitions: autovacuum analyzes partitions, and never the whole.`,
              },
            ]
          : []),
        { label: 'Left out', value: "PostgreSQL's own schemas, temporary and foreign tables." },
      ],
      warnings:
        of > tables.length
          ? [
              `${plural(of, 'table')} would need it; one run takes the ${tables.length} smallest. Run it again for the rest.`,
            ]
          : [],
      ...(lacking.length > 0 && {
        missingRight: `Role ${actor.role} may not analyze ${exact(lacking.length)} of them (${list(lacking.map(({ quoted }) => quoted))}): PostgreSQL will skip them with a warning. It must own the table or the database, or have MAINTAIN (from PostgreSQL 17).`,
      }),
      steps: tables.map((table) => stepOf(table, actor)),
      queues:
        'VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE wait on the table that is read just then; reads and writes do not.',
      work: {
        readBytes: tables.reduce((sum, { pages }) => sum + Math.min(pages, samplePages), 0) * pageBytes,
        writeBytes: 0,
      },
      settings: ['default_statistics_target', 'vacuum_cost_delay'],
    };
  },
  // The counts of PostgreSQL 14 come half a second late, each table's by itself.
  proof: (given) => ({
    text: `select /* pgdeck:tables-analyzed */ json_object_agg(t.oid, pg_stat_get_analyze_count(t.oid)) as times,
  coalesce(sum(pg_stat_get_mod_since_analyze(t.oid)), 0)::float8 as changed
from unnest('{${tablesOf(given)
      .map(({ oid }) => digits(oid))
      .join(',')}}'::oid[]) as t(oid)${given.actor.major < 15 ? '\nwhere (select pg_sleep(0.6) is not null)' : ''}`,
  }),
  judge: (before, after, given) => {
    const tables = tablesOf(given);
    const [old, now] = [before?.times, after?.times] as (Record<string, number> | null | undefined)[];
    // The count of a table that was dropped meanwhile is 0.
    const left = tables.filter(({ oid }) => (now?.[oid] ?? 0) <= (old?.[oid] ?? -1));
    const done = tables.length - left.length;
    if (done === 0)
      return { done: false, message: `Nothing was done: 0 of ${plural(tables.length, 'table')} are analyzed.` };
    return {
      done: true,
      message: `${exact(done)} of ${plural(tables.length, 'table')} ${done === 1 ? 'is' : 'are'} analyzed.`,
      partial: left.length > 0,
      figures: [
        {
          label: 'Rows changed since the last ANALYZE',
          before: exact(Number(before?.changed ?? 0)),
          after: exact(Number(after?.changed ?? 0)),
        },
      ],
      warnings:
        left.length > 0
          ? [
              `Not analyzed: ${list(
                left.map(({ quoted }) => quoted),
                10,
              )}.`,
            ]
          : [],
    };
  },
  not: 'Not analyzed.',
});
