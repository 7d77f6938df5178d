import { z } from 'zod';
import { exact } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import { defineWork, type Given, type Reading, type Refusal } from './action';
import type { NextAction } from './protocol';
import { digits } from './session';
import type { DatabaseSubject, RelationSubject, ServerSubject } from './subjects/subject';

/** What is counted for the whole server: which function resets it, from which version on, and what tells when it was. */
const shared = {
  bgwriter: {
    since: 14,
    view: 'pg_stat_bgwriter',
    words: 'the background writer (before PostgreSQL 17 checkpoints, too)',
  },
  checkpointer: { since: 17, view: 'pg_stat_checkpointer', words: 'checkpoints' },
  archiver: { since: 14, view: 'pg_stat_archiver', words: 'the archiver' },
  wal: { since: 14, view: 'pg_stat_wal', words: 'WAL' },
  io: { since: 16, view: 'pg_stat_io', words: 'reads and writes' },
  slru: { since: 14, view: 'pg_stat_slru', words: 'SLRU caches' },
  recovery_prefetch: { since: 15, view: 'pg_stat_recovery_prefetch', words: 'prefetching in recovery' },
} as const;

type Shared = keyof typeof shared;

const options = z.strictObject({
  which: z
    .enum(Object.keys(shared) as [Shared, ...Shared[]])
    .default('bgwriter')
    .meta({
      title: 'Which, for the server',
      description: 'What is counted for the server as a whole; not for tables and databases.',
    }),
  indexes: z
    .boolean()
    .default(false)
    .meta({ title: 'Its indexes, too', description: 'For a table: how often its indexes were used is lost, too.' }),
});

type Asked = Given<RelationSubject | DatabaseSubject | ServerSubject, z.output<typeof options>>;

function functionOf({ subject, options }: Omit<Asked, 'details'>): string {
  if (subject.kind === 'relation') return 'pg_stat_reset_single_table_counters(oid)';
  if (subject.kind === 'database') return 'pg_stat_reset()';
  return options.which === 'slru' ? 'pg_stat_reset_slru(text)' : 'pg_stat_reset_shared(text)';
}

function detailsOf(given: Omit<Asked, 'details'>): Reading {
  const { subject, options, actor } = given;
  const may = `has_function_privilege($1::name, 'pg_catalog.${functionOf(given)}', 'execute') as may`;
  const indexes =
    subject.kind === 'relation' && options.indexes
      ? `array(select i.indexrelid::bigint from pg_catalog.pg_index as i where i.indrelid = ${digits(subject.oid)}::oid order by 1)`
      : 'array[]::bigint[]';
  return {
    text: `select /* pgdeck:statistics-details */ ${may}, ${indexes}::text[] as indexes`,
    values: [actor.role],
  };
}

function refuse({ subject, options, actor }: Asked): Refusal | undefined {
  if (subject.kind === 'relation') {
    if (subject.shared)
      return {
        code: 'shared',
        message: `${subject.quoted} belongs to all databases; its statistics are not reset from here.`,
      };
    return ['r', 'm', 't'].includes(subject.relkind)
      ? undefined
      : { code: 'not_a_table', message: `${subject.quoted} has no statistics of its own to reset.` };
  }
  if (subject.kind !== 'server') return undefined;
  const { since } = shared[options.which];
  return actor.major < since
    ? { code: 'version', message: `PostgreSQL counts this from version ${since} on; this server is older.` }
    : undefined;
}

function call({ subject, details, options }: Asked): string {
  const start = 'select /* pgdeck:reset-statistics */';
  if (subject.kind === 'database') return `${start} pg_catalog.pg_stat_reset()`;
  if (subject.kind === 'server')
    return options.which === 'slru'
      ? `${start} pg_catalog.pg_stat_reset_slru(null)`
      : `${start} pg_catalog.pg_stat_reset_shared('${options.which}')`;
  const indexes = (details[0]?.indexes ?? []) as string[];
  const oids = [String(subject.oid), ...indexes].map((oid) => `${digits(oid)}::oid`);
  return oids.length === 1
    ? `${start} pg_catalog.pg_stat_reset_single_table_counters(${oids[0]})`
    : `${start} pg_catalog.pg_stat_reset_single_table_counters(r.oid) from unnest(array[${oids.join(', ')}]) as r (oid)`;
}

const lost = {
  relation:
    'Counts of scans, changed and dead rows, and the times of the last VACUUM and ANALYZE are lost: until the next ANALYZE autovacuum does not know how much has changed.',
  database:
    'Counts of scans, changed and dead rows of every table and index, and the times of each VACUUM and ANALYZE are lost: autovacuum is blind to what has changed so far, and usage of indexes has to be counted anew.',
};

function wordsOf({ subject, options, actor }: Asked) {
  if (subject.kind === 'relation')
    return { what: `the statistics of ${subject.quoted}`, effect: lost.relation, typed: subject.name };
  if (subject.kind === 'database')
    return {
      what: `all activity statistics of database ${subject.quoted}`,
      effect: lost.database,
      typed: subject.name,
    };
  const words =
    options.which === 'bgwriter'
      ? actor.major < 17
        ? 'the background writer and checkpoints'
        : 'the background writer'
      : shared[options.which].words;
  return {
    what: `the statistics of ${words}`,
    effect: `What ${shared[options.which].view} has counted is lost for everybody who reads it, and counting begins at zero.`,
    typed: options.which,
  };
}

/** ANALYZE tells autovacuum again how many rows there are. */
function next({ subject }: Asked): NextAction[] {
  if (subject.kind === 'relation')
    return [
      {
        title: `Analyze ${subject.quoted}, so that autovacuum knows its rows again`,
        body: { action: 'analyze', target: { kind: 'relation', database: subject.database, oid: subject.oid } },
      },
    ];
  return subject.kind === 'database'
    ? [
        {
          title: `Analyze ${subject.quoted}, so that autovacuum knows its rows again`,
          body: { action: 'analyze-database', target: { kind: 'database', database: subject.database } },
        },
      ]
    : [];
}

/** Makes PostgreSQL count again from zero: for a table, a database, or a part of the server. */
export const resetStatistics = defineWork<RelationSubject | DatabaseSubject | ServerSubject, typeof options>({
  id: 'reset-statistics',
  title: 'Reset activity statistics',
  summary: 'Makes PostgreSQL count its activity again from zero: for one table, one database, or a part of the server.',
  group: 'statistics',
  run: 'transactional',
  long: false,
  onStandby: true,
  targetKinds: ['relation', 'database', 'server'],
  role: 'admin',
  confirm: 'typed',
  rights: 'Superuser, or EXECUTE on the function that resets.',
  options,
  locks: [],
  touches: ['tables', 'databases', 'wal', 'index-usage', 'cache-hit-ratio'],
  details: detailsOf,
  refuse,
  plan: (given) => {
    const { subject, details, actor } = given;
    const { what, effect, typed } = wordsOf(given);
    return {
      question: `Reset ${what}?`,
      effect: `${effect} pgdeck's own history keeps what it has recorded.`,
      typed,
      facts:
        subject.kind === 'relation'
          ? [
              { label: 'Dead rows counted', value: exact(subject.dead_rows ?? 0) },
              { label: 'Changed rows since ANALYZE', value: exact(subject.changed_rows ?? 0) },
            ]
          : [],
      warnings: [
        ...(subject.kind === 'server' ? [] : ['Run ANALYZE afterwards, so that autovacuum has something to go by.']),
        ...(subject.kind === 'relation'
          ? [`The reset time of all statistics of ${subject.database} moves, too, although only these are lost.`]
          : []),
        ...(subject.kind === 'server' ? ['Other tools that read it see a fall of its counters.'] : []),
      ],
      ...(details[0]?.may !== true && {
        missingRight: `Role ${actor.role} may not reset statistics, and PostgreSQL will refuse it. A superuser can allow it: grant execute on function ${functionOf(given)} to ${quoted(actor.role)};`,
      }),
      steps: [{ sql: call(given), locks: [], wait: 'brief', inTransaction: true }],
    };
  },
  proof: ({ subject, options }) => ({
    text:
      subject.kind === 'server'
        ? `select /* pgdeck:statistics-reset */ (extract(epoch from max(v.stats_reset)) * 1000000)::bigint::text as reset_us
from pg_catalog.${shared[options.which].view} as v`
        : `select /* pgdeck:statistics-reset */ (extract(epoch from pg_stat_get_db_stat_reset_time(d.oid)) * 1000000)::bigint::text as reset_us
from pg_catalog.pg_database as d where d.datname = current_database()`,
  }),
  judge: (before, after, given) => {
    const { what } = wordsOf(given);
    if (!after?.reset_us || after.reset_us === before?.reset_us)
      return { done: false, message: `Nothing was done: ${what} are as they were.` };
    const then = next(given);
    return {
      done: true,
      message: `${what[0]?.toUpperCase()}${what.slice(1)} are reset.`,
      ...(then.length > 0 && { next: then }),
    };
  },
  not: 'Not reset.',
});
