import { z } from 'zod';
import { exact, list } from '@/lib/format';
import { defineWork, type Given, type Refusal } from './action';
import { digits } from './session';
import type { RelationSubject } from './subjects/subject';
import {
  bufferUsageLimit,
  claims,
  counts,
  countsReading,
  lacksMaintain,
  maintainRights,
  needsMajor,
  notFor,
  pageBytes,
  rowsFigure,
  skipLocked,
} from './tables/maintenance';

/** 300 rows for each of default_statistics_target 100, each from a page of its own. */
const samplePages = 30_000;

const options = z.strictObject({
  columns: z
    .array(z.number('must be the number of a column').int().min(1).max(1600), 'must be numbers of columns')
    .min(1, 'must name at least one column')
    .max(1600)
    .refine((columns) => new Set(columns).size === columns.length, 'must name each column once')
    .optional()
    .meta({ title: 'Columns', description: 'Only the statistics of these columns, by number. Missing: all.' }),
  skip_locked: skipLocked,
  buffer_usage_limit_kb: bufferUsageLimit,
});

type Asked = Given<RelationSubject, z.output<typeof options>>;

function refuse({ subject, options: { columns, buffer_usage_limit_kb }, details, actor }: Asked): Refusal | undefined {
  const kind = notFor(subject, 'rpmf', 'only tables and materialized views have statistics to renew.');
  if (kind) return kind;
  const unknown = columns?.filter((column) => !details.some(({ attnum }) => attnum === column)) ?? [];
  if (unknown.length > 0)
    return { code: 'no_such_column', message: `${subject.quoted} has no column ${list(unknown.map(String))}.` };
  return buffer_usage_limit_kb !== undefined && actor.major < 16
    ? needsMajor('BUFFER_USAGE_LIMIT', 16, actor)
    : undefined;
}

function statement({ subject, options, details }: Asked): string {
  const words = [
    ...(options.skip_locked ? ['skip_locked'] : []),
    ...(options.buffer_usage_limit_kb === undefined
      ? []
      : [`buffer_usage_limit '${digits(options.buffer_usage_limit_kb)} kB'`]),
  ];
  const columns = options.columns?.map((column) => details.find(({ attnum }) => attnum === column)?.quoted);
  return `analyze /* pgdeck:analyze */ ${words.length > 0 ? `(${words.join(', ')}) ` : ''}${subject.quoted}${columns ? ` (${columns.join(', ')})` : ''}`;
}

/** Renews the planner's statistics of one table: `ANALYZE`. */
export const analyze = defineWork<RelationSubject, typeof options>({
  id: 'analyze',
  title: 'Analyze table',
  summary: "Reads a sample of a table and renews the planner's statistics of it.",
  group: 'tables',
  run: 'maintenance',
  long: true,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'operator',
  confirm: 'click',
  rights: maintainRights,
  options,
  locks: [
    {
      object: 'the table and its partitions',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables'],
  details: ({ subject, options: { columns = [] } }) => ({
    text: `select /* pgdeck:analyze-columns */ a.attnum::int as attnum, format('%I', a.attname) as quoted
from pg_catalog.pg_attribute as a
where a.attrelid = ${digits(subject.oid)}::oid and not a.attisdropped and a.attnum = any($1::smallint[])
order by a.attnum`,
    values: [columns],
  }),
  refuse,
  plan: (given) => {
    const { subject, actor, options } = given;
    const partitioned = subject.relkind === 'p';
    return {
      question: `Analyze ${subject.quoted}?`,
      effect: partitioned
        ? 'PostgreSQL reads a sample of every partition and renews the statistics of each and of the whole. Reads and writes go on.'
        : "PostgreSQL reads a sample of the rows and renews the planner's statistics. Reads and writes go on.",
      typed: subject.name,
      facts: [
        ...(subject.changed_rows === null || partitioned
          ? []
          : [{ label: 'Rows changed since the last ANALYZE', value: exact(subject.changed_rows) }]),
        ...(partitioned
          ? [
              {
                label: 'Autovacuum',
                value: 'analyzes partitions, and never the partitioned table itself: only ANALYZE by hand renews it.',
              },
            ]
          : []),
      ],
      warnings: [
        ...(options.columns
          ? ['The statistics of the other columns stay as they are, and the rows changed are counted on.']
          : []),
        ...(subject.relkind === 'f' ? ['The sample is read from the other server, over the network.'] : []),
      ],
      ...lacksMaintain('analyze', subject, actor),
      steps: [
        {
          sql: statement(given),
          locks: claims(subject, actor, { table: 'ShareUpdateExclusiveLock', below: 'AccessShareLock' }),
          wait: 'brief',
          inTransaction: true,
          progress: 'ANALYZE',
        },
      ],
      queues: 'VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on it wait while this runs; reads and writes do not.',
      ...(!partitioned &&
        subject.relkind !== 'f' && {
          work: { readBytes: Math.min(Math.max(subject.pages, 0), samplePages) * pageBytes, writeBytes: 0 },
        }),
      settings: ['default_statistics_target', 'vacuum_cost_delay'],
    };
  },
  proof: ({ subject, actor }) => countsReading(subject, actor, 'analyzed'),
  judge: (before, after, { subject }) => {
    const [old, now] = [counts(before), counts(after)];
    return now && now.analyzes !== old?.analyzes
      ? {
          done: true,
          message: `${subject.quoted} is analyzed.`,
          partial: Number(now.analyzes) - Number(old?.analyzes ?? 0) < now.tables,
          figures: rowsFigure('Rows changed since the last ANALYZE', old?.changed, now.changed),
        }
      : { done: false, message: `Nothing was done: PostgreSQL skipped ${subject.quoted}.` };
  },
  not: 'Not analyzed.',
});
