import type { Identity, Session } from '@/lib/actions/session';
import { sessionSql, sessionsSql } from '@/lib/actions/session';
import { quoted } from '@/lib/identifier';
import { isConnectionError } from '@/lib/postgres/errors';
import type { Acting } from '@/lib/postgres/server-connections';
import type { Answered } from '@/lib/postgres/session';

/** Sends one statement over the action role's connection. */
export type Query = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Answered<Row>>;

/** The action role and the run of the server that it is connected to. */
export type Actor = {
  role: string;
  superuser: boolean;
  in_recovery: boolean;
  major: number;
  database: string;
  /** Another value means that the server was restarted or promoted, or that it is another one. */
  epoch: string;
};

const actorSql = `select /* pgdeck:actor */ current_user::text as role,
  current_setting('is_superuser') = 'on' as superuser, pg_is_in_recovery() as in_recovery,
  current_setting('server_version_num')::int / 10000 as major, current_database()::text as database,
  (extract(epoch from pg_postmaster_start_time()) * 1000000)::bigint::text || ':' || pg_is_in_recovery()::text as epoch`;

/** Who acts, asked over the connection that will act. */
export async function actor(query: Query): Promise<Actor> {
  const [row] = (await query<Actor>(actorSql)).rows;
  if (!row) throw new Error('Connection terminated');
  return row;
}

/** Reads over the action role's connection, once more where the connection had been ended while it was idle. */
export async function look<T>(acting: Pick<Acting, 'signal'>, use: (query: Query) => Promise<T>): Promise<T> {
  try {
    return await acting.signal(use);
  } catch (error) {
    if (!isConnectionError(error)) throw error;
    return acting.signal(use);
  }
}

/** The session of a pid as it is now. */
export async function sessionOf(query: Query, pid: number): Promise<Session | undefined> {
  return (await query<Session>(sessionSql(pid))).rows[0];
}

/** The sessions of pids as they are now, by pid. */
export async function sessionsOf(query: Query, sessions: Identity[]): Promise<Map<number, Session>> {
  const { rows } = await query<Session>(sessionsSql, [sessions.map(({ pid }) => pid)]);
  return new Map(rows.map((row) => [row.pid, row]));
}

/** Runs a question that only adds words, and goes without them where a catalog is locked or a right is missing. */
async function optional<T>(question: Promise<T>, without: T): Promise<T> {
  try {
    return await question;
  } catch (error) {
    if (isConnectionError(error)) throw error;
    return without;
  }
}

/** Names behind OIDs, and what the acting role may do to each role's sessions. */
export type Names = {
  database: (oid: number | null) => string;
  /** The name of a database where there is one and it could be read. */
  known: (oid: number | null) => string | undefined;
  role: (oid: number | null) => string;
  /** Why a session of this role will not take our signal; undefined where it will, or where that cannot be told. */
  refuses: (oid: number | null) => string | undefined;
};

const namesSql = `select /* pgdeck:names */ 'role' as kind, r.oid, r.rolname as name, r.rolsuper as superuser,
  pg_has_role(current_user, r.oid, 'usage') or pg_has_role(current_user, 'pg_signal_backend', 'usage') as may_signal
from pg_catalog.pg_roles as r where r.oid = any($1::oid[])
union all
select 'database', d.oid, d.datname, null, null from pg_catalog.pg_database as d where d.oid = any($2::oid[])`;
type NameRow = { kind: string; oid: number; name: string; superuser: boolean | null; may_signal: boolean | null };

/** Looks up the names of roles and databases of sessions. */
export async function namesOf(query: Query, sessions: Session[], actor: Actor): Promise<Names> {
  const distinct = (oids: (number | null)[]) => [...new Set(oids.filter((oid) => oid !== null))];
  const values = [distinct(sessions.map((s) => s.user_oid)), distinct(sessions.map((s) => s.database_oid))];
  const { rows } = await optional<{ rows: NameRow[] }>(query<NameRow>(namesSql, values), { rows: [] });
  const find = (kind: string, oid: number | null) => rows.find((row) => row.kind === kind && row.oid === oid);
  const name = (kind: string) => (oid: number | null) =>
    oid === null ? 'unknown' : (find(kind, oid)?.name ?? `OID ${oid}`);
  return {
    database: name('database'),
    known: (oid) => find('database', oid)?.name,
    role: name('role'),
    refuses: (oid) => {
      const found = find('role', oid);
      if (!found || actor.superuser) return undefined;
      if (found.superuser)
        return `${found.name} is a superuser: PostgreSQL lets only a superuser do this and will refuse it (42501).`;
      if (!found.may_signal)
        return `Role ${actor.role} lacks pg_signal_backend, so PostgreSQL will refuse this (42501). A superuser can grant it: grant pg_signal_backend to ${quoted(actor.role)};`;
      return undefined;
    },
  };
}

/** A lock that a session holds on a relation. */
export type Held = { mode: string; relation: string };

// An OID means something only in its own database.
const here = '(select a.datid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as a)';
const nameOf = (alias: string) => `case when ${alias}.locktype <> 'relation' then ${alias}.locktype
    when ${alias}.database in (0, ${here}) then ${alias}.relation::regclass::text
    else 'relation ' || ${alias}.relation end`;

const heldSql = `select /* pgdeck:held */ l.mode, ${nameOf('l')} as relation
from pg_catalog.pg_locks as l
where l.pid = $1 and l.granted and l.locktype = 'relation' and l.relation >= 16384
order by l.mode = 'AccessExclusiveLock' desc, l.mode <> 'AccessShareLock' desc, l.relation
limit 100`;

/** The locks a session holds on tables and indexes of users, strongest first. */
export async function heldBy(query: Query, pid: number): Promise<Held[]> {
  return optional(
    query<Held>(heldSql, [pid]).then(({ rows }) => rows),
    [],
  );
}

/** A session that waits for one of the given ones. */
export type Waiter = {
  pid: number;
  mode: string;
  relation: string;
  seconds: number | null;
  application_name: string | null;
  /** Everybody it waits for. */
  blocked_by: number[];
};

const waitersSql = `with /* pgdeck:waiters */ waiting as (
  select distinct on (l.pid) l.pid, l.mode, l.locktype, l.relation, l.database, l.waitstart
  from pg_catalog.pg_locks as l where not l.granted order by l.pid, l.waitstart
)
select w.pid, w.mode, ${nameOf('w')} as relation,
  extract(epoch from clock_timestamp() - w.waitstart)::float8 as seconds, a.application_name, b.blocked_by
from waiting as w
cross join lateral (select pg_catalog.pg_blocking_pids(w.pid) as blocked_by) as b
left join pg_catalog.pg_stat_get_activity(null) as a on a.pid = w.pid
where b.blocked_by && $1::int[]
order by w.waitstart nulls last, w.pid`;

/** Who waits for any of these sessions, longest first. */
export async function waitersOf(query: Query, pids: number[]): Promise<Waiter[]> {
  return optional(
    query<Waiter>(waitersSql, [pids]).then(({ rows }) => rows),
    [],
  );
}
