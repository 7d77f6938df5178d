import type { Metric } from './sheet';

const gauge = (help: string, ...labels: string[]): Metric => ({ type: 'gauge', help, labels });
const counter = (help: string, ...labels: string[]): Metric => ({ type: 'counter', help, labels });

/** What is told of each watched server beside its snapshots. */
export const serverMetrics = {
  pg_up: {
    type: 'gauge',
    help: '1: the server answers pgdeck; missing: pgdeck has not asked it yet.',
    labels: ['server'],
    from: 'postgres_exporter',
  },
  pg_static: {
    type: 'untyped',
    help: '1, with the version of the server.',
    labels: ['server', 'short_version'],
    from: 'postgres_exporter',
  },
  pg_postmaster_start_time_seconds: {
    type: 'gauge',
    help: 'When the server was started, in seconds since 1970.',
    labels: ['server'],
    from: 'postgres_exporter',
  },
  pgbouncer_up: {
    type: 'gauge',
    help: '1: the PgBouncer in front of the server answers; missing: none is configured.',
    labels: ['server'],
    from: 'pgbouncer_exporter',
  },
  pgdeck_server_state: gauge(
    '1 for how the server is: starting, ok, degraded (it answers in part) or unreachable.',
    'server',
    'state',
  ),
  pgdeck_verdict: gauge('1 for the verdict on the server: ok, warning, critical or unknown.', 'server', 'verdict'),
  pgdeck_findings: gauge('Findings on the server now, by check and severity.', 'server', 'check', 'severity'),
  pgdeck_checks_not_judged: gauge('Checks that could not be judged.', 'server'),
  pgdeck_topic_up: gauge('1: the question could be answered last; 0: it could not.', 'server', 'topic'),
  pgdeck_snapshot_age_seconds: gauge('Age of the last answer to a question.', 'server', 'topic'),
  pgdeck_slowed_down: gauge(
    'How many times less often the server is asked, because pgdeck took more than its budget; 1: it keeps to it.',
    'server',
  ),
  pgdeck_lease_held: gauge('1: this instance asks and records the server; 0: another one does.', 'server'),
  pgdeck_runs: gauge('Actions that pgdeck knows of, by how they stand.', 'server', 'status'),
  pgdeck_cache_entries: gauge('Answers that are kept, by kind.', 'server', 'kind'),
  pgdeck_cache_bytes: gauge('What they take.', 'server', 'kind'),
  pgdeck_cache_hits_total: counter('Answers that were there when they were asked for.', 'server', 'kind'),
  pgdeck_cache_misses_total: counter('Answers that the server had to be asked for.', 'server', 'kind'),
} satisfies Record<string, Metric>;

/** What is told of pgdeck as a whole. */
export const deckMetrics = {
  pgdeck_build_info: gauge('1, with the version of pgdeck and of Node.', 'version', 'node'),
  pgdeck_start_time_seconds: gauge('When pgdeck was started, in seconds since 1970.'),
  pgdeck_servers: gauge('Watched servers that the reader may see.'),
  pgdeck_budget_ratio: gauge('Share of the statement time of a server, or of one processor, that pgdeck may take.'),
  pgdeck_history_state: gauge('1 for how the history store is.', 'state'),
  pgdeck_history_bytes: gauge('Size of the history; missing: not known yet, or there is none.'),
  pgdeck_history_max_bytes: gauge('Size at which the oldest of the history is dropped.'),
  pgdeck_audit_writable: gauge('1: the audit can be written; 0: actions are refused.'),
} satisfies Record<string, Metric>;
