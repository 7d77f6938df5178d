import { z } from 'zod';
import { exact, plural } from '@/lib/format';
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
  type Pages,
  pageBytes,
  pagesReading,
  rowsFigure,
  sizeFigures,
  skipLocked,
} from './tables/maintenance';

const options = z.strictObject({
  freeze: z.boolean().default(false).meta({
    title: 'FREEZE',
    description: 'Freezes every row that it can, so that wraparound is far again. Reads and writes more.',
  }),
  analyze: z
    .boolean()
    .default(false)
    .meta({ title: 'ANALYZE', description: "Renews the planner's statistics afterwards." }),
  index_cleanup: z.enum(['auto', 'on', 'off']).default('auto').meta({
    title: 'INDEX_CLEANUP',
    description:
      'auto: passes over the indexes where few rows are dead. off: never cleans them, to be done sooner; the dead entries stay.',
  }),
  parallel: z
    .number('must be a number')
    .int('must be a whole number')
    .min(0, 'must be at least 0')
    .max(1024, 'must be at most 1024')
    .optional()
    .meta({
      title: 'PARALLEL',
      description:
        'How many workers clean the indexes at most; 0 for none. Missing: one for each index that is large enough, up to max_parallel_maintenance_workers.',
    }),
  truncate: z.boolean().default(true).meta({
    title: 'TRUNCATE',
    description:
      'Gives empty pages at the end of the file back to the operating system; for that moment it locks the table, if nobody stands in the way.',
  }),
  skip_locked: skipLocked,
  process_toast: z
    .boolean()
    .default(true)
    .meta({ title: 'PROCESS_TOAST', description: 'Also vacuums the TOAST table, where long values are kept.' }),
  buffer_usage_limit_kb: bufferUsageLimit,
});

type Asked = Given<RelationSubject, z.output<typeof options>>;

function refuse({ subject, options, actor }: Asked): Refusal | undefined {
  if (options.buffer_usage_limit_kb !== undefined && actor.major < 16)
    return needsMajor('BUFFER_USAGE_LIMIT', 16, actor);
  if (subject.relkind === 't' && options.analyze)
    return { code: 'not_a_table', message: `${subject.quoted} is a TOAST table: it has no statistics to renew.` };
  return notFor(subject, 'rpmt', 'only tables and materialized views have dead rows to remove.');
}

function statement({ subject, options }: Asked): string {
  const words = [
    ...(options.freeze ? ['freeze'] : []),
    ...(options.analyze ? ['analyze'] : []),
    ...(options.index_cleanup === 'auto' ? [] : [`index_cleanup ${options.index_cleanup}`]),
    ...(options.parallel === undefined ? [] : [`parallel ${digits(options.parallel)}`]),
    ...(options.truncate ? [] : ['truncate off']),
    ...(options.skip_locked ? ['skip_locked'] : []),
    ...(options.process_toast ? [] : ['process_toast off']),
    ...(options.buffer_usage_limit_kb === undefined
      ? []
      : [`buffer_usage_limit '${digits(options.buffer_usage_limit_kb)} kB'`]),
  ];
  return `vacuum /* pgdeck:vacuum */ ${words.length > 0 ? `(${words.join(', ')}) ` : ''}${subject.quoted}`;
}

/** Removes dead rows and freezes old ones while reads and writes go on: `VACUUM`, never `FULL`. */
export const vacuum = defineWork<RelationSubject, typeof options>({
  id: 'vacuum',
  title: 'Vacuum table',
  summary: 'Removes dead rows so that their space is used again, while reads and writes go on.',
  group: 'tables',
  run: 'maintenance',
  long: true,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'admin',
  confirm: 'step',
  rights: maintainRights,
  options,
  locks: [
    {
      object: 'the table, its partitions and their TOAST tables',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
    {
      object:
        'with TRUNCATE: the table, while empty pages at its end are cut off; never waited for, given up for who waits',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
  ],
  touches: ['tables'],
  details: ({ subject, actor }) => pagesReading(subject, actor, 'vacuum-pages'),
  refuse,
  plan: (given) => {
    const { subject, actor, options } = given;
    const size = given.details[0] as Pages;
    const partitioned = subject.relkind === 'p';
    return {
      question: `Vacuum ${subject.quoted}?`,
      effect: partitioned
        ? `PostgreSQL removes the dead rows of its ${plural(size.tables, 'partition')}, one after the other; the space is used again by new rows. Reads and writes go on.`
        : 'PostgreSQL removes dead rows; the space is used again by new rows. Reads and writes go on.',
      typed: subject.name,
      facts: [
        ...(partitioned || subject.dead_rows === null ? [] : [{ label: 'Dead rows', value: exact(subject.dead_rows) }]),
        {
          label: 'Truncation',
          value: options.truncate
            ? 'At its end it cuts off empty pages: for that it takes AccessExclusiveLock if nobody holds another lock, gives it up when somebody waits, and so never makes others wait for long. On a standby the same lock can cancel queries.'
            : 'Off: empty pages at the end of the file stay.',
        },
      ],
      warnings: [
        ...(options.index_cleanup === 'off'
          ? [
              'Without index clean-up dead entries stay in the indexes, and dead row pointers in the table. Use it only where wraparound is near.',
            ]
          : []),
        ...(options.freeze
          ? ['FREEZE writes every page that holds a row not frozen yet: more WAL than a plain VACUUM.']
          : []),
      ],
      ...lacksMaintain('vacuum', subject, actor),
      steps: [
        {
          sql: statement(given),
          locks: claims(subject, actor, {
            table: 'ShareUpdateExclusiveLock',
            ...(options.process_toast && { toast: 'ShareUpdateExclusiveLock' }),
          }),
          wait: 'brief',
          inTransaction: false,
          progress: 'VACUUM',
        },
      ],
      queues: 'VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on it wait while this runs; reads and writes do not.',
      work: {
        readBytes: (size.pages + (options.index_cleanup === 'off' ? 0 : size.index_pages)) * pageBytes,
        writeBytes: options.freeze ? size.pages * pageBytes : 0,
      },
      settings: [
        'maintenance_work_mem',
        'vacuum_cost_delay',
        'vacuum_cost_limit',
        ...(options.parallel === 0 ? [] : ['max_parallel_maintenance_workers']),
      ],
    };
  },
  proof: ({ subject, actor }) => countsReading(subject, actor, 'vacuumed'),
  judge: (before, after, { subject }) => {
    const [old, now] = [counts(before), counts(after)];
    if (!now || now.vacuums === old?.vacuums)
      return { done: false, message: `Nothing was done: PostgreSQL skipped ${subject.quoted}.` };
    const skipped = now.tables - (Number(now.vacuums) - Number(old?.vacuums ?? 0));
    return {
      done: true,
      message: `${subject.quoted} is vacuumed.`,
      partial: skipped > 0,
      figures: [...rowsFigure('Dead rows', old?.dead, now.dead), ...sizeFigures(old?.bytes, now.bytes)],
      warnings: [
        ...(skipped > 0
          ? [`${plural(skipped, 'table')} of ${exact(now.tables)} ${skipped === 1 ? 'was' : 'were'} not vacuumed.`]
          : []),
        ...(now.dead > 0 && now.dead * 2 >= (old?.dead ?? 0)
          ? [
              `${plural(now.dead, 'dead row')} ${now.dead === 1 ? 'is' : 'are'} left: a transaction, a replication slot or a standby may still need them. Look who holds the oldest snapshot.`,
            ]
          : []),
      ],
    };
  },
  not: 'Not vacuumed.',
});
