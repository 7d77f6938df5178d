/**
 * Settings that pgdeck changes. None of them runs a command, loads code, names a file or a folder, decides who may
 * connect, or gives up the safety of data; each takes a number, a switch, or one of a list of words.
 */
export const allowedSettings: readonly string[] = [
  // Autovacuum
  'autovacuum',
  'autovacuum_analyze_scale_factor',
  'autovacuum_analyze_threshold',
  'autovacuum_freeze_max_age',
  'autovacuum_max_workers',
  'autovacuum_multixact_freeze_max_age',
  'autovacuum_naptime',
  'autovacuum_vacuum_cost_delay',
  'autovacuum_vacuum_cost_limit',
  'autovacuum_vacuum_insert_scale_factor',
  'autovacuum_vacuum_insert_threshold',
  'autovacuum_vacuum_max_threshold',
  'autovacuum_vacuum_scale_factor',
  'autovacuum_vacuum_threshold',
  'autovacuum_work_mem',
  'autovacuum_worker_slots',
  'vacuum_buffer_usage_limit',
  'vacuum_cost_delay',
  'vacuum_cost_limit',
  'vacuum_cost_page_dirty',
  'vacuum_cost_page_hit',
  'vacuum_cost_page_miss',
  'vacuum_failsafe_age',
  'vacuum_freeze_min_age',
  'vacuum_freeze_table_age',
  'vacuum_max_eager_freeze_failure_rate',
  'vacuum_multixact_failsafe_age',
  'vacuum_multixact_freeze_min_age',
  'vacuum_multixact_freeze_table_age',
  // Memory
  'hash_mem_multiplier',
  'huge_pages',
  'logical_decoding_work_mem',
  'maintenance_work_mem',
  'shared_buffers',
  'temp_buffers',
  'temp_file_limit',
  'wal_buffers',
  'work_mem',
  // Checkpoints, WAL and the background writer
  'bgwriter_delay',
  'bgwriter_flush_after',
  'bgwriter_lru_maxpages',
  'bgwriter_lru_multiplier',
  'checkpoint_completion_target',
  'checkpoint_flush_after',
  'checkpoint_timeout',
  'checkpoint_warning',
  'commit_delay',
  'commit_siblings',
  'max_slot_wal_keep_size',
  'max_wal_size',
  'min_wal_size',
  'wal_compression',
  'wal_keep_size',
  'wal_writer_delay',
  'wal_writer_flush_after',
  // Standbys and slots
  'hot_standby_feedback',
  'idle_replication_slot_timeout',
  'max_replication_slots',
  'max_standby_archive_delay',
  'max_standby_streaming_delay',
  'max_wal_senders',
  'wal_receiver_status_interval',
  'wal_receiver_timeout',
  'wal_sender_timeout',
  // Connections and sessions
  'deadlock_timeout',
  'idle_in_transaction_session_timeout',
  'max_connections',
  'max_locks_per_transaction',
  'max_pred_locks_per_transaction',
  'max_prepared_transactions',
  // The planner
  'constraint_exclusion',
  'cpu_index_tuple_cost',
  'cpu_operator_cost',
  'cpu_tuple_cost',
  'cursor_tuple_fraction',
  'default_statistics_target',
  'effective_cache_size',
  'effective_io_concurrency',
  'enable_partitionwise_aggregate',
  'enable_partitionwise_join',
  'from_collapse_limit',
  'io_combine_limit',
  'io_max_combine_limit',
  'io_max_concurrency',
  'io_method',
  'io_workers',
  'jit',
  'jit_above_cost',
  'jit_inline_above_cost',
  'jit_optimize_above_cost',
  'join_collapse_limit',
  'maintenance_io_concurrency',
  'min_parallel_index_scan_size',
  'min_parallel_table_scan_size',
  'parallel_setup_cost',
  'parallel_tuple_cost',
  'plan_cache_mode',
  'random_page_cost',
  'seq_page_cost',
  // Parallel work
  'max_logical_replication_workers',
  'max_parallel_apply_workers_per_subscription',
  'max_parallel_maintenance_workers',
  'max_parallel_workers',
  'max_parallel_workers_per_gather',
  'max_sync_workers_per_subscription',
  'max_worker_processes',
  'parallel_leader_participation',
  // The log
  'log_autovacuum_min_duration',
  'log_checkpoints',
  'log_disconnections',
  'log_lock_failures',
  'log_lock_waits',
  'log_min_duration_sample',
  'log_min_duration_statement',
  'log_parameter_max_length',
  'log_parameter_max_length_on_error',
  'log_recovery_conflict_waits',
  'log_replication_commands',
  'log_startup_progress_interval',
  'log_statement',
  'log_statement_sample_rate',
  'log_temp_files',
  'log_transaction_sample_rate',
  // What the server counts
  'compute_query_id',
  'track_activities',
  'track_activity_query_size',
  'track_commit_timestamp',
  'track_cost_delay_timing',
  'track_counts',
  'track_functions',
  'track_io_timing',
  'track_wal_io_timing',
  // pg_stat_statements and auto_explain, where they are loaded
  'auto_explain.log_analyze',
  'auto_explain.log_buffers',
  'auto_explain.log_format',
  'auto_explain.log_min_duration',
  'auto_explain.log_nested_statements',
  'auto_explain.log_timing',
  'auto_explain.sample_rate',
  'pg_stat_statements.max',
  'pg_stat_statements.save',
  'pg_stat_statements.track',
  'pg_stat_statements.track_planning',
  'pg_stat_statements.track_utility',
];

const allowed = new Set(allowedSettings);

/** Whether pgdeck changes a setting. */
export function mayBeSet(name: string): boolean {
  return allowed.has(name);
}

const cautions: Readonly<Record<string, { at: (base: string) => boolean; words: string }>> = {
  autovacuum: {
    at: (base) => base === 'off',
    words: 'Without autovacuum dead rows stay, tables grow, and the statistics of the planner grow old.',
  },
  track_counts: { at: (base) => base === 'off', words: 'Autovacuum does nothing without track_counts.' },
  track_activities: {
    at: (base) => base === 'off',
    words: 'pgdeck and everybody else no longer see what sessions do.',
  },
  hot_standby_feedback: {
    at: (base) => base === 'on',
    words: 'A long query on this standby then keeps dead rows on the primary.',
  },
  log_statement: {
    at: (base) => base !== 'none',
    words: 'Statements go to the log as they are sent, with the data and the passwords in them.',
  },
  log_min_duration_statement: {
    at: (base) => Number(base) >= 0 && Number(base) < 100,
    words: 'On a busy server this fills the log. Statements go there with the data in them.',
  },
  'auto_explain.log_analyze': {
    at: (base) => base === 'on',
    words: 'With it every statement is timed step by step, and some become much slower.',
  },
};

/** What to mind about a value of a setting, as pg_settings would show it; undefined where there is nothing. */
export function cautionOf(name: string, base: string): string | undefined {
  const caution = Object.hasOwn(cautions, name) ? cautions[name] : undefined;
  return caution?.at(base) ? caution.words : undefined;
}

/** Settings of which a standby has to have at least what its primary has: with less it does not start, or stops to replay. */
export const notLessOnStandby: readonly string[] = [
  'max_connections',
  'max_locks_per_transaction',
  'max_prepared_transactions',
  'max_wal_senders',
  'max_worker_processes',
];

/** Counts of what is there already: with less than that the server would not start again. */
export const leastOf: Readonly<Record<string, string>> = {
  max_connections: `(select sum(s.setting::int) + 1 from pg_catalog.pg_settings as s where s.name in ('superuser_reserved_connections', 'reserved_connections'))`,
  max_prepared_transactions: '(select count(*) from pg_catalog.pg_prepared_xacts)',
  max_replication_slots: '(select count(*) from pg_catalog.pg_replication_slots as s where not s.temporary)',
};
