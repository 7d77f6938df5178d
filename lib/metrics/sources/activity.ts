import type { Row } from '@/lib/topics/index';
import { defineSource, type Scene } from '../source';

const client = 'client backend';
/** Every state that pg_stat_activity has; those that nobody is in are 0. */
const states = [
  'active',
  'idle',
  'idle in transaction',
  'idle in transaction (aborted)',
  'fastpath function call',
  'disabled',
];

type InState = { datname: string; state: string; backend_type: string; count: number; longest: number };

type Session = { datname: string | null; state: string | null; count: number; longest: number | null };

/** Sums by database and state; databases and states without a session are 0. */
function byState(sessions: Session[], backend_type: string, databases: readonly string[]): InState[] {
  const groups = new Map<string, InState>();
  const group = (datname: string, state: string) => {
    const key = `${datname}\n${state}`;
    const found = groups.get(key) ?? { datname, state, backend_type, count: 0, longest: 0 };
    groups.set(key, found);
    return found;
  };
  for (const datname of databases) for (const state of states) group(datname, state);
  for (const { datname, state, count, longest } of sessions) {
    if (datname === null || state === null) continue;
    const found = group(datname, state);
    found.count += count;
    found.longest = Math.max(found.longest, longest ?? 0);
  }
  return [...groups.values()];
}

/** Where the states of others are hidden, nobody can tell how many are in which. */
const hidden = (rows: Row<'connections'>[]) =>
  rows.some((row) => row.state === null && !row.own && row.connections > 0);

const figures = {
  pg_stat_activity_count: {
    type: 'untyped' as const,
    help: 'Sessions in this state.',
    value: (row: InState) => row.count,
  },
  pg_stat_activity_max_tx_duration: {
    type: 'gauge' as const,
    help: 'Seconds that the longest open transaction of these has lasted; 0: none is open.',
    value: (row: InState) => row.longest,
  },
};

/** Clients by database and state. */
export const clients = defineSource({
  topic: 'connections',
  rows: (rows, { databases }: Scene) =>
    hidden(rows)
      ? []
      : byState(
          rows.map((row) => ({ ...row, count: row.connections, longest: row.oldest_xact_seconds })),
          client,
          databases,
        ),
  labels: ['datname', 'state', 'backend_type'],
  from: 'postgres_exporter',
  figures,
});

/** What else works in a database: parallel workers, autovacuum, logical replication. */
export const workers = defineSource({
  topic: 'sessions',
  rows: (rows) => {
    const types = new Map<string, Session[]>();
    for (const row of rows)
      if (row.backend_type !== null && row.backend_type !== client)
        types.set(row.backend_type, [
          ...(types.get(row.backend_type) ?? []),
          { datname: row.datname, state: row.state, count: 1, longest: row.xact_seconds },
        ]);
    return [...types].flatMap(([type, sessions]) => byState(sessions, type, []));
  },
  labels: ['datname', 'state', 'backend_type'],
  from: 'postgres_exporter',
  figures,
});

/** Slots of the server, taken and there to be taken. */
export const slots = defineSource({
  topic: 'connections',
  whole: true,
  rows: (rows) => {
    const [first] = rows;
    return first ? [{ ...first, taken: rows.reduce((sum, row) => sum + row.connections, 0) }] : [];
  },
  labels: [],
  figures: {
    pgdeck_connections: {
      type: 'gauge',
      help: "Client connections, pgdeck's own with them.",
      value: (row) => row.taken,
    },
    pgdeck_connections_ceiling: {
      type: 'gauge',
      help: 'Connections that an ordinary application can have: max_connections less the reserved ones.',
      value: (row) => row.ceiling,
    },
  },
});

/** Active clients by what they wait for. */
export const waits = defineSource({
  topic: 'connections',
  rows: (rows) => {
    if (hidden(rows)) return [];
    const sums = new Map<string, number>([
      ['cpu', 0],
      ['lock', 0],
    ]);
    for (const row of rows) {
      if (row.own || row.state !== 'active') continue;
      const wait = row.wait_event_type?.toLowerCase() ?? 'cpu';
      sums.set(wait, (sums.get(wait) ?? 0) + row.connections);
    }
    return [...sums].map(([wait, sessions]) => ({ wait, sessions }));
  },
  labels: ['wait'],
  figures: {
    pgdeck_active_sessions: {
      type: 'gauge',
      help: "Active clients but pgdeck's own, by the class of what they wait for; cpu: they wait for nothing.",
      value: (row) => row.sessions,
    },
  },
});

/** Who waits for a lock. */
export const lockWaits = defineSource({
  topic: 'locks',
  rows: (rows, { databases }: Scene) => {
    const groups = new Map(databases.map((datname) => [datname, { datname, waiting: 0, longest: 0 }]));
    for (const { datname, wants_mode, waits_seconds } of rows) {
      if (datname === null || wants_mode === null) continue;
      const group = groups.get(datname) ?? { datname, waiting: 0, longest: 0 };
      group.waiting++;
      group.longest = Math.max(group.longest, waits_seconds ?? 0);
      groups.set(datname, group);
    }
    return [...groups.values()];
  },
  labels: ['datname'],
  figures: {
    pgdeck_sessions_waiting_for_lock: {
      type: 'gauge',
      help: 'Sessions that wait for a lock of another.',
      value: (row) => row.waiting,
    },
    pgdeck_lock_wait_longest_seconds: {
      type: 'gauge',
      help: 'How long the longest of them has waited; 0: none waits.',
      value: (row) => row.longest,
    },
  },
});
