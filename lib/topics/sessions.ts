import { z } from 'zod';
import {
  count,
  identity,
  maybeCount,
  maybeIdentity,
  maybeMoment,
  maybeSeconds,
  maybeStatement,
  maybeText,
  pids,
} from './column';
import { databaseNames, datname, roleNames, usename } from './lookups';
import { defineTopic, type Raw } from './topic';
import { hiddenSessions, ownSession } from './visibility';

/** Every session with what it does, for how long, what it waits for and who is behind it. */
export const sessions = defineTopic({
  id: 'sessions',
  title: 'Sessions',
  summary: "Sessions with state, ages, wait and statement; pgdeck's own are left out.",
  scope: 'server',
  cadenceSeconds: 2,
  requires: [],
  sources: ['pg_stat_activity', 'pg_blocking_pids()'],
  always: true,
  moments: { everySeconds: 60, closeSeconds: 5 },
  sql: {
    14: `select /* pgdeck:sessions */ a.pid, a.datid, a.usesysid, a.application_name, a.backend_type,
  host(a.client_addr) as client_addr, nullif(a.client_port, -1) as client_port, a.leader_pid,
  a.state, a.wait_event_type, a.wait_event,
  (extract(epoch from a.backend_start) * 1000000)::int8::text as backend_start_us,
  (extract(epoch from a.query_start) * 1000000)::int8::text as query_start_us,
  a.backend_start,
  extract(epoch from clock_timestamp() - a.backend_start)::float8 as backend_seconds,
  extract(epoch from clock_timestamp() - a.xact_start)::float8 as xact_seconds,
  extract(epoch from clock_timestamp() - a.query_start)::float8 as query_seconds,
  extract(epoch from clock_timestamp() - a.state_change)::float8 as state_seconds,
  a.backend_xid::text as backend_xid, a.backend_xmin::text as backend_xmin, age(a.backend_xmin) as xmin_age,
  left(a.query, case when a.state = 'idle' then 100 else 1000 end) as query, a.query_id::text as query_id,
  case when a.wait_event_type = 'Lock' then pg_blocking_pids(a.pid) else '{}' end as blocked_by,
  (a.backend_start is null)::int4 as hidden, ${ownSession} as own,
  case when a.pid = pg_backend_pid() then a.usesysid end as own_usesysid
from pg_catalog.pg_stat_get_activity(null) as a
where (a.datid is not null or (a.usesysid is not null and a.backend_start is not null))
  and a.backend_type is distinct from 'logical replication launcher'
  and (not coalesce(${ownSession}, false) or a.pid = pg_backend_pid())`,
  },
  lookups: [databaseNames, roleNames],
  join: (rows, known) => {
    const others = rows.filter((row) => !row.own).map((row) => ({ ...row, blocked_by: distinct(row.blocked_by) }));
    const blocks = countBehind(others as { pid: number; blocked_by: number[] }[]);
    return {
      rows: others.map((row: Raw) => ({
        ...row,
        datname: datname(known, row.datid),
        usename: usename(known, row.usesysid),
        blocks: blocks.get(row.pid as number) ?? 0,
      })),
      partial: hiddenSessions(rows, known),
    };
  },
  row: z.object({
    pid: identity('Process id of the session on the server.'),
    backend_start_us: maybeText(
      'Start of the session in microseconds since 1970: with the pid it is its identity. Null where it is hidden.',
    ),
    query_start_us: maybeText('Start of its latest statement in microseconds since 1970.'),
    datname: maybeText('Database.'),
    usename: maybeText('Role it signed in as.'),
    application_name: maybeText('Name that the application gave itself.'),
    client_addr: maybeText('Address of the client; null on a Unix socket, or hidden.'),
    client_port: maybeIdentity('TCP port of the client.'),
    backend_type: maybeText('client backend, parallel worker, autovacuum worker, walsender, …'),
    leader_pid: maybeIdentity('For a parallel worker: the session it works for.'),
    state: maybeText('active, idle, idle in transaction, …; null for a background worker, or where it is hidden.'),
    wait_event_type: maybeText('Class of what it waits for; Client: for the application. Null: it waits for nothing.'),
    wait_event: maybeText('What it waits for.'),
    backend_start: maybeMoment('When the session began.'),
    backend_seconds: maybeSeconds('Age of the session.'),
    xact_seconds: maybeSeconds('Age of its open transaction; null: none is open.'),
    query_seconds: maybeSeconds('Time since its latest statement began.'),
    state_seconds: maybeSeconds('Time since its state changed last.'),
    backend_xid: maybeText('Transaction id it holds, if it has written.'),
    backend_xmin: maybeText('Oldest transaction its snapshot can see: vacuum keeps what is newer.'),
    xmin_age: maybeCount('Transactions since that snapshot.'),
    query: maybeStatement(
      'Statement that runs, or the latest one where it is idle (the first 100 characters of it then, else 1,000).',
    ),
    query_id: maybeText('Identity of the statement in pg_stat_statements, where compute_query_id is on.'),
    blocked_by: pids('Sessions it waits for; 0 is a prepared transaction.'),
    blocks: count('Sessions that wait for it, directly or behind one another.'),
  }),
  key: ['pid', 'backend_start_us'],
  databaseColumn: 'datname',
  series: [
    {
      id: 'longest-transaction',
      title: 'Longest transaction',
      unit: 'seconds',
      columns: ['longest', 'idle_in_transaction'],
      aggregate: 'maximum',
      point: (rows) => {
        const clients = rows.filter((row) => row.backend_type === 'client backend');
        if (clients.some((row) => row.state === null)) return [null, null];
        const oldest = (those: typeof clients) => Math.max(0, ...those.map((row) => row.xact_seconds ?? 0));
        return [oldest(clients), oldest(clients.filter((row) => row.state?.startsWith('idle in transaction')))];
      },
    },
  ],
});

const distinct = (value: unknown) => [...new Set(value as number[])];

/** For each session the number of others that wait for it, directly or through one another. */
export function countBehind(rows: { pid: number; blocked_by: number[] }[]): Map<number, number> {
  const waiters = new Map<number, number[]>();
  for (const { pid, blocked_by } of rows)
    for (const blocker of blocked_by) {
      const list = waiters.get(blocker);
      if (list) list.push(pid);
      else waiters.set(blocker, [pid]);
    }
  const counts = new Map<number, number>();
  for (const pid of waiters.keys()) {
    const behind = new Set<number>();
    const next = [pid];
    for (let at = next.pop(); at !== undefined; at = next.pop())
      for (const waiter of waiters.get(at) ?? [])
        if (waiter !== pid && !behind.has(waiter)) {
          behind.add(waiter);
          next.push(waiter);
        }
    counts.set(pid, behind.size);
  }
  return counts;
}
