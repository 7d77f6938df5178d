import { bytes, count, durationInWords, list, milliseconds, percent, plural } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import type { Row } from '@/lib/topics/index';

/** One thing to look at, in sentences made from figures; `object` is what it is about where that is one thing. */
export type Recommendation = {
  about: 'pool' | 'cache' | 'statement' | 'index';
  object: string | null;
  sentence: string;
};

/** The figures that recommendations are made from; what is not known is left out. */
export type Figures = {
  database: string;
  inRecovery: boolean;
  pool?: string[];
  cache?: Row<'databases'>;
  indexes?: Row<'index-usage'>[];
  statements?: Row<'slow-queries'>[];
  windowSeconds?: number | null;
};

/** Blocks are 8 kB unless PostgreSQL was built otherwise. */
const blockBytes = 8192;
/** Below this a low ratio says nothing: few blocks are wanted. */
const manyBlocks = { wanted: 1000, read: 100 };
const leastRatio = 0.99;
/** Statistics younger than this have not seen a week of work. */
const ripeSeconds = 7 * 86_400;
const leastIndexBytes = 10 * 1024 * 1024;
const mostStatements = 3;

/** What to look at, from figures that were sampled anyway; pure. */
export function recommendations(figures: Figures): Recommendation[] {
  return [
    ...(figures.pool ?? []).map((sentence): Recommendation => ({ about: 'pool', object: null, sentence })),
    ...aboutCache(figures),
    ...aboutStatements(figures),
    ...aboutIndexes(figures),
  ];
}

function aboutCache({ cache, database, windowSeconds }: Figures): Recommendation[] {
  const [hit, read] = [cache?.blks_hit_per_second, cache?.blks_read_per_second];
  if (typeof hit !== 'number' || typeof read !== 'number') return [];
  const wanted = hit + read;
  if (wanted < manyBlocks.wanted || read < manyBlocks.read || hit / wanted >= leastRatio) return [];
  const over = windowSeconds ? ` in the last ${durationInWords(windowSeconds)}` : '';
  const sentence = `${percent(hit / wanted)} of the blocks that ${database} wanted${over} were in PostgreSQL's cache; ${count(Math.round(read))} a second (${bytes(read * blockBytes)}/s) were not. Look at the statements with most blocks read, and at tables that are read from end to end; more shared_buffers helps only where the same blocks are wanted again. They may still have come from the cache of the operating system: with track_io_timing the time that reads take tells.`;
  return [{ about: 'cache', object: database, sentence }];
}

function aboutStatements({ statements = [] }: Figures): Recommendation[] {
  return [...statements]
    .sort((a, b) => b.total_exec_time - a.total_exec_time)
    .slice(0, mostStatements)
    .map((row): Recommendation => {
      const share = row.share === null ? '' : `, ${percent(row.share)} of the time of all statements`;
      const facts = `Statement ${row.queryid} takes ${milliseconds(row.mean_exec_time)} on average over ${plural(row.calls, 'call')}${share}.`;
      return { about: 'statement', object: row.queryid, sentence: `${facts} ${lookAt(row)}` };
    });
}

function lookAt(row: Row<'slow-queries'>): string {
  const calls = Math.max(1, row.calls);
  const each = (blocks: number) => bytes((blocks * blockBytes) / calls);
  if (row.mean_plan_time > row.mean_exec_time)
    return `To plan it takes longer still (${milliseconds(row.mean_plan_time)}): fewer partitions or joins in one statement, or a prepared statement, make that shorter.`;
  if (row.temp_blks_written > 0)
    return `It writes ${each(row.temp_blks_written)} of temporary files a call: a sort or hash does not fit into work_mem. Sort fewer rows, give it an index in that order, or raise work_mem for its role.`;
  const read = row.shared_blks_read / calls;
  if (read > 1000)
    return `It reads ${each(row.shared_blks_read)} a call from outside the cache for ${plural(Math.round(row.rows / calls), 'row')}: look in its plan for tables that are read from end to end, and whether an index fits its conditions.`;
  const blocks = (row.shared_blks_hit + row.shared_blks_read) / calls;
  if (blocks > 10_000 && blocks > 10 * (row.rows / calls))
    return `It goes through ${each(row.shared_blks_hit + row.shared_blks_read)} of cached blocks a call for ${plural(Math.round(row.rows / calls), 'row')}: an index that fits its conditions would have it read fewer.`;
  if (row.stddev_exec_time > 2 * row.mean_exec_time)
    return `Its calls differ much (up to ${milliseconds(row.max_exec_time)}): look whether it waits for locks, or has another plan for some values.`;
  return 'Few blocks are read for that: look at its plan for loops and functions that run for each row, and whether it waits for locks.';
}

function aboutIndexes({ indexes = [], cache, database, inRecovery }: Figures): Recommendation[] {
  const invalid = indexes.filter((row) => !row.is_valid && row.is_building === false && !row.is_partitioned);
  const found = invalid.map((row): Recommendation => {
    const sentence = `Index ${nameOf(row)} is invalid: no query uses it, and writes may still pay for it. Rebuild or drop it.`;
    return { about: 'index', object: nameOf(row), sentence };
  });
  const unused = unusedIndexes(indexes).filter((row) => row.size_bytes >= leastIndexBytes);
  if (unused.length === 0) return found;
  const size = bytes(unused.reduce((sum, row) => sum + row.size_bytes, 0));
  const names = list(unused.map(nameOf));
  const age = cache?.stats_reset_seconds ?? null;
  const since =
    age === null ? 'since the statistics began' : `in the last ${durationInWords(age)}, since the statistics began`;
  const them = unused.length === 1 ? 'it' : 'them';
  const what = `${plural(unused.length, 'index', 'indexes')} of ${database} (${size}) ${unused.length === 1 ? 'was' : 'were'} not used ${since}: ${names}.`;
  const advice =
    age !== null && age < ripeSeconds
      ? `That is too short a time to judge by: wait until a week of work was seen.`
      : `Each costs time at every write. Before you drop ${them}: ${inRecovery ? 'this is a standby, and the primary counts for itself' : 'standbys count for themselves'}, and a yearly job may need ${them}.`;
  return [...found, { about: 'index', object: unused.length === 1 ? names : null, sentence: `${what} ${advice}` }];
}

/** Indexes that were never used and that nothing else needs: no constraint, no replica identity, no part of a partitioned one. */
export function unusedIndexes(rows: Row<'index-usage'>[]): Row<'index-usage'>[] {
  return rows
    .filter((row) => row.idx_scan === 0 && row.is_valid && !row.is_partition && !row.is_partitioned)
    .filter((row) => row.is_unique === false && row.constraint_type === null)
    .filter((row) => !row.is_replident && !row.is_clustered)
    .sort((a, b) => b.size_bytes - a.size_bytes);
}

const nameOf = (row: Row<'index-usage'>) => `${quoted(row.schemaname)}.${quoted(row.indexrelname)}`;
