import { z } from 'zod';
import { bytes, exact, plural } from '@/lib/format';
import { defineWork, type Given, type Refusal } from './action';
import type { RelationSubject } from './subjects/subject';
import {
  claims,
  counts,
  countsReading,
  firstUserOid,
  lacksMaintain,
  maintainRights,
  notFor,
  type Pages,
  pageBytes,
  pagesReading,
  sizeFigures,
} from './tables/maintenance';

const options = z.strictObject({
  yield_after_seconds: z
    .number('must be a number of seconds')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(3600, 'must be at most 3600')
    .default(10)
    .meta({
      title: 'Step back after seconds',
      description: 'It is cancelled, and nothing is changed, when somebody has waited behind it for so long.',
    }),
});

type Asked = Given<RelationSubject, z.output<typeof options>>;

function refuse({ subject }: Asked): Refusal | undefined {
  const kind = notFor(subject, 'rpm', 'only tables and materialized views can be rewritten.');
  if (kind) return kind;
  return subject.shared || subject.oid < firstUserOid
    ? { code: 'system', message: `${subject.quoted} belongs to PostgreSQL: every session would wait for its rewrite.` }
    : undefined;
}

function filesChanged(old: Record<string, number> | null | undefined, now: Record<string, number> | null): number {
  return Object.entries(now ?? {}).filter(([oid, file]) => old?.[oid] !== undefined && old[oid] !== file).length;
}

/** Writes a table anew without its dead rows, locked for the whole time: `VACUUM FULL`. */
export const vacuumFull = defineWork<RelationSubject, typeof options>({
  id: 'vacuum-full',
  title: 'Rewrite table (VACUUM FULL)',
  summary: 'Writes a table and its indexes anew, without what is dead. Nobody can read or write it meanwhile.',
  group: 'tables',
  run: 'maintenance',
  long: true,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'admin',
  confirm: 'typed',
  rights: maintainRights,
  options,
  locks: [
    {
      object: 'the table, its partitions one after the other, their indexes and TOAST tables',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
  ],
  touches: ['tables', 'partitions', 'index-usage'],
  details: ({ subject, actor }) => pagesReading(subject, actor, 'rewrite-pages'),
  refuse,
  plan: ({ subject, actor, options, details }) => {
    const size = details[0] as Pages;
    const partitioned = subject.relkind === 'p';
    const whole = (size.pages + size.index_pages) * pageBytes;
    return {
      question: `Rewrite ${subject.quoted} with VACUUM FULL?`,
      effect: `PostgreSQL copies the live rows into ${partitioned ? `new files, one of the ${plural(size.tables, 'partition')} after the other` : 'a new file'}, builds all indexes anew, and removes the old ${partitioned ? 'ones' : 'one'}. Nobody can read or write the table while that runs.`,
      typed: subject.name,
      facts: [
        {
          label: 'Space for a second copy',
          value: `up to ${bytes(whole)}, as long as it runs. PostgreSQL does not tell how much the disk has left.`,
        },
        { label: 'Indexes built anew', value: exact(size.indexes) },
        {
          label: 'Steps back',
          value: `when somebody has waited behind it for ${options.yield_after_seconds} s; then nothing is changed${partitioned ? ' but the partitions that were done' : ''}.`,
        },
      ],
      warnings: [
        'Reads and writes of the table wait for the whole time that it runs, and so does all that queues behind them.',
        'All that is written anew goes into the WAL: standbys and archives get it too. Queries on a standby that use the table are cancelled.',
        'It does not renew the statistics: run ANALYZE afterwards where many rows have changed.',
      ],
      ...lacksMaintain('vacuum', subject, actor),
      steps: [
        {
          sql: `vacuum /* pgdeck:vacuum-full */ (full) ${subject.quoted}`,
          locks: claims(subject, actor, {
            table: 'AccessExclusiveLock',
            indexes: 'AccessExclusiveLock',
            toast: 'AccessExclusiveLock',
          }),
          wait: 'brief',
          inTransaction: false,
          progress: 'CLUSTER',
          yieldAfterSeconds: options.yield_after_seconds,
        },
      ],
      queues: 'Everybody who uses the table waits behind it.',
      work: { readBytes: size.pages * pageBytes, writeBytes: whole, walBytes: whole },
      settings: ['maintenance_work_mem', 'max_parallel_maintenance_workers', 'wal_level'],
    };
  },
  proof: ({ subject, actor }) => countsReading(subject, actor, 'rewritten'),
  judge: (before, after, { subject }) => {
    const [old, now] = [counts(before), counts(after)];
    const changed = now ? filesChanged(old?.files, now.files) : 0;
    if (!now || changed === 0)
      return { done: false, message: `Nothing was done: ${subject.quoted} is not written anew.` };
    const left = now.tables - changed;
    return {
      done: true,
      message: `${subject.quoted} is written anew.`,
      partial: left > 0,
      figures: sizeFigures(old?.bytes, now.bytes),
      warnings:
        left > 0
          ? [`${plural(left, 'table')} of ${exact(now.tables)} ${left === 1 ? 'was' : 'were'} not written anew.`]
          : [],
    };
  },
  not: 'Not rewritten.',
});
