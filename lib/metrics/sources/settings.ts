import type { Row } from '@/lib/topics/index';
import { defineSource, type Figure } from '../source';

type Setting = Row<'server'>['settings'][number];
type Settings = Map<string, Setting>;

/** By what a value in a unit of PostgreSQL is a value in seconds or bytes. */
const units: Record<string, number> = {
  ms: 0.001,
  s: 1,
  min: 60,
  h: 3600,
  d: 86_400,
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
};

/** A setting as a number in seconds, bytes or as it is; -1 (off, or another one's value) stays -1. */
export function settingValue({ setting, unit }: Pick<Setting, 'setting' | 'unit'>): number | null {
  if (setting === 'on' || setting === 'off') return Number(setting === 'on');
  const value = setting === null || setting.trim() === '' ? Number.NaN : Number(setting);
  if (!Number.isFinite(value)) return null;
  if (unit === null || value === -1) return value;
  // Blocks have their size before the unit: 8kB, 16MB.
  const [, times = '', name = ''] = /^(\d*)([a-zA-Z]+)$/.exec(unit) ?? [];
  const factor = units[name];
  return factor === undefined ? null : value * factor * Number(times || 1);
}

const exposed: [setting: string, suffix: '' | '_seconds' | '_bytes', help: string][] = [
  ['max_connections', '', 'Most connections.'],
  ['superuser_reserved_connections', '', 'Connections that only superusers get.'],
  ['reserved_connections', '', 'Connections that only some roles get.'],
  ['shared_buffers', '_bytes', "PostgreSQL's cache."],
  ['effective_cache_size', '_bytes', 'Cache of PostgreSQL and the operating system that the planner reckons with.'],
  ['work_mem', '_bytes', 'Memory of one sort or hash.'],
  ['maintenance_work_mem', '_bytes', 'Memory of VACUUM and CREATE INDEX.'],
  ['autovacuum', '', '1: autovacuum is on.'],
  ['autovacuum_max_workers', '', 'Most autovacuum workers.'],
  ['autovacuum_naptime', '_seconds', 'Time between two rounds of autovacuum.'],
  ['max_wal_size', '_bytes', 'WAL from which a checkpoint is asked for.'],
  ['checkpoint_timeout', '_seconds', 'Longest time between two checkpoints.'],
  ['fsync', '', '1: what is written is flushed to disk.'],
  ['full_page_writes', '', '1: whole pages are written to the WAL after a checkpoint.'],
  ['random_page_cost', '', 'What a block read at random costs, in the eyes of the planner.'],
  ['effective_io_concurrency', '', 'Reads that are asked for at once.'],
  ['max_parallel_workers', '', 'Most parallel workers.'],
  ['track_activities', '', '1: what sessions do is told.'],
  ['track_counts', '', '1: what happens to tables is counted.'],
  ['track_io_timing', '', '1: reads and writes are timed.'],
  ['log_min_duration_statement', '_seconds', 'Time from which a statement is logged; -1: none is.'],
  ['log_lock_waits', '', '1: long waits for locks are logged.'],
  ['deadlock_timeout', '_seconds', 'Wait for a lock after which deadlocks are looked for.'],
  ['data_checksums', '', '1: blocks have checksums.'],
];

/** Settings of the server as numbers: durations in seconds, sizes in bytes, on as 1. */
export const settings = defineSource({
  topic: 'server',
  rows: (rows) =>
    rows.map((row): { settings: Settings } => ({ settings: new Map(row.settings.map((each) => [each.name, each])) })),
  labels: [],
  from: 'postgres_exporter',
  figures: Object.fromEntries(
    exposed.map(([name, suffix, help]): [string, Figure<{ settings: Settings }>] => [
      `pg_settings_${name}${suffix}`,
      {
        type: 'gauge',
        help,
        value: ({ settings: all }) => {
          const setting = all.get(name);
          return setting ? settingValue(setting) : null;
        },
      },
    ]),
  ),
  whole: true,
});
