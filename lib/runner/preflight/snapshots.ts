import type { InTheWay } from '@/lib/actions/protocol';
import { indexCommands } from '@/lib/topics/progress-phases';
import type { Reads } from '../subject-now';
import { age } from '../words';

const olderThanSeconds = 5;

const concurrently = indexCommands.flatMap((command, at) => (command.endsWith(' CONCURRENTLY') ? [at + 1] : []));

/**
 * Transactions of the database that is asked whose snapshot a concurrent build, or the end of a detach, has to outlive. PostgreSQL
 * leaves out autovacuum, VACUUM, and the concurrent builds of indexes without expressions and predicate.
 */
const snapshotsSql = `select /* pgdeck:old-snapshots */ a.pid, a.application_name, a.state,
  extract(epoch from clock_timestamp() - a.xact_start)::float8 as seconds
from pg_catalog.pg_stat_get_activity(null) as a
join pg_catalog.pg_database as d on d.oid = a.datid
where d.datname = current_database() and a.backend_xmin is not null and a.pid <> pg_catalog.pg_backend_pid()
  and coalesce(a.backend_type, '') not in ('autovacuum worker', 'parallel worker')
  and a.xact_start < clock_timestamp() - interval '${olderThanSeconds} s'
  and not exists (select from pg_catalog.pg_stat_get_progress_info('VACUUM') as v where v.pid = a.pid)
  and not exists (
    select from pg_catalog.pg_stat_get_progress_info('CREATE INDEX') as b
    join pg_catalog.pg_index as i on i.indexrelid::bigint = b.param7
    where b.pid = a.pid and b.param1 in (${concurrently.join(', ')}) and i.indexprs is null and i.indpred is null
  )
order by a.xact_start
limit 10`;

/** Old transactions of a database that a step that outlives snapshots would wait for, oldest first, whatever they read. */
export async function oldSnapshots(reads: Reads): Promise<InTheWay[]> {
  const { rows } = await reads<{ pid: number; application_name: string | null; state: string | null; seconds: number }>(
    snapshotsSql,
  );
  return rows.map(({ pid, application_name, state, seconds }) => ({
    pid,
    mode: null,
    granted: null,
    seconds,
    sentence: `Session ${pid}${application_name ? ` (${application_name})` : ''}${state ? `, ${state},` : ''} has a snapshot ${age(seconds)} old: this waits until its transaction ends, whatever it reads.`,
  }));
}
