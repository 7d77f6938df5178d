import { z } from 'zod';
import {
  blocks,
  bytes,
  count,
  flag,
  maybeCount,
  maybeMilliseconds,
  maybeMoment,
  maybeSeconds,
  maybeStatement,
  maybeText,
  milliseconds,
  ratio,
  text,
} from './column';
import { databaseNames, datname, keysOf, roleNames, usename } from './lookups';
import { statementId } from './statement-id';
import { defineTopic, type Lookup } from './topic';
import { hiddenStatements } from './visibility';

/** Texts of statements by queryid: reading one reads the whole text file, so unknown ones are asked for in one batch. */
export const statementTexts: Lookup = {
  id: 'statement-texts',
  shared: true,
  everySeconds: 86_400,
  keys: (rows) => keysOf(rows, 'queryid'),
  sql: {
    14: `select /* pgdeck:statement-texts */ s.queryid::text as key, left(min(s.query), 10000) as query,
  max(length(s.query)) as query_length
from @extschema:pg_stat_statements@.pg_stat_statements(true) as s
where s.queryid = any($1::text[]::int8[])
group by s.queryid`,
  },
};

/** How many statements the snapshot keeps: by total time, and of a mean from 20 ms beyond those. */
const kept = { total: 200, slow: 100 };

/**
 * The statement; the parts differ by version of the extension. The rows are kept whole first and sorted by a plain
 * column: to pick or compute columns of thousands of rows costs more than all the rest.
 */
const sql = (names: {
  blockRead: string;
  blockWrite: string;
  since: string;
}) => `with /* pgdeck:slow-queries */ all_statements as materialized (
  select * from @extschema:pg_stat_statements@.pg_stat_statements(false)
),
top as materialized (
  select * from all_statements as s where s.queryid is not null order by s.total_exec_time desc limit ${kept.total}
),
s as (
  select * from top
  union all
  (
    select * from all_statements as s
    where s.mean_exec_time >= 20 and s.queryid is not null
      and s.total_exec_time < (select min(top.total_exec_time) from top)
    order by s.total_exec_time desc
    limit ${kept.slow}
  )
)
select s.userid, s.dbid, s.userid as usesysid, s.dbid as datid, s.queryid::text as queryid, s.toplevel,
  s.calls, s.rows, s.total_exec_time, s.mean_exec_time, s.min_exec_time,
  s.max_exec_time, s.stddev_exec_time, s.plans, s.total_plan_time, s.mean_plan_time,
  s.shared_blks_hit, s.shared_blks_read, s.shared_blks_dirtied, s.shared_blks_written,
  s.local_blks_read, s.local_blks_written, s.temp_blks_read, s.temp_blks_written,
  ${names.blockRead} as blk_read_time, ${names.blockWrite} as blk_write_time,
  s.wal_records, s.wal_fpi, s.wal_bytes::float8 as wal_bytes,
  coalesce(${names.since}, info.stats_reset) as stats_since, info.stats_reset,
  extract(epoch from clock_timestamp() - info.stats_reset)::float8 as stats_reset_seconds,
  info.dealloc, own.usesysid as own_usesysid, whole.*
from s
cross join @extschema:pg_stat_statements@.pg_stat_statements_info() as info
cross join pg_catalog.pg_stat_get_activity(pg_backend_pid()) as own
cross join (
  select count(*) as entries, count(*) - count(s.queryid) as hidden, sum(s.total_exec_time) as all_exec_time
  from all_statements as s
) as whole
order by s.total_exec_time desc`;

/** Statements by the time they took since the statistics of pg_stat_statements began. */
export const slowQueries = defineTopic({
  id: 'slow-queries',
  title: 'Statements',
  summary: 'Statements by total and mean time since their statistics began, with blocks, temporary files and WAL.',
  scope: 'server',
  cadenceSeconds: 15,
  requires: [{ extension: 'pg_stat_statements' }],
  sources: ['pg_stat_statements', 'pg_stat_statements_info'],
  always: true,
  moments: { everySeconds: 600, mostRows: 200 },
  slow: true,
  sql: {
    14: sql({ blockRead: 's.blk_read_time', blockWrite: 's.blk_write_time', since: 'null::timestamptz' }),
    17: sql({
      blockRead: 's.shared_blk_read_time + s.local_blk_read_time',
      blockWrite: 's.shared_blk_write_time + s.local_blk_write_time',
      since: 's.stats_since',
    }),
  },
  lookups: [statementTexts, databaseNames, roleNames],
  join: (rows, known) => ({
    rows: rows
      .map((row) => ({
        ...row,
        userid: String(row.userid),
        dbid: String(row.dbid),
        sid: statementId({
          dbid: String(row.dbid),
          userid: String(row.userid),
          queryid: String(row.queryid),
          toplevel: Boolean(row.toplevel),
        }),
        datname: datname(known, row.dbid),
        usename: usename(known, row.userid),
        query: known(statementTexts, row.queryid)?.query ?? null,
        query_length: known(statementTexts, row.queryid)?.query_length ?? null,
        share: Number(row.all_exec_time) > 0 ? Number(row.total_exec_time) / Number(row.all_exec_time) : null,
        hit_ratio: shareOf(Number(row.shared_blks_hit), Number(row.shared_blks_read)),
      }))
      .filter((row) => !ownStatement.test(String(row.query))),
    partial: hiddenStatements(rows, known),
  }),
  row: z.object({
    queryid: text('Identity of the statement with its constants taken out; 64 bits, so it is text.'),
    userid: text('OID of the role that ran it.'),
    dbid: text('OID of the database it ran in.'),
    toplevel: flag('Sent by a client; false: run inside a function.'),
    sid: text('Its number in the history: a hash of database, role, query id and whether a client sent it.'),
    query: maybeStatement('Its text with constants as $1, $2, …; the first 10,000 characters; null: not known yet.'),
    query_length: maybeCount('Characters of the whole text.'),
    datname: maybeText('Database.'),
    usename: maybeText('Role.'),
    calls: count('Times it ran.'),
    rows: count('Rows it returned or changed.'),
    total_exec_time: milliseconds('Time it ran in all.'),
    share: ratio('Its part of the time of all statements since then.'),
    mean_exec_time: milliseconds('Mean time of a call.'),
    min_exec_time: milliseconds('Shortest call.'),
    max_exec_time: milliseconds('Longest call.'),
    stddev_exec_time: milliseconds('Standard deviation of a call.'),
    plans: count('Times it was planned; 0 unless pg_stat_statements.track_planning is on.'),
    total_plan_time: milliseconds('Time it was planned in all; 0 unless track_planning is on.'),
    mean_plan_time: milliseconds('Mean time of planning.'),
    shared_blks_hit: blocks("Blocks found in PostgreSQL's cache."),
    shared_blks_read: blocks('Blocks read from the operating system.'),
    hit_ratio: ratio('Part of its blocks that was found in the cache.'),
    shared_blks_dirtied: blocks('Blocks it changed.'),
    shared_blks_written: blocks('Blocks it had to write itself.'),
    local_blks_read: blocks('Blocks of temporary tables read.'),
    local_blks_written: blocks('Blocks of temporary tables written.'),
    temp_blks_read: blocks('Blocks read from temporary files: a sort or hash larger than work_mem.'),
    temp_blks_written: blocks('Blocks written to temporary files.'),
    blk_read_time: maybeMilliseconds('Time it waited for reads; 0 unless track_io_timing is on.'),
    blk_write_time: maybeMilliseconds('Time it waited for writes; 0 unless track_io_timing is on.'),
    wal_records: count('WAL records it made.'),
    wal_fpi: count('Whole pages among them.'),
    wal_bytes: bytes('Bytes of WAL it made.'),
    stats_since: maybeMoment('When its figures began: its own on PostgreSQL 17 and newer, else the reset of all.'),
    stats_reset: maybeMoment('When all statements were reset last.'),
    stats_reset_seconds: maybeSeconds('Time since that reset.'),
    dealloc: count('Times that entries were dropped because pg_stat_statements.max was reached: totals miss those.'),
    entries: count('Statements that are kept now.'),
  }),
  key: ['queryid', 'userid', 'dbid', 'toplevel'],
  databaseColumn: 'datname',
  counters: ['calls', 'rows', 'total_exec_time', 'shared_blks_read', 'temp_blks_written', 'wal_bytes'],
  epoch: 'stats_since',
  params: z.object({
    min_mean_ms: z.coerce
      .number()
      .min(0)
      .default(100)
      .meta({ meaning: 'Only statements whose mean time is at least this many milliseconds.' }),
    limit: z.coerce
      .number()
      .int()
      .min(1)
      .max(kept.total)
      .default(20)
      .meta({ meaning: 'At most this many, by total time.' }),
  }),
  select: (rows, { min_mean_ms, limit }) =>
    rows
      .filter((row) => row.mean_exec_time >= Number(min_mean_ms))
      .sort((a, b) => b.total_exec_time - a.total_exec_time)
      .slice(0, Number(limit)),
});

/** pgdeck's own statements carry a tag after their first keyword. */
export const ownStatement = /^\s*\w+\s*\/\* pgdeck:/;

const shareOf = (part: number, rest: number) => (part + rest > 0 ? part / (part + rest) : null);
