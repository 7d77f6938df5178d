import { z } from 'zod';
import { blocks, bytes, count, flag, maybeMoment, maybeStatement, maybeText, milliseconds, text } from './column';
import { databaseNames, datname, roleNames, usename } from './lookups';
import { ownStatement, statementTexts } from './slow-queries';
import { defineTopic } from './topic';
import { totalRate } from './total-rate';
import { hiddenStatements } from './visibility';

const sql = (names: {
  blockRead: string;
  blockWrite: string;
  since: string;
}) => `select /* pgdeck:statement-counters */ s.userid, s.dbid, s.userid as usesysid, s.dbid as datid, s.queryid::text as queryid,
  s.toplevel, s.calls, s.rows, s.total_exec_time, s.total_plan_time, s.shared_blks_hit, s.shared_blks_read,
  s.shared_blks_dirtied, s.shared_blks_written, s.temp_blks_read, s.temp_blks_written,
  ${names.blockRead} as blk_read_time, ${names.blockWrite} as blk_write_time, s.wal_bytes::float8 as wal_bytes,
  coalesce(${names.since}, info.stats_reset) as stats_since, own.usesysid as own_usesysid
from @extschema:pg_stat_statements@.pg_stat_statements(false) as s
cross join @extschema:pg_stat_statements@.pg_stat_statements_info() as info
cross join pg_catalog.pg_stat_get_activity(pg_backend_pid()) as own`;

/** The counters of every statement, without their texts: what history adds up. */
export const statementCounters = defineTopic({
  id: 'statement-counters',
  title: 'Statement counters',
  summary: 'Calls, time, blocks and WAL of every statement since its statistics began; the history is made from them.',
  scope: 'server',
  cadenceSeconds: 60,
  requires: [{ extension: 'pg_stat_statements' }],
  sources: ['pg_stat_statements', 'pg_stat_statements_info'],
  always: 'history',
  slow: true,
  beginsAtZero: true,
  sql: {
    14: sql({ blockRead: 's.blk_read_time', blockWrite: 's.blk_write_time', since: 'null::timestamptz' }),
    17: sql({
      blockRead: 's.shared_blk_read_time + s.local_blk_read_time',
      blockWrite: 's.shared_blk_write_time + s.local_blk_write_time',
      since: 's.stats_since',
    }),
  },
  lookups: [statementTexts, databaseNames, roleNames],
  join: (rows, known) => {
    const seen = rows.filter((row) => row.queryid !== null);
    const counters = seen.map((row) => {
      const query = (known(statementTexts, row.queryid)?.query as string | undefined) ?? null;
      return {
        ...row,
        userid: String(row.userid),
        dbid: String(row.dbid),
        datname: datname(known, row.dbid),
        usename: usename(known, row.userid),
        query,
        own: ownStatement.test(query ?? ''),
      };
    });
    return {
      rows: counters,
      partial: hiddenStatements([{ ...rows[0], hidden: rows.length - seen.length }], known),
    };
  },
  row: z.object({
    queryid: text('Identity of the statement with its constants taken out; 64 bits, so it is text.'),
    userid: text('OID of the role that ran it.'),
    dbid: text('OID of the database it ran in.'),
    toplevel: flag('Sent by a client; false: run inside a function.'),
    query: maybeStatement('Its text with constants as $1, $2, …; the first 10,000 characters; null: not known yet.'),
    own: flag('It is one of pgdeck.'),
    datname: maybeText('Database.'),
    usename: maybeText('Role.'),
    calls: count('Times it ran.'),
    rows: count('Rows it returned or changed.'),
    total_exec_time: milliseconds('Time it ran in all.'),
    total_plan_time: milliseconds('Time it was planned in all; 0 unless track_planning is on.'),
    shared_blks_hit: blocks("Blocks found in PostgreSQL's cache."),
    shared_blks_read: blocks('Blocks read from the operating system.'),
    shared_blks_dirtied: blocks('Blocks it changed.'),
    shared_blks_written: blocks('Blocks it had to write itself.'),
    temp_blks_read: blocks('Blocks read from temporary files: a sort or hash larger than work_mem.'),
    temp_blks_written: blocks('Blocks written to temporary files.'),
    blk_read_time: milliseconds('Time it waited for reads; 0 unless track_io_timing is on.'),
    blk_write_time: milliseconds('Time it waited for writes; 0 unless track_io_timing is on.'),
    wal_bytes: bytes('Bytes of WAL it made.'),
    stats_since: maybeMoment('When its figures began: its own on PostgreSQL 17 and newer, else the reset of all.'),
  }),
  key: ['queryid', 'userid', 'dbid', 'toplevel'],
  databaseColumn: 'datname',
  counters: [
    'calls',
    'rows',
    'total_exec_time',
    'total_plan_time',
    'shared_blks_hit',
    'shared_blks_read',
    'shared_blks_dirtied',
    'shared_blks_written',
    'temp_blks_read',
    'temp_blks_written',
    'blk_read_time',
    'blk_write_time',
    'wal_bytes',
  ],
  epoch: 'stats_since',
  series: [
    {
      id: 'statement-time',
      title: 'Statement time',
      unit: 'ms/s',
      columns: ['all', 'own'],
      aggregate: 'average',
      point: (rows) => [
        totalRate(rows, 'total_exec_time_per_second'),
        totalRate(own(rows), 'total_exec_time_per_second'),
      ],
    },
    {
      id: 'own-work',
      title: "Work of pgdeck's own statements",
      unit: '/s',
      columns: ['calls', 'blocks_hit', 'blocks_read'],
      aggregate: 'average',
      point: (rows) => [
        totalRate(own(rows), 'calls_per_second'),
        totalRate(own(rows), 'shared_blks_hit_per_second'),
        totalRate(own(rows), 'shared_blks_read_per_second'),
      ],
    },
  ],
});

const own = <Row extends { own: boolean }>(rows: Row[]) => rows.filter((row) => row.own);
