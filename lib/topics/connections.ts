import { z } from 'zod';
import { count, flag, maybeCount, maybeSeconds, maybeText } from './column';
import { databaseNames, datname, roleNames, usename } from './lookups';
import { defineTopic, type Raw } from './topic';
import { hiddenSessions, ownSession } from './visibility';

/** Wait classes in the fixed order of every chart; `cpu` is an active session that waits for nothing. */
export const waitClasses = [
  'cpu',
  'io',
  'lock',
  'lwlock',
  'ipc',
  'client',
  'timeout',
  'bufferpin',
  'activity',
  'other',
] as const;

type Counted = { state: string | null; wait_event_type: string | null; own: boolean; connections: number };

const sum = (rows: Counted[]) => rows.reduce((total, row) => total + row.connections, 0);
const waitsForLock = (row: Counted) => row.wait_event_type === 'Lock';

function waitClass(row: Counted): string {
  const name = row.wait_event_type?.toLowerCase() ?? 'cpu';
  return (waitClasses as readonly string[]).includes(name) ? name : 'other';
}

/** Who is connected, how many, doing what, against the number of connections an application can really have. */
export const connections = defineTopic({
  id: 'connections',
  title: 'Connections',
  summary:
    'Client connections by database, user, application, client and state, against max_connections less what is reserved.',
  scope: 'server',
  cadenceSeconds: 5,
  requires: [],
  sources: ['pg_stat_activity', 'pg_database', 'pg_roles', 'pg_settings'],
  always: true,
  moments: { everySeconds: 60, closeSeconds: 10 },
  sql: {
    14: `select /* pgdeck:connections */ a.datid, a.usesysid, a.application_name, host(a.client_addr) as client_addr, a.state,
  case when a.state in ('active', 'fastpath function call') then a.wait_event_type end as wait_event_type,
  ${ownSession} as own,
  count(*)::int4 as connections,
  (count(*) filter (where a.backend_start is null))::int4 as hidden,
  max(extract(epoch from clock_timestamp() - a.state_change))::float8 as oldest_state_seconds,
  max(extract(epoch from clock_timestamp() - a.xact_start))::float8 as oldest_xact_seconds,
  max(a.usesysid::int8) filter (where a.pid = pg_backend_pid()) as own_usesysid,
  current_setting('max_connections')::int4 as max_connections,
  current_setting('superuser_reserved_connections')::int4 as superuser_reserved_connections,
  coalesce(current_setting('reserved_connections', true)::int4, 0) as reserved_connections
from pg_catalog.pg_stat_get_activity(null) as a
where a.backend_type = 'client backend' or (a.backend_start is null and a.usesysid is not null and a.datid is not null)
group by 1, 2, 3, 4, 5, 6, 7`,
  },
  lookups: [databaseNames, roleNames],
  join: (rows, known) => ({
    rows: rows.map((row) => {
      const role = known(roleNames, row.usesysid);
      const max = Number(row.max_connections);
      return {
        ...row,
        datname: datname(known, row.datid),
        usename: usename(known, row.usesysid),
        ceiling: max - Number(row.superuser_reserved_connections) - Number(row.reserved_connections),
        datconnlimit: limit(known(databaseNames, row.datid)?.datconnlimit),
        // A superuser is bound neither by the limit of its role nor by that of the database.
        rolconnlimit: role?.rolsuper ? null : limit(role?.rolconnlimit),
      };
    }),
    partial: hiddenSessions(rows, known),
  }),
  row: z.object({
    datname: maybeText('Database that the connections are in.'),
    usename: maybeText('Role that they signed in as.'),
    application_name: maybeText('Name that the application gave itself.'),
    client_addr: maybeText('Address of the client; null on a Unix socket, or hidden.'),
    state: maybeText(
      'What the session does: active, idle, idle in transaction, …; null where this role may not see it.',
    ),
    wait_event_type: maybeText('What active sessions wait for; null: they run on a CPU. Lock: another session.'),
    own: flag("pgdeck's own: they take slots like any other."),
    connections: count('Number of connections.'),
    oldest_state_seconds: maybeSeconds('Longest time one of them has been in this state.'),
    oldest_xact_seconds: maybeSeconds('Age of the oldest open transaction among them.'),
    max_connections: count('Setting max_connections of the server.'),
    superuser_reserved_connections: count('Slots of these that only superusers get.'),
    reserved_connections: count(
      'Slots that only roles with pg_use_reserved_connections get (PostgreSQL 16 and newer; else 0).',
    ),
    ceiling: count('Connections an ordinary application can have: max_connections less the reserved ones.'),
    datconnlimit: maybeCount('Limit of the database itself; null: none.'),
    rolconnlimit: maybeCount('Limit of the role itself; null: none, or a superuser.'),
  }),
  key: ['datname', 'usename', 'application_name', 'client_addr', 'state', 'wait_event_type', 'own'],
  databaseColumn: 'datname',
  series: [
    {
      id: 'connections',
      title: 'Connections by state',
      unit: 'connections',
      columns: ['waiting', 'idle_in_transaction', 'active', 'idle', 'other', 'ceiling'],
      aggregate: 'average',
      point: (rows) => {
        const active = rows.filter((row) => row.state === 'active');
        const inTransaction = rows.filter((row) => row.state?.startsWith('idle in transaction'));
        const idle = rows.filter((row) => row.state === 'idle');
        const waiting = sum(active.filter(waitsForLock));
        return [
          waiting,
          sum(inTransaction),
          sum(active) - waiting,
          sum(idle),
          sum(rows) - sum(active) - sum(inTransaction) - sum(idle),
          rows[0]?.ceiling ?? null,
        ];
      },
    },
    {
      id: 'active-sessions',
      title: 'Active sessions by wait',
      unit: 'sessions',
      columns: [...waitClasses],
      aggregate: 'average',
      point: (rows) => {
        const active = visible(rows)?.filter((row) => row.state === 'active');
        return active
          ? waitClasses.map((name) => sum(active.filter((row) => waitClass(row) === name)))
          : waitClasses.map(() => null);
      },
    },
    {
      id: 'waiting-sessions',
      title: 'Sessions waiting for a lock',
      unit: 'sessions',
      columns: ['waiting'],
      aggregate: 'maximum',
      point: (rows) => {
        const clients = visible(rows);
        return [clients ? sum(clients.filter(waitsForLock)) : null];
      },
    },
  ],
});

/** Sessions other than pgdeck's own; undefined where their states are hidden, for nobody can tell then what they do. */
function visible<Row extends Counted>(rows: Row[]): Row[] | undefined {
  const others = rows.filter((row) => !row.own);
  return others.some((row) => row.state === null && row.connections > 0) ? undefined : others;
}

const limit = (value: Raw[string]) => (typeof value === 'number' && value >= 0 ? value : null);
