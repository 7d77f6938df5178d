import { bytes, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';

/** An index as the topic `index-usage` gives it. */
export type Index = Row<'index-usage'>;

/** What an index is good for besides being scanned; such a one is never called unused. */
export function duties(row: Index): string[] {
  return [
    row.is_primary && 'primary key',
    !row.is_primary && row.constraint_type === 'u' && 'unique constraint',
    row.constraint_type === 'x' && 'exclusion constraint',
    row.is_unique && row.constraint_type === null && 'unique',
    row.is_replident && 'replica identity',
    row.is_clustered && 'cluster order',
  ].filter((duty): duty is string => duty !== false);
}

/** How an index stands: building, invalid, never used since the statistics began, used, or not known yet. */
export type Standing = 'building' | 'invalid' | 'unused' | 'used' | 'unknown';

/** The standing of an index; one that keeps a constraint counts as used. */
export function standing(row: Index): Standing {
  if (!row.is_valid && !row.is_partitioned) return row.is_building ? 'building' : 'invalid';
  // Its definition was not read (a lock stood in the way): a constraint may rest on it.
  if (row.idx_scan === 0 && row.is_unique === null) return 'unknown';
  return row.idx_scan === 0 && duties(row).length === 0 && !row.is_partitioned ? 'unused' : 'used';
}

/** The page in one or two sentences: how many, how large, and those that do no work. */
export function indexesSentence(rows: Index[]): string {
  if (rows.length === 0) return 'This database has no indexes of its own.';
  const size = (some: Index[]) =>
    some.filter((row) => !row.is_partitioned).reduce((sum, row) => sum + row.size_bytes, 0);
  const invalid = rows.filter((row) => standing(row) === 'invalid');
  const unused = rows.filter((row) => standing(row) === 'unused');
  const all = `${plural(rows.length, 'index takes', 'indexes take')} ${bytes(size(rows))}.`;
  const idle =
    unused.length > 0
      ? `${plural(unused.length, 'index', 'indexes')} of ${bytes(size(unused))} ${unused.length === 1 ? 'was' : 'were'} not used on this server since its statistics began.`
      : 'Each was used since the statistics began.';
  const broken = invalid.length > 0 ? ` ${plural(invalid.length, 'index is', 'indexes are')} invalid.` : '';
  return `${all} ${idle}${broken}`;
}
