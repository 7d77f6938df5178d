import { z } from 'zod';
import { count, flag, identity, maybeIdentity, maybeSeconds, maybeStatement, maybeText, pids } from './column';
import { modesConflict, strength } from './lock-modes';
import { blockingTrees } from './lock-tree';
import { catalogs, databaseNames, datname, relationName, relationNames, roleNames, usename } from './lookups';
import { defineTopic, type Known, type Raw } from './topic';
import { hiddenSessions } from './visibility';

/** Who blocks whom: one row for each session that waits for a lock or is waited for, in the order of the tree. */
export const locks = defineTopic({
  id: 'locks',
  title: 'Locks',
  summary: 'Sessions that wait for a lock and those they wait for, as trees with the root first.',
  scope: 'server',
  cadenceSeconds: 2,
  requires: [],
  sources: ['pg_locks', 'pg_blocking_pids()', 'pg_stat_activity'],
  always: true,
  moments: { everySeconds: 60, closeSeconds: 5 },
  sql: {
    // Everything behind `waiting` runs only when somebody waits; a role that cannot see waits has to look into pg_locks.
    14: `with /* pgdeck:locks */ gate as materialized (
  select a.pid, a.backend_start is null as hidden
  from pg_catalog.pg_stat_get_activity(null) as a
  where a.wait_event_type = 'Lock' or a.backend_start is null
),
waiting as materialized (
  select w.pid, pg_blocking_pids(w.pid) as blocked_by
  from (
    select g.pid from gate as g where not g.hidden
    union
    select l.pid from pg_catalog.pg_lock_status() as l
    where not l.granted and l.pid is not null and exists (select from gate as g where g.hidden)
  ) as w
),
activity as materialized (
  select a.pid, a.datid, a.usesysid, a.application_name, a.backend_type, a.client_addr, a.state,
    a.wait_event_type, a.wait_event, a.backend_start, a.xact_start, a.query_start, a.state_change, a.query
  from pg_catalog.pg_stat_get_activity(null) as a
  where exists (select from waiting)
),
locks as materialized (
  select l.* from pg_catalog.pg_lock_status() as l where exists (select from waiting)
),
wanted as (
  select distinct l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid,
    l.classid, l.objid, l.objsubid
  from locks as l
  where not l.granted
),
involved as (
  select w.pid, w.blocked_by from waiting as w
  union all
  select distinct b.pid, '{}'::int4[] from waiting as w cross join unnest(w.blocked_by) as b (pid)
  where not exists (select from waiting as other where other.pid = b.pid)
),
relevant as (
  select coalesce(l.pid, 0) as pid, l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid,
    l.classid, l.objid, l.objsubid, l.mode, l.granted, l.waitstart
  from locks as l
  join wanted as w on w.locktype = l.locktype
    and coalesce(w.relation, 0) = coalesce(l.relation, 0)
    and coalesce(w.transactionid, '0'::xid) = coalesce(l.transactionid, '0'::xid)
    and w.database is not distinct from l.database and w.page is not distinct from l.page
    and w.tuple is not distinct from l.tuple and w.virtualxid is not distinct from l.virtualxid
    and w.classid is not distinct from l.classid and w.objid is not distinct from l.objid
    and w.objsubid is not distinct from l.objsubid
  union all
  select l.pid, l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid,
    l.classid, l.objid, l.objsubid, l.mode, l.granted, l.waitstart
  from locks as l
  where l.locktype = 'tuple' and l.granted and not exists (
    select from wanted as w where w.locktype = 'tuple' and w.relation = l.relation and w.page = l.page and w.tuple = l.tuple
  )
)
select i.pid, i.blocked_by, a.datid, a.usesysid, a.application_name, a.backend_type, host(a.client_addr) as client_addr,
  a.state, a.wait_event_type, a.wait_event,
  (extract(epoch from a.backend_start) * 1000000)::int8::text as backend_start_us,
  (extract(epoch from a.query_start) * 1000000)::int8::text as query_start_us,
  extract(epoch from clock_timestamp() - a.xact_start)::float8 as xact_seconds,
  extract(epoch from clock_timestamp() - a.query_start)::float8 as query_seconds,
  extract(epoch from clock_timestamp() - a.state_change)::float8 as state_seconds,
  left(a.query, 1000) as query, a.pid is not null as alive,
  (a.pid is not null and a.backend_start is null)::int4 as hidden,
  l.locktype, l.database, l.relation, l.page, l.tuple, l.virtualxid, l.transactionid::text as transactionid,
  l.classid, l.objid, l.objsubid, l.mode, l.granted,
  extract(epoch from clock_timestamp() - l.waitstart)::float8 as waited_seconds,
  own.usesysid as own_usesysid, l.database in (0, own.datid) as in_own_database
from involved as i
cross join (select a.usesysid, a.datid from activity as a where a.pid = pg_backend_pid()) as own
left join activity as a on a.pid = i.pid
left join relevant as l on l.pid = i.pid`,
  },
  lookups: [databaseNames, roleNames, relationNames],
  join: (rows, known) => {
    const sessions = bySession(rows, known);
    const waiters = sessions.filter((session) => session.wants);
    const placed = blockingTrees(sessions).map(({ held, wants, ...session }) => ({
      ...session,
      root: session.parent_pid === null,
      wants_mode: wants?.mode ?? null,
      wants_locktype: wants?.locktype ?? null,
      wants_object: wants?.object ?? null,
      wants_relation: wants?.relation ?? null,
      holds: strongest(
        held.filter((lock) =>
          waiters.some(
            ({ wants: wanted, pid, blocked_by }) =>
              pid !== session.pid &&
              blocked_by.includes(session.pid) &&
              wanted?.id === lock.id &&
              modesConflict(lock.mode, wanted.mode),
          ),
        ),
      ),
    }));
    const firstRows = [...new Map(rows.map((row) => [row.pid, row])).values()];
    return { rows: placed, partial: hiddenSessions(firstRows, known) };
  },
  row: z.object({
    pid: identity('Process id of the session; 0 is a prepared transaction.'),
    backend_start_us: maybeText('Start of the session in microseconds since 1970: with the pid it is its identity.'),
    query_start_us: maybeText('Start of its latest statement in microseconds since 1970.'),
    root: flag('It waits for nobody: the tree begins here.'),
    parent_pid: maybeIdentity('Session it stands under: the one it waits for; null for a root.'),
    root_pid: identity('Root of its tree.'),
    depth: count('How far below the root it stands.'),
    blocked_by: pids('All sessions it waits for, as pg_blocking_pids() names them.'),
    frees: count('Sessions that could go on if this one ended.'),
    datname: maybeText('Database.'),
    usename: maybeText('Role it signed in as.'),
    application_name: maybeText('Name that the application gave itself.'),
    client_addr: maybeText('Address of the client.'),
    backend_type: maybeText('client backend, autovacuum worker, …'),
    state: maybeText('What it does: active, idle in transaction, …'),
    wait_event_type: maybeText('Class of what it waits for.'),
    wait_event: maybeText('What it waits for.'),
    waits_seconds: maybeSeconds('How long it has waited for its lock; null for one that does not wait.'),
    wants_mode: maybeText('Lock mode it asks for.'),
    wants_locktype: maybeText('Kind of object: relation, transactionid, tuple, …'),
    wants_object: maybeText('What it wants to lock: a relation, a row of one, a transaction, …'),
    wants_relation: maybeIdentity('OID of that relation in its database, where it is one.'),
    holds: z
      .array(z.object({ mode: z.string(), object: z.string() }))
      .meta({ meaning: 'Locks it holds that the sessions under it wait for.', unit: null }),
    xact_seconds: maybeSeconds('Age of its transaction.'),
    query_seconds: maybeSeconds('Time since its latest statement began.'),
    state_seconds: maybeSeconds('Time since its state changed last.'),
    query: maybeStatement('Statement that runs, or the latest one; its first 1,000 characters.'),
  }),
  key: ['pid', 'backend_start_us'],
  databaseColumn: 'datname',
});

type Lock = { id: string; mode: string; locktype: string; object: string; relation: number | null };

/** Gathers the locks of each session; a session that ended while the question ran is nobody's blocker any more. */
function bySession(rows: Raw[], known: Known) {
  const groups = new Map<number, Raw[]>();
  for (const row of rows) {
    if (!row.alive && row.pid !== 0) continue;
    const group = groups.get(row.pid as number);
    if (group) group.push(row);
    else groups.set(row.pid as number, [row]);
  }
  return [...groups.values()].map((group) => {
    const [session = {}] = group;
    const waiting = group.find((row) => row.granted === false);
    const row = group.find((lock) => lock.granted && lock.locktype === 'tuple');
    const wants = waiting && lockOf(waiting, known);
    // Who waits for the end of a transaction to change a row holds the lock on that row, which names the table.
    if (wants && row && wants.locktype === 'transactionid')
      Object.assign(wants, { object: lockOf(row, known).object, relation: lockOf(row, known).relation });
    return {
      ...session,
      pid: session.pid as number,
      blocked_by: [...new Set(session.blocked_by as number[])],
      datname: datname(known, session.datid),
      usename: usename(known, session.usesysid),
      state: session.pid === 0 ? 'prepared transaction' : session.state,
      waits_seconds: waiting ? ((waiting.waited_seconds ?? session.query_seconds ?? 0) as number) : null,
      wants,
      held: group.filter((lock) => lock.granted).map((lock) => lockOf(lock, known)),
    };
  });
}

const idColumns = [
  'locktype',
  'database',
  'relation',
  'page',
  'tuple',
  'virtualxid',
  'transactionid',
  'classid',
  'objid',
  'objsubid',
];

function lockOf(row: Raw, known: Known): Lock {
  const relation =
    row.in_own_database || catalogs[Number(row.relation)]
      ? relationName(known, row.relation)
      : `relation ${row.relation} of another database`;
  const objects: Record<string, string> = {
    relation: `${relation}`,
    extend: `extension of ${relation}`,
    page: `page ${row.page} of ${relation}`,
    tuple: `a row of ${relation}`,
    transactionid: `transaction ${row.transactionid}`,
    virtualxid: `virtual transaction ${row.virtualxid}`,
    advisory: `advisory lock ${row.classid}, ${row.objid}`,
    object: `object ${row.objid} of ${catalogs[Number(row.classid)] ?? `catalog ${row.classid}`}`,
  };
  return {
    id: JSON.stringify(idColumns.map((column) => row[column])),
    mode: String(row.mode),
    locktype: String(row.locktype),
    object: objects[String(row.locktype)] ?? String(row.locktype),
    relation: (row.relation as number | null) ?? null,
  };
}

/** One lock for each object, the strongest. */
function strongest(locks: Lock[]): { mode: string; object: string }[] {
  const byId = new Map<string, Lock>();
  for (const lock of locks) {
    const known = byId.get(lock.id);
    if (!known || strength(lock.mode) > strength(known.mode)) byId.set(lock.id, lock);
  }
  return [...byId.values()].map(({ mode, object }) => ({ mode, object }));
}
