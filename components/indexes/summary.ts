import { bytes, durationInWords, plural } from '@/lib/format';
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

/** How an index stands; `needed`: never scanned, but it keeps a constraint or stands for its parts. */
export type Standing = 'building' | 'invalid' | 'unused' | 'needed' | 'used' | 'unknown';

/** The standing of an index since the statistics began; one that keeps a constraint is never called unused. */
export function standing(row: Index): Standing {
  if (!row.is_valid && !row.is_partitioned) return row.is_building ? 'building' : 'invalid';
  // Its definition was not read (a lock stood in the way): a constraint may rest on it.
  if (row.idx_scan === 0 && row.is_unique === null) return 'unknown';
  if (row.idx_scan > 0) return 'used';
  return duties(row).length > 0 || row.is_partitioned ? 'needed' : 'unused';
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
      : 'Each was used since the statistics began, or keeps a constraint.';
  const broken = invalid.length > 0 ? ` ${plural(invalid.length, 'index is', 'indexes are')} invalid.` : '';
  return `${all} ${idle}${broken}`;
}

/** The table of an index, without the schema where it is public. */
export function indexTable(row: Pick<Index, 'schemaname' | 'relname'>): string {
  return row.schemaname === 'public' ? row.relname : `${row.schemaname}.${row.relname}`;
}

/** The name of an index, without the schema where it is public. */
export function indexName(row: Pick<Index, 'schemaname' | 'indexrelname'>): string {
  return row.schemaname === 'public' ? row.indexrelname : `${row.schemaname}.${row.indexrelname}`;
}

/** The chart in one sentence: the largest that is not used, else the one used most. */
export function scatterSentence(rows: Index[]): string {
  const largest = (some: Index[]) => some.toSorted((a, b) => b.size_bytes - a.size_bytes)[0];
  const idle = largest(rows.filter((row) => standing(row) === 'unused'));
  const busiest = rows.toSorted((a, b) => b.idx_scan - a.idx_scan)[0];
  if (!busiest) return 'There are no indexes.';
  if (busiest.idx_scan === 0) return 'None was used since the statistics began.';
  const most = `${busiest.indexrelname} is used most, ${plural(busiest.idx_scan, 'time')}`;
  return idle
    ? `The largest that is not used is ${idle.indexrelname} on ${indexTable(idle)}, ${bytes(idle.size_bytes)}; ${most}.`
    : `None is without use; ${most}.`;
}

/** How far "not used" can be trusted: since when it counts, and what it does not see. */
export function caution(resetSeconds: number | null, known: boolean, standby: boolean): string {
  const since =
    resetSeconds !== null
      ? `These counts began ${durationInWords(resetSeconds)} ago${resetSeconds < 31 * 86_400 ? ', so what runs once a month may not have run since' : ''}.`
      : known
        ? 'These counts were never reset; they begin anew after a crash.'
        : 'Since when these counts run is not known yet.';
  const where = standby
    ? 'They are of this standby; the primary counts its own use.'
    : 'They are of this server; standbys count their own use.';
  return `${since} ${where} Indexes of a primary key, a unique or exclusion constraint or a replica identity are never called unused: they do that work without a scan.`;
}
