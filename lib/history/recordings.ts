/** How values of one column become one where intervals are put together: added, the newest, the greatest. */
export type Folding = 'sum' | 'last' | 'max';

/** A column of a recording: `from` names the topic's column where it is not the same. */
export type RecordedColumn = { name: string; type: 'int8' | 'float4'; fold: Folding; from?: string };

/**
 * What is remembered of each row of a topic: one stored row for each server and interval, with an array for each column
 * and the rows' keys (64 bits) in `key`. Its tables are `<id>_raw`, `<id>_10m` and `<id>_1h`; `seconds` of a stored row is
 * the time that its sums cover. Counters are stored as what was added in the interval; an unknown addition is null.
 */
export type Recording = {
  id: 'database' | 'statement' | 'table' | 'index';
  topic: string;
  /** Seconds of one stored row. */
  everySeconds: number;
  /** What the key names: the table that tells its words. */
  identity: 'statement' | 'relation' | 'database';
  columns: RecordedColumn[];
  /** The column by which rows are chosen where not all are kept; the rest is added up under the key 0. */
  rank: string;
  /** Rows kept of one interval: of a sample, of an hour. */
  most: { raw: number; hour: number };
};

const sums = (type: 'int8' | 'float4', ...names: string[]): RecordedColumn[] =>
  names.map((name) => ({ name, type, fold: 'sum' }));
const newest = (...names: string[]): RecordedColumn[] => names.map((name) => ({ name, type: 'int8', fold: 'last' }));

/** Every recording, by id. Columns keep PostgreSQL's names. */
export const recordings: Record<Recording['id'], Recording> = {
  database: {
    id: 'database',
    topic: 'databases',
    everySeconds: 60,
    identity: 'database',
    rank: 'xact_commit',
    most: { raw: 500, hour: 500 },
    columns: [
      { name: 'numbackends', type: 'float4', fold: 'max' },
      ...sums('float4', 'xact_commit', 'xact_rollback', 'blks_hit', 'blks_read', 'blk_read_time', 'blk_write_time'),
      ...sums('float4', 'tup_returned', 'tup_fetched', 'tup_inserted', 'tup_updated', 'tup_deleted'),
      ...sums('float4', 'temp_files', 'temp_bytes', 'deadlocks', 'conflicts', 'sessions'),
      ...newest('size_bytes', 'xid_age'),
    ],
  },
  statement: {
    id: 'statement',
    topic: 'statement-counters',
    everySeconds: 60,
    identity: 'statement',
    rank: 'total_exec_time',
    most: { raw: 1000, hour: 100 },
    columns: [
      ...sums('int8', 'calls', 'rows'),
      ...sums('float4', 'total_exec_time', 'total_plan_time', 'shared_blks_hit', 'shared_blks_read'),
      ...sums('float4', 'shared_blks_dirtied', 'shared_blks_written', 'temp_blks_read', 'temp_blks_written'),
      ...sums('float4', 'blk_read_time', 'blk_write_time', 'wal_bytes'),
    ],
  },
  table: {
    id: 'table',
    topic: 'tables',
    everySeconds: 120,
    identity: 'relation',
    rank: 'total_bytes',
    most: { raw: 2000, hour: 60 },
    columns: [
      ...sums('int8', 'seq_scan', 'seq_tup_read', 'idx_scan', 'idx_tup_fetch'),
      ...sums('int8', 'n_tup_ins', 'n_tup_upd', 'n_tup_del', 'n_tup_hot_upd'),
      ...newest('n_live_tup', 'n_dead_tup', 'total_bytes', 'heap_bytes', 'index_bytes', 'toast_bytes'),
    ],
  },
  index: {
    id: 'index',
    topic: 'index-usage',
    everySeconds: 120,
    identity: 'relation',
    rank: 'size_bytes',
    most: { raw: 2000, hour: 60 },
    columns: [...sums('int8', 'idx_scan', 'idx_tup_read', 'idx_tup_fetch'), ...newest('size_bytes')],
  },
};

/** The key that stands for every row that was not kept by itself. */
export const otherKey = '0';

/** By what load can be sliced; the number is what `dimension` of the load tables holds. */
export const dimensions = { wait: 0, statement: 1, user: 2, application: 3, database: 4, client: 5 } as const;

/** One of the ways to slice load. */
export type Dimension = keyof typeof dimensions;
