import { z } from 'zod';
import { identity, maybeText, pids, text } from './column';
import { databaseNames, datname, roleNames, usename } from './lookups';
import { defineTopic, type Raw } from './topic';
import { ownSession } from './visibility';

/** How much above its usual the number of active backends must be to be looked at each second. */
const above = 1.5;

/** The backends that work or wait at this moment: samples of it, put together, are the load of the server. */
export const load = defineTopic({
  id: 'load',
  title: 'Load',
  summary: "Active and waiting backends with what they wait for; pgdeck's own are left out.",
  scope: 'server',
  cadenceSeconds: 1,
  quiet: {
    cadenceSeconds: 5,
    busy: (rows, usualRows) =>
      rows.some((row) => row.wait_event_type === 'Lock') || rows.length > above * Math.max(1, usualRows),
  },
  // Who cannot see the others' states would take a busy server for an idle one.
  requires: [{ privilege: 'pg_read_all_stats' }],
  sources: ['pg_stat_activity', 'pg_blocking_pids()'],
  always: true,
  sql: {
    14: `select /* pgdeck:load */ a.pid, a.datid, a.usesysid, a.application_name, a.backend_type,
  host(a.client_addr) as client_addr, a.wait_event_type, a.wait_event, a.query_id::text as queryid,
  case when a.wait_event_type = 'Lock' then pg_blocking_pids(a.pid) else '{}' end as blocked_by
from pg_catalog.pg_stat_get_activity(null) as a
where a.state in ('active', 'fastpath function call') and a.wait_event_type is distinct from 'Activity'
  and a.backend_type <> 'walsender' and not ${ownSession}`,
  },
  lookups: [databaseNames, roleNames],
  join: (rows, known) => ({
    rows: rows.map((row: Raw) => ({
      ...row,
      dbid: String(row.datid ?? 0),
      userid: String(row.usesysid ?? 0),
      datname: datname(known, row.datid),
      usename: usename(known, row.usesysid),
      blocked_by: [...new Set(row.blocked_by as number[])],
    })),
  }),
  row: z.object({
    pid: identity('Process id of the backend.'),
    backend_type: text('client backend, parallel worker, autovacuum worker, …'),
    dbid: text('OID of its database; 0: none.'),
    userid: text('OID of its role; 0: none.'),
    datname: maybeText('Database.'),
    usename: maybeText('Role it signed in as.'),
    application_name: maybeText('Name that the application gave itself.'),
    client_addr: maybeText('Address of the client; null on a Unix socket, or for a process of the server.'),
    queryid: maybeText('Identity of the statement in pg_stat_statements, where compute_query_id is on.'),
    wait_event_type: maybeText('Class of what it waits for; null: it runs on a CPU.'),
    wait_event: maybeText('What it waits for.'),
    blocked_by: pids('Sessions it waits for, where it waits for a lock; 0 is a prepared transaction.'),
  }),
  key: ['pid'],
  databaseColumn: 'datname',
});
