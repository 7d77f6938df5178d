/** Who a session is; microseconds since the epoch as text, so that no digit is lost. */
export type Identity = { pid: number; backend_start_us: string; query_start_us: string | null };

/** A session as the server tells it now; durations in seconds by the server's clock. */
export type Session = Identity & {
  state: string | null;
  backend_type: string | null;
  application_name: string | null;
  client: string | null;
  user_oid: number | null;
  database_oid: number | null;
  session_seconds: number | null;
  transaction_seconds: number | null;
  query_seconds: number | null;
  state_seconds: number | null;
  writes: boolean;
  wait_event_type: string | null;
  wait_event: string | null;
  own: boolean;
};

const ours = `coalesce(a.application_name, '') ~ '^pgdeck(:|$)'`;

// The function and not the view: the view waits while pg_authid or pg_database is locked.
const columns = `a.pid,
  (extract(epoch from a.backend_start) * 1000000)::bigint::text as backend_start_us,
  (extract(epoch from a.query_start) * 1000000)::bigint::text as query_start_us,
  a.state, a.backend_type, a.application_name, host(a.client_addr) as client,
  a.usesysid as user_oid, a.datid as database_oid,
  extract(epoch from clock_timestamp() - a.backend_start)::float8 as session_seconds,
  extract(epoch from clock_timestamp() - a.xact_start)::float8 as transaction_seconds,
  extract(epoch from clock_timestamp() - a.query_start)::float8 as query_seconds,
  extract(epoch from clock_timestamp() - a.state_change)::float8 as state_seconds,
  a.backend_xid is not null as writes, a.wait_event_type, a.wait_event,
  (a.pid = pg_catalog.pg_backend_pid() or ${ours}) as own`;

/** The session of a pid, if there is one. */
export function sessionSql(pid: number): string {
  return `select /* pgdeck:session */ ${columns}
from pg_catalog.pg_stat_get_activity(${digits(pid)}) as a`;
}

/** The sessions of pids (`$1::int[]`) that are still there. */
export const sessionsSql = `select /* pgdeck:sessions */ ${columns}
from pg_catalog.pg_stat_get_activity(null) as a
where a.pid = any($1::int[])`;

/**
 * Sessions in one of the states `$1::text[]` for longer than `$2` seconds, oldest first, at most `$6`; where not null,
 * only of application `$3`, database `$4`, role `$5` and databases `$7::text[]`. Never pgdeck's own.
 */
export const matchingSql = `select /* pgdeck:matching */ ${columns}
from pg_catalog.pg_stat_get_activity(null) as a
where a.backend_type = 'client backend' and a.pid <> pg_catalog.pg_backend_pid() and not ${ours}
  and a.state = any($1::text[]) and a.state_change < clock_timestamp() - make_interval(secs => $2::int)
  and ($3::text is null or a.application_name = $3)
  and ($4::text is null or a.datid = (select d.oid from pg_catalog.pg_database as d where d.datname = $4))
  and ($5::text is null or a.usesysid = (select r.oid from pg_catalog.pg_roles as r where r.rolname = $5))
  and ($7::text[] is null or a.datid in (select d.oid from pg_catalog.pg_database as d where d.datname = any($7)))
order by a.state_change, a.pid
limit $6::int`;

/** The names of all databases. */
export const databasesSql =
  'select /* pgdeck:databases-named */ d.datname::text as name from pg_catalog.pg_database as d';

/** A state that sessions can be chosen by; `active` is about their statement. */
export type BulkState = 'idle' | 'idle in transaction' | 'active';

/** The states that a filter's state stands for. */
export function statesOf(state: BulkState): string[] {
  if (state === 'active') return ['active', 'fastpath function call'];
  return state === 'idle' ? ['idle'] : ['idle in transaction', 'idle in transaction (aborted)'];
}

/** Checks a number that goes into a statement's text, so that what is shown is what is sent. */
export function digits(value: number | string): string {
  const text = String(value);
  if (!/^\d{1,18}$/.test(text)) throw new Error('not a number of digits');
  return text;
}

/** The condition of each acting statement: the same pid, started at the same microsecond, an application's session, not ours. */
export function sameSession(session: Identity): string {
  return `(extract(epoch from a.backend_start) * 1000000)::bigint = ${digits(session.backend_start_us)}::bigint
  and a.pid <> pg_catalog.pg_backend_pid() and a.backend_type = 'client backend'
  and not ${ours}`;
}

/** The condition that a session has not begun another statement. */
export function sameQuery(session: Identity): string {
  return session.query_start_us === null
    ? 'a.query_start is null'
    : `(extract(epoch from a.query_start) * 1000000)::bigint = ${digits(session.query_start_us)}::bigint`;
}
