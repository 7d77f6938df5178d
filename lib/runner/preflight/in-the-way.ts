import type { InTheWay } from '@/lib/actions/protocol';
import { quoted } from '@/lib/identifier';
import { loadMask, maskStatement } from '@/lib/masking/statement';
import { conflictingModes, strength } from '@/lib/topics/lock-modes';
import type { Query } from '../look';
import { age } from '../words';
import type { Locked } from './relations';

/** What of a locked relation is asked: where it is, and the lock that is wanted there. */
export type Wanted = Pick<Locked, 'oid' | 'database_oid' | 'mode' | 'outlives' | 'relation'>;

const mostShown = 50;
const queryCharacters = 160;

/**
 * Sessions and prepared transactions that hold or await a lock on one of many relations in a mode that conflicts with
 * the one wanted there, or hold one that is outlived: `$1`–`$4` are the relations, `$5` and `$6` the conflicts. One row of
 * each session and relation; what a parallel worker holds is its leader's.
 */
const inTheWaySql = `with /* pgdeck:in-the-way */ prepared as (
  select x.gid, x.prepared, t.virtualtransaction from pg_catalog.pg_prepared_xact() as x
  join pg_catalog.pg_locks as t on t.pid is null and t.locktype = 'transactionid' and t.transactionid = x.transaction
)
select o.pid, w.place, l.mode, l.granted, p.gid,
  extract(epoch from clock_timestamp() - coalesce(l.waitstart, a.xact_start, p.prepared))::float8 as seconds,
  extract(epoch from clock_timestamp() - a.xact_start)::float8 as transaction_seconds,
  extract(epoch from clock_timestamp() - a.state_change)::float8 as state_seconds,
  a.state, a.application_name, a.backend_type, left(a.query, 4000) as query, a.query = '<insufficient privilege>' as hidden,
  a.wait_event_type = 'Lock' as waits, current_user::text as role, not c.conflicts as outlived
from unnest($1::oid[], $2::oid[], $3::text[], $4::text[]) with ordinality as w(oid, database, mode, outlives, place)
join pg_catalog.pg_locks as l on l.locktype = 'relation' and l.relation = w.oid and l.database = w.database
cross join lateral (
  select bool_or(u.wanted = w.mode) as conflicts from unnest($5::text[], $6::text[]) as u(wanted, other)
  where u.other = l.mode and (u.wanted = w.mode or u.wanted = w.outlives and l.granted)
) as c
left join pg_catalog.pg_stat_get_activity(null) as s on s.pid = l.pid
cross join lateral (
  select case when s.backend_type = 'parallel worker' then coalesce(s.leader_pid, l.pid) else l.pid end as pid
) as o
left join pg_catalog.pg_stat_get_activity(null) as a on a.pid = o.pid
left join prepared as p on l.pid is null and l.virtualtransaction = p.virtualtransaction
where c.conflicts is not null and l.pid is distinct from pg_catalog.pg_backend_pid()
order by l.granted desc, c.conflicts desc, l.waitstart nulls last, o.pid, l.pid = o.pid desc, w.place
limit 500`;

type Row = {
  pid: number | null;
  /** From 1: which of the wanted relations. */
  place: string | number;
  mode: string;
  granted: boolean;
  gid: string | null;
  seconds: number | null;
  transaction_seconds: number | null;
  state_seconds: number | null;
  state: string | null;
  application_name: string | null;
  backend_type: string | null;
  query: string | null;
  hidden: boolean | null;
  waits: boolean | null;
  role: string;
  /** It is waited for until its transaction ends, but does not keep the lock away. */
  outlived: boolean;
};

/** Who locks of some modes would wait for, holders first: one statement for all relations; each session once. */
export async function sessionsInTheWay(query: Query, wanted: Wanted[]): Promise<InTheWay[]> {
  if (wanted.length === 0) return [];
  const modes = new Set(wanted.flatMap(({ mode, outlives }) => (outlives ? [mode, outlives] : [mode])));
  const conflicts = [...modes].flatMap((mode) =>
    conflictingModes(mode).map((other): [string, string] => [mode, other]),
  );
  await loadMask().catch(() => {});
  const { rows } = await query<Row>(inTheWaySql, [
    wanted.map(({ oid }) => oid),
    wanted.map(({ database_oid }) => database_oid),
    wanted.map(({ mode }) => mode),
    wanted.map(({ outlives }) => outlives ?? null),
    conflicts.map(([mode]) => mode),
    conflicts.map(([, other]) => other),
  ]);
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const key = `${row.pid ?? row.gid}:${row.granted}`;
    found.set(key, [...(found.get(key) ?? []), row]);
  }
  return [...found.values()].slice(0, mostShown).map((group) => {
    const row = group.reduce((most, each) => (strength(each.mode) > strength(most.mode) ? each : most));
    const relation = wanted[Number(row.place) - 1]?.relation;
    const others = new Set(group.map(({ place }) => place)).size - 1;
    const on = relation ? ` on ${relation}${others > 0 ? ` and ${others} more` : ''}` : '';
    return {
      pid: row.pid,
      mode: row.mode,
      granted: row.granted,
      seconds: row.seconds,
      sentence: sentence(row, on),
    };
  });
}

function sentence(row: Row, on: string): string {
  if (row.pid === null)
    return `Prepared transaction ${row.gid === null ? '(which one is not known)' : quoted(row.gid)} holds ${row.mode}${on}${row.seconds === null ? '' : `, prepared ${age(row.seconds)} ago`}: it belongs to no session and stays until it is committed or rolled back.`;
  const autovacuum = row.backend_type === 'autovacuum worker';
  const who = `${autovacuum ? 'Autovacuum worker' : 'Session'} ${row.pid}${row.application_name ? ` (${row.application_name})` : ''}`;
  const since = row.seconds === null ? '' : ` for ${age(row.seconds)}`;
  const parts = row.granted
    ? [`${who} holds ${row.mode}${on}${stateOf(row)}, in a transaction${since}.`]
    : [`${who} waits for ${row.mode}${on}${since} and comes before this.`];
  if (autovacuum) parts.push('Autovacuum gives way by itself when it is waited for.');
  if (row.outlived) parts.push('It keeps no lock away, but this waits until its transaction ends.');
  if (row.granted && row.waits) parts.push('It waits for a lock itself.');
  if (row.hidden)
    parts.push(`What it does is not visible to role ${row.role} (it needs pg_read_all_stats or pg_monitor).`);
  else if (row.query)
    parts.push(`${row.state === 'active' ? 'It runs' : 'Its last statement'}: ${shortened(row.query)}`);
  return parts.join(' ');
}

function stateOf({ state, state_seconds }: Row): string {
  if (!state) return '';
  return state_seconds === null || state === 'active' ? `, ${state}` : `, ${state} for ${age(state_seconds)}`;
}

function shortened(query: string): string {
  const masked = maskStatement(query).replace(/\s+/g, ' ').trim();
  return masked.length > queryCharacters ? `${masked.slice(0, queryCharacters)}…` : masked;
}
