import { conflictingModes, strength } from '@/lib/topics/lock-modes';

/** What people do under each mode: who takes it is what a conflicting lock stops. */
const takenBy: Record<string, string> = {
  RowShareLock: 'SELECT FOR UPDATE or SHARE',
  RowExclusiveLock: 'writes (INSERT, UPDATE, DELETE, MERGE)',
  ShareUpdateExclusiveLock: 'VACUUM, ANALYZE, concurrent index builds, VALIDATE CONSTRAINT',
  ShareLock: 'CREATE INDEX',
  ShareRowExclusiveLock: 'CREATE TRIGGER, new foreign keys',
  ExclusiveLock: 'REFRESH MATERIALIZED VIEW CONCURRENTLY',
  AccessExclusiveLock: 'DROP, TRUNCATE, most ALTER TABLE',
};

/** Whether those who read a relation wait while a lock of this mode is held or waited for. */
export function stopsReads(mode: string): boolean {
  return conflictingModes(mode).includes('AccessShareLock');
}

/** Whether those who write to a relation wait while a lock of this mode is held or waited for. */
export function stopsWrites(mode: string): boolean {
  return conflictingModes(mode).includes('RowExclusiveLock');
}

/** What others cannot do on a relation while a lock of this mode is held, by the documented conflict table. */
export function blocksOf(mode: string, relkind = 'r'): string {
  if (strength(mode) < 0) return 'not known: PostgreSQL has no such lock mode';
  if (relkind === 'i' || relkind === 'I') return blocksOnIndex(mode);
  if (stopsReads(mode)) return 'everything, reads too';
  const stopped = conflictingModes(mode).flatMap((each) => takenBy[each] ?? []);
  const free = stopsWrites(mode) ? 'not reads' : 'not reads or writes';
  return `${stopped.join(', ')}; ${free}`;
}

/** Who uses an index locks its table first: only these come as far as the index. */
function blocksOnIndex(mode: string): string {
  if (stopsReads(mode)) return 'queries and writes that use it, and planning of queries of its table';
  return `REINDEX and DROP INDEX of it${conflictingModes(mode).includes('ShareUpdateExclusiveLock') ? ', also CONCURRENTLY' : ''}; not reads or writes`;
}

/** The stronger of two lock modes. */
export function stronger(one: string, other: string): string {
  return strength(one) >= strength(other) ? one : other;
}
