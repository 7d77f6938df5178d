import pg from 'pg';
import type { Target } from '@/lib/config';

type Row = Record<string, unknown>;

/** One read of the floor: its SQL, and what it takes from an earlier read as `$1::oid[]`. */
type Read = { sql: string; keys?: { from: string; column: string; weight: string; most: number } };

const clientColumns = `a.pid, a.datid, a.usesysid, a.application_name, a.backend_type, a.client_addr, a.client_port,
  a.leader_pid, a.state, a.wait_event_type, a.wait_event, a.backend_start, a.xact_start, a.query_start, a.state_change,
  a.backend_xid, a.backend_xmin, left(a.query, 1000) as query, a.query_id`;
const progress = (command: string) =>
  `select '${command}' as command, p.* from pg_catalog.pg_stat_get_progress_info('${command}') as p`;

/**
 * The cheapest single read of what each topic tells: functions instead of views, no join that a client can make, nothing
 * that only guards against locks or ranks rows. Ids are the topics' and lookups', so that each stands beside its own.
 */
export const floorReads: Record<string, Read> = {
  sessions: {
    sql: `select /* floor:sessions */ ${clientColumns} from pg_catalog.pg_stat_get_activity(null) as a where a.datid is not null`,
  },
  load: {
    sql: `select /* floor:load */ a.pid, a.datid, a.usesysid, a.application_name, a.backend_type, a.client_addr, a.wait_event_type,
  a.wait_event, a.query_id, case when a.wait_event_type = 'Lock' then pg_blocking_pids(a.pid) end as blocked_by
from pg_catalog.pg_stat_get_activity(null) as a where a.state = 'active'`,
  },
  locks: {
    sql: `select /* floor:locks */ a.pid from pg_catalog.pg_stat_get_activity(null) as a where a.wait_event_type = 'Lock'`,
  },
  progress: {
    sql: `${progress('VACUUM').replace('select', 'select /* floor:progress */')} union all ${['ANALYZE', 'CLUSTER', 'CREATE INDEX', 'BASEBACKUP', 'COPY'].map(progress).join(' union all ')}`,
  },
  connections: {
    sql: `select /* floor:connections */ a.datid, a.usesysid, a.application_name, a.client_addr, a.state, a.wait_event_type, count(*),
  max(clock_timestamp() - a.state_change), max(clock_timestamp() - a.xact_start)
from pg_catalog.pg_stat_get_activity(null) as a where a.backend_type = 'client backend' group by 1, 2, 3, 4, 5, 6`,
  },
  databases: {
    sql: `select /* floor:databases */ d.oid, d.datname, pg_stat_get_db_numbackends(d.oid), pg_stat_get_db_xact_commit(d.oid),
  pg_stat_get_db_xact_rollback(d.oid), pg_stat_get_db_blocks_hit(d.oid), pg_stat_get_db_blocks_fetched(d.oid),
  pg_stat_get_db_blk_read_time(d.oid), pg_stat_get_db_blk_write_time(d.oid), pg_stat_get_db_tuples_returned(d.oid),
  pg_stat_get_db_tuples_fetched(d.oid), pg_stat_get_db_tuples_inserted(d.oid), pg_stat_get_db_tuples_updated(d.oid),
  pg_stat_get_db_tuples_deleted(d.oid), pg_stat_get_db_conflict_all(d.oid), pg_stat_get_db_temp_files(d.oid),
  pg_stat_get_db_temp_bytes(d.oid), pg_stat_get_db_deadlocks(d.oid), pg_stat_get_db_sessions(d.oid),
  pg_stat_get_db_sessions_abandoned(d.oid), pg_stat_get_db_sessions_fatal(d.oid), pg_stat_get_db_sessions_killed(d.oid),
  pg_stat_get_db_stat_reset_time(d.oid)
from pg_catalog.pg_database as d where d.datallowconn and not d.datistemplate`,
  },
  'database-names': {
    sql: 'select /* floor:database-names */ d.oid, d.datname, d.datconnlimit from pg_catalog.pg_database as d',
  },
  'role-names': {
    sql: 'select /* floor:role-names */ r.oid, r.rolname, r.rolconnlimit, r.rolsuper from pg_catalog.pg_roles as r',
  },
  'slow-queries': {
    sql: `select /* floor:slow-queries */ s.userid, s.dbid, s.queryid::text as queryid, s.toplevel, s.calls, s.rows,
  s.total_exec_time, s.mean_exec_time, s.min_exec_time, s.max_exec_time, s.stddev_exec_time, s.plans, s.total_plan_time,
  s.mean_plan_time, s.shared_blks_hit, s.shared_blks_read, s.shared_blks_dirtied, s.shared_blks_written,
  s.local_blks_read, s.local_blks_written, s.temp_blks_read, s.temp_blks_written, s.shared_blk_read_time,
  s.shared_blk_write_time, s.wal_records, s.wal_fpi, s.wal_bytes, s.stats_since
from public.pg_stat_statements(false) as s order by s.total_exec_time desc limit 200`,
  },
  'statement-counters': {
    sql: `select /* floor:statement-counters */ s.userid, s.dbid, s.queryid::text as queryid, s.toplevel, s.calls, s.rows,
  s.total_exec_time, s.total_plan_time, s.shared_blks_hit, s.shared_blks_read, s.shared_blks_dirtied, s.shared_blks_written,
  s.temp_blks_read, s.temp_blks_written, s.shared_blk_read_time, s.shared_blk_write_time, s.wal_bytes, s.stats_since
from public.pg_stat_statements(false) as s`,
  },
  'statement-texts': {
    sql: `select /* floor:statement-texts */ s.queryid::text as key, left(s.query, 10000) as query
from public.pg_stat_statements(true) as s where s.queryid = any($1::int8[])`,
    keys: { from: 'slow-queries', column: 'queryid', weight: 'total_exec_time', most: 200 },
  },
  tables: {
    sql: `select /* floor:tables */ c.oid as relid, c.relnamespace, c.relname, c.relkind, c.relispartition, c.relpages, c.reltuples,
  c.relallfrozen, c.reloptions, c.reltoastrelid, pg_stat_get_live_tuples(c.oid), pg_stat_get_dead_tuples(c.oid),
  pg_stat_get_mod_since_analyze(c.oid), pg_stat_get_ins_since_vacuum(c.oid), pg_stat_get_numscans(c.oid),
  pg_stat_get_tuples_returned(c.oid), pg_stat_get_lastscan(c.oid), pg_stat_get_tuples_inserted(c.oid),
  pg_stat_get_tuples_updated(c.oid), pg_stat_get_tuples_deleted(c.oid), pg_stat_get_tuples_hot_updated(c.oid),
  pg_stat_get_last_vacuum_time(c.oid), pg_stat_get_last_autovacuum_time(c.oid), pg_stat_get_last_analyze_time(c.oid),
  pg_stat_get_last_autoanalyze_time(c.oid)
from pg_catalog.pg_class as c where c.relkind in ('r', 'm', 'p', 't') and c.oid >= 16384`,
  },
  'table-sizes': {
    sql: `select /* floor:table-sizes */ c.oid, pg_table_size(c.oid), pg_indexes_size(c.oid), pg_total_relation_size(c.reltoastrelid)
from pg_catalog.pg_class as c where c.oid = any($1::oid[])`,
    keys: { from: 'tables', column: 'relid', weight: 'relpages', most: 50 },
  },
  'index-usage': {
    sql: `select /* floor:index-usage */ i.indexrelid, i.indrelid, c.relnamespace, c.relname, c.relkind, c.relispartition, c.relpages,
  i.indisunique, i.indisprimary, i.indisvalid, i.indisready, i.indisreplident, i.indisclustered, i.indpred is not null,
  i.indexprs is not null, pg_stat_get_numscans(i.indexrelid), pg_stat_get_lastscan(i.indexrelid),
  pg_stat_get_tuples_returned(i.indexrelid), pg_stat_get_tuples_fetched(i.indexrelid)
from pg_catalog.pg_index as i join pg_catalog.pg_class as c on c.oid = i.indexrelid where i.indrelid >= 16384`,
  },
  'index-sizes': {
    sql: `select /* floor:index-sizes */ c.oid, pg_relation_size(c.oid) from unnest($1::oid[]) as c (oid)`,
    keys: { from: 'index-usage', column: 'indexrelid', weight: 'relpages', most: 50 },
  },
  'database-size': {
    sql: `select /* floor:database-size */ d.oid, pg_database_size(d.oid) from pg_catalog.pg_database as d
where d.datallowconn and not d.datistemplate`,
  },
  wal: {
    sql: `select /* floor:wal */ w.*, r.*, pg_current_wal_lsn(), pg_stat_get_checkpointer_num_timed(),
  pg_stat_get_checkpointer_num_requested(), pg_stat_get_checkpointer_write_time(), pg_stat_get_checkpointer_sync_time(),
  pg_stat_get_checkpointer_buffers_written(), pg_stat_get_bgwriter_buf_written_clean(), pg_stat_get_buf_alloc()
from pg_catalog.pg_stat_get_wal() as w cross join pg_catalog.pg_stat_get_archiver() as r`,
  },
  replication: {
    sql: `select /* floor:replication */ s.slot_name, s.active_pid, s.restart_lsn, s.wal_status, w.pid, w.state, w.replay_lsn, w.replay_lag
from pg_catalog.pg_get_replication_slots() as s
full join pg_catalog.pg_stat_get_wal_senders() as w on w.pid = s.active_pid`,
  },
  server: {
    sql: `select /* floor:server */ s.name, s.setting, s.unit, s.source, s.pending_restart, pg_postmaster_start_time(), pg_is_in_recovery()
from pg_catalog.pg_settings as s`,
  },
};

/** Each read with what comes after it at once, and whose cadence it follows. */
const rounds: Record<string, string[]> = {
  sessions: ['sessions'],
  load: ['load'],
  locks: ['locks'],
  progress: ['progress'],
  connections: ['connections'],
  databases: ['databases'],
  'slow-queries': ['slow-queries', 'statement-texts'],
  'statement-counters': ['statement-counters'],
  tables: ['tables', 'table-sizes'],
  'index-usage': ['index-usage', 'index-sizes'],
  'database-sizes': ['database-size'],
  wal: ['wal'],
  replication: ['replication'],
  server: ['server'],
};
const namesEveryMs = 60_000;

/** What pgdeck is measured against: one warm connection, prepared statements, one read after the other. */
export class Floor {
  readonly #client: pg.Client;
  readonly #cadenceMs: (topic: string) => number;
  readonly #latest = new Map<string, Row[]>();
  readonly #knownTexts = new Set<unknown>();
  #turn: Promise<unknown> = Promise.resolve();
  #timers = new Set<NodeJS.Timeout>();
  #stopped = false;

  /** `cadenceMs` answers how often pgdeck itself asks a topic, so that the floor reads as often. */
  constructor(target: Target, cadenceMs: (topic: string) => number) {
    this.#cadenceMs = cadenceMs;
    this.#client = new pg.Client({
      host: target.host,
      port: target.port,
      database: target.database,
      user: target.user,
      password: target.password ?? '',
      application_name: 'floor',
      options: '-c jit=off -c search_path=pg_catalog -c statement_timeout=4000',
    });
    this.#client.on('error', () => {});
  }

  /** Connects and reads from now on. */
  async start(): Promise<void> {
    await this.#client.connect();
    for (const [topic, reads] of Object.entries(rounds)) this.#repeat(reads, () => this.#cadenceMs(topic));
    this.#repeat(['database-names', 'role-names'], () => namesEveryMs);
  }

  /** Runs any statement on the floor's own connection. */
  async ask<Result extends Row>(sql: string): Promise<Result[]> {
    return (await this.#client.query<Result>(sql)).rows;
  }

  /** Stops reading and closes the connection. */
  async stop(): Promise<void> {
    this.#stopped = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#turn.catch(() => {});
    await this.#client.end();
  }

  #repeat(reads: string[], everyMs: () => number): void {
    const round = () => {
      if (this.#stopped) return;
      const timer = setTimeout(() => {
        this.#timers.delete(timer);
        round();
      }, everyMs());
      this.#timers.add(timer);
      for (const id of reads) this.#turn = this.#turn.then(() => this.#read(id)).catch(() => {});
    };
    round();
  }

  async #read(id: string): Promise<void> {
    const read = floorReads[id];
    if (!read || this.#stopped) return;
    let values: unknown[] = [];
    if (read.keys) {
      const { from, column, weight, most } = read.keys;
      let keys = [...(this.#latest.get(from) ?? [])]
        .sort((a, b) => Number(b[weight]) - Number(a[weight]))
        .slice(0, most)
        .map((row) => row[column]);
      if (id === 'statement-texts') keys = keys.filter((key) => !this.#knownTexts.has(key));
      if (keys.length === 0) return;
      for (const key of keys) this.#knownTexts.add(key);
      values = [keys];
    }
    const { rows } = await this.#client.query<Row>({ name: id, text: read.sql, values });
    this.#latest.set(id, rows);
  }
}
