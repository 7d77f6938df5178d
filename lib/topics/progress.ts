import { z } from 'zod';
import {
  flag,
  identity,
  maybeCount,
  maybeIdentity,
  maybeSeconds,
  maybeStatement,
  maybeText,
  ratio,
  text,
} from './column';
import { catalogs, databaseNames, datname, relationName, relationNames, roleNames, usename } from './lookups';
import { indexCommands, progressPhases, waitingPhases } from './progress-phases';
import { defineTopic } from './topic';
import { hiddenSessions } from './visibility';

const columns = `p.pid, p.datid, nullif(p.relid, 0) as relation`;
const phases = (parameter: string, names: string[], first = 0) =>
  `case ${parameter} ${names.map((name, at) => `when ${at + first} then '${name}'`).join(' ')} end`;
/** Picks the pair (done, total) and its unit by phase, for phases that count something. */
const steps = (parameter: string, of: { phase: number[]; done: string; total: string; unit: string }[]) => {
  const pick = (column: 'done' | 'total' | 'unit') =>
    `case ${of
      .map(
        (step) =>
          `when ${parameter} in (${step.phase.join(', ')}) then ${column === 'unit' ? `'${step.unit}'` : step[column]}`,
      )
      .join(' ')} end`;
  return `${pick('done')} as done, ${pick('total')} as total, ${pick('unit')} as unit`;
};
const from = (command: string) => `from pg_catalog.pg_stat_get_progress_info('${command}') as p`;

const waiting = waitingPhases.join(', ');

/** The statement; `vacuumIndexes` are the steps of a vacuum that only count from PostgreSQL 17 on. */
const sql = (
  vacuumIndexes: { phase: number[]; done: string; total: string; unit: string }[],
) => `with /* pgdeck:progress */ p as (
  select ${columns}, 'VACUUM' as command, ${phases('p.param1', progressPhases.VACUUM)} as phase,
    ${steps('p.param1', [
      { phase: [1], done: 'p.param3', total: 'p.param2', unit: 'blocks' },
      { phase: [3], done: 'p.param4', total: 'p.param2', unit: 'blocks' },
      ...vacuumIndexes,
    ])}, null::int8 as index_relation, null::int8 as waits_for_pid
  ${from('VACUUM')}
  union all
  select ${columns}, 'ANALYZE', ${phases('p.param1', progressPhases.ANALYZE)},
    ${steps('p.param1', [
      { phase: [1, 2], done: 'p.param3', total: 'p.param2', unit: 'blocks' },
      { phase: [4], done: 'p.param5', total: 'p.param4', unit: 'statistics' },
    ])}, null, null
  ${from('ANALYZE')}
  union all
  select ${columns}, case p.param1 when 2 then 'VACUUM FULL' else 'CLUSTER' end,
    ${phases('p.param2', progressPhases.CLUSTER)},
    ${steps('p.param2', [
      { phase: [1], done: 'p.param7', total: 'p.param6', unit: 'blocks' },
      { phase: [2], done: 'p.param4', total: 'null', unit: 'rows' },
      { phase: [4], done: 'p.param5', total: 'p.param4', unit: 'rows' },
      { phase: [6], done: 'p.param8', total: 'null', unit: 'indexes' },
    ])}, nullif(p.param3, 0), null
  ${from('CLUSTER')}
  union all
  select ${columns}, ${phases('p.param1', indexCommands, 1)},
    ${phases('p.param10', progressPhases['CREATE INDEX'])} ||
      case when p.param10 = 2 then coalesce(': ' || pg_indexam_progress_phasename(p.param9::oid, p.param11), '') else '' end,
    case when p.param10 in (${waiting}) then p.param5 when p.param17 > 0 or p.param16 > 0 then p.param17
      when p.param12 > 0 then p.param13 when p.param14 > 0 then p.param15 end,
    case when p.param10 in (${waiting}) then p.param4 when p.param17 > 0 or p.param16 > 0 then p.param16
      when p.param12 > 0 then p.param12 when p.param14 > 0 then p.param14 end,
    case when p.param10 in (${waiting}) then 'sessions' when p.param17 > 0 or p.param16 > 0 then 'blocks'
      when p.param12 > 0 then 'rows' when p.param14 > 0 then 'partitions' end,
    nullif(p.param7, 0), nullif(p.param6, 0)
  ${from('CREATE INDEX')}
  union all
  select ${columns}, 'BASE BACKUP', ${phases('p.param1', ['initializing', 'waiting for checkpoint to finish', 'estimating backup size', 'streaming database files', 'waiting for wal archiving to finish', 'transferring wal files'])},
    ${steps('p.param1', [{ phase: [3], done: 'p.param3', total: 'nullif(p.param2, -1)', unit: 'bytes' }])}, null, null
  ${from('BASEBACKUP')}
  union all
  select ${columns}, ${phases('p.param5', ['COPY FROM', 'COPY TO'], 1)}, null,
    case when p.param2 > 0 then p.param1 else p.param3 end, nullif(p.param2, 0),
    case when p.param2 > 0 then 'bytes' else 'rows' end, null, null
  ${from('COPY')}
)
select p.pid, p.datid, p.relation::int8 as relation, p.index_relation, p.command, p.phase,
  p.done::float8 as done, nullif(p.total, 0)::float8 as total, p.unit, p.waits_for_pid,
  a.usesysid, a.application_name, a.backend_type, a.wait_event_type, a.wait_event,
  (extract(epoch from a.backend_start) * 1000000)::int8::text as backend_start_us,
  (extract(epoch from a.query_start) * 1000000)::int8::text as query_start_us,
  extract(epoch from clock_timestamp() - coalesce(a.xact_start, a.query_start))::float8 as running_seconds,
  left(a.query, 1000) as query, (a.backend_start is null)::int4 as hidden,
  coalesce(p.datid = own.datid, false) as in_own_database, own.usesysid as own_usesysid
from p
cross join pg_catalog.pg_stat_get_activity(pg_backend_pid()) as own
cross join lateral pg_catalog.pg_stat_get_activity(p.pid) as a
order by p.pid`;

/** What long commands have done so far: all of PostgreSQL's progress views in one shape. */
export const progress = defineTopic({
  id: 'progress',
  title: 'Progress',
  summary: 'VACUUM, ANALYZE, CREATE INDEX, REINDEX, CLUSTER, VACUUM FULL, COPY and base backups that run now.',
  scope: 'server',
  cadenceSeconds: 2,
  requires: [],
  sources: [
    'pg_stat_progress_vacuum',
    'pg_stat_progress_analyze',
    'pg_stat_progress_create_index',
    'pg_stat_progress_cluster',
    'pg_stat_progress_copy',
    'pg_stat_progress_basebackup',
  ],
  always: 'history',
  moments: { everySeconds: 60, closeSeconds: 5 },
  sql: {
    14: sql([]),
    17: sql([{ phase: [2, 4], done: 'p.param10', total: 'p.param9', unit: 'indexes' }]),
  },
  lookups: [
    databaseNames,
    roleNames,
    {
      ...relationNames,
      keys: (rows) =>
        rows
          .filter((row) => row.in_own_database)
          .flatMap((row) => [row.relation, row.index_relation].filter(Boolean).map(String)),
    },
  ],
  join: (rows, known) => ({
    rows: rows.map((row) => {
      const name = (oid: unknown) =>
        row.in_own_database || catalogs[Number(oid)] ? relationName(known, oid) : oid ? `relation ${oid}` : null;
      return {
        ...row,
        datname: datname(known, row.datid),
        usename: usename(known, row.usesysid),
        relation_oid: row.relation,
        relation: name(row.relation),
        index_relation: name(row.index_relation),
        // Without the right to see it not even the command is certain: COPY's kind is one of its hidden figures.
        command: row.command ?? 'COPY or CREATE INDEX',
        done_ratio:
          typeof row.done === 'number' && typeof row.total === 'number' ? Math.min(1, row.done / row.total) : null,
        autovacuum: row.backend_type === 'autovacuum worker',
      };
    }),
    partial: hiddenSessions(rows, known),
  }),
  row: z.object({
    pid: identity('Session that runs the command.'),
    backend_start_us: maybeText('Start of that session in microseconds since 1970: with the pid it is its identity.'),
    query_start_us: maybeText('Start of the command in microseconds since 1970.'),
    command: text('The command.'),
    phase: maybeText('What it does now, in PostgreSQL’s words.'),
    done: maybeCount('How much of this phase is done, in `unit`.'),
    total: maybeCount('How much this phase has to do; null where PostgreSQL does not say.'),
    unit: maybeText('blocks, rows, bytes, indexes, sessions (to wait for), partitions or statistics.'),
    done_ratio: ratio('done / total of this phase.'),
    datname: maybeText('Database.'),
    relation: maybeText('Table it works on.'),
    relation_oid: maybeIdentity('OID of that table.'),
    index_relation: maybeText('Index it builds or uses.'),
    waits_for_pid: maybeIdentity('Session it waits for now.'),
    autovacuum: flag('It is autovacuum’s work.'),
    usename: maybeText('Role.'),
    application_name: maybeText('Name that the application gave itself.'),
    backend_type: maybeText('client backend, autovacuum worker, walsender, …'),
    wait_event_type: maybeText('Class of what it waits for.'),
    wait_event: maybeText('What it waits for.'),
    running_seconds: maybeSeconds('Time since its transaction began.'),
    query: maybeStatement('Its statement; the first 1,000 characters.'),
  }),
  key: ['pid', 'backend_start_us', 'command'],
  databaseColumn: 'datname',
  counters: ['done'],
  epoch: 'phase',
});
