import type { InTheWay } from '@/lib/actions/protocol';
import type { Query } from '../look';
import { age } from '../words';

const olderThanSeconds = 5;

/** Transactions of this database whose snapshot an index build that lets others write has to outlive. */
const snapshotsSql = `select /* pgdeck:old-snapshots */ a.pid, a.application_name, a.state,
  extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds
from pg_catalog.pg_stat_get_activity(null) as a
join pg_catalog.pg_database as d on d.oid = a.datid
where d.datname = $1 and a.backend_xmin is not null and a.pid <> pg_catalog.pg_backend_pid()
  and a.backend_type is distinct from 'autovacuum worker' and a.xact_start < clock_timestamp() - interval '${olderThanSeconds} s'
order by a.xact_start
limit 10`;

/** Old transactions that a concurrent build would wait for at its end, oldest first, whatever they read. */
export async function oldSnapshots(query: Query, database: string): Promise<InTheWay[]> {
  const { rows } = await query<{ pid: number; application_name: string | null; state: string | null; seconds: number }>(
    snapshotsSql,
    [database],
  );
  return rows.map(({ pid, application_name, state, seconds }) => ({
    pid,
    mode: null,
    granted: null,
    seconds,
    sentence: `Session ${pid}${application_name ? ` (${application_name})` : ''}${state ? `, ${state},` : ''} has a snapshot ${age(seconds)} old: the last phases wait until its transaction ends, whatever it reads.`,
  }));
}
