import type { InTheWay } from '@/lib/actions/protocol';
import type { Query } from '../look';
import { age } from '../words';

/** Who one of our sessions waits for: `$1` ours, `$2` those that its command names itself. */
const aheadSql = `with /* pgdeck:run-waits */ mine as (
  select l.locktype, l.database, l.relation, l.virtualxid, l.transactionid, l.mode
  from pg_catalog.pg_locks as l where l.pid = $1 and not l.granted limit 1
), ahead as (
  select distinct b.pid from unnest(pg_catalog.pg_blocking_pids($1) || $2::int[]) as b(pid)
)
select ahead.pid, m.locktype, l.mode, l.granted, a.application_name, a.state, a.backend_type,
  extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds,
  case when m.locktype = 'relation' then case
    when m.database in (0, (select o.datid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as o))
      then m.relation::regclass::text
    else 'relation ' || m.relation end end as relation
from ahead
left join mine as m on true
left join lateral (
  select l.mode, l.granted from pg_catalog.pg_locks as l
  where l.pid = ahead.pid and l.locktype = m.locktype and l.database is not distinct from m.database
    and l.relation is not distinct from m.relation and l.virtualxid is not distinct from m.virtualxid
    and l.transactionid is not distinct from m.transactionid
  order by l.granted desc, l.mode = 'AccessExclusiveLock' desc, l.mode <> 'AccessShareLock' desc limit 1
) as l on true
left join pg_catalog.pg_stat_get_activity(null) as a on a.pid = ahead.pid
order by ahead.pid
limit 50`;

/** A session that ours waits for. */
type Ahead = {
  pid: number;
  locktype: string | null;
  mode: string | null;
  granted: boolean | null;
  application_name: string | null;
  state: string | null;
  backend_type: string | null;
  seconds: number | null;
  relation: string | null;
};

/** Who a session of ours waits for, in words; `phase` is what its command does now. */
export async function waitsFor(
  query: Query,
  pid: number,
  named: number | null,
  phase: string | undefined,
): Promise<InTheWay[]> {
  const { rows } = await query<Ahead>(aheadSql, [pid, named === null ? [] : [named]]);
  return rows.map((row) => inWords(row, phase));
}

/** One session that ours waits for, in words. */
function inWords(row: Ahead, phase: string | undefined): InTheWay {
  const { pid, mode, granted, seconds } = row;
  if (pid === 0)
    return {
      pid: null,
      mode: null,
      granted: true,
      seconds: null,
      sentence: 'A prepared transaction holds the lock: it goes on when that is committed or rolled back.',
    };
  const who = `Session ${pid}${row.application_name ? ` (${row.application_name})` : ''}`;
  const state = row.state ? `, ${row.state}` : '';
  const since = seconds === null ? '' : `, in a transaction for ${age(seconds)}`;
  return { pid, mode, granted, seconds, sentence: `${who}${state}${since}, ${why(row, phase)}` };
}

function why({ locktype, mode, granted, relation, backend_type }: Ahead, phase: string | undefined): string {
  if (phase === 'waiting for old snapshots')
    return 'has a snapshot that is older than the index: the build goes on when its transaction ends.';
  if (phase?.startsWith('waiting for'))
    return 'began before this and may still use the table: it goes on when its transaction ends.';
  if (mode && granted === false) return `waits for ${mode}${relation ? ` on ${relation}` : ''} and comes before this.`;
  if (mode && locktype === 'relation')
    return `holds ${mode} on ${relation}.${backend_type === 'autovacuum worker' ? ' Autovacuum gives way by itself when it is waited for.' : ''}`;
  if (locktype === 'advisory') return 'holds an advisory lock that it needs.';
  return 'is waited for: it goes on when its transaction ends.';
}
