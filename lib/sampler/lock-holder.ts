import type { Problem } from '@/lib/postgres/errors';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import { catalogs } from '@/lib/topics/lookups';

/** The exclusive locks, held or queued, from the function behind pg_locks: to open the view could itself wait. */
const exclusiveSql = `select /* pgdeck:exclusive */ l.relation::int8 as relation,
  array_agg(distinct l.pid) as pids, bool_or(l.granted) as held
from pg_catalog.pg_lock_status() as l
where l.locktype = 'relation' and l.mode = 'AccessExclusiveLock' and l.pid <> pg_backend_pid()
group by l.relation
order by l.relation`;

/** Adds to a `locked` problem which relation is locked and by which sessions. */
export async function describeLock(connections: ServerConnections, problem: Problem): Promise<Problem> {
  try {
    const locks = await connections.ask<{ relation: number; pids: number[]; held: boolean }>(
      'pinned',
      undefined,
      exclusiveSql,
    );
    const lock = locks.find(({ relation }) => catalogs[relation]) ?? locks[0];
    if (!lock) return problem;
    const name = catalogs[lock.relation]
      ? `pg_catalog.${catalogs[lock.relation]}`
      : `the relation with OID ${lock.relation}`;
    const sessions = `session${lock.pids.length > 1 ? 's' : ''} ${lock.pids.join(', ')}`;
    return {
      ...problem,
      sentence: `${name} is locked by ${sessions} (AccessExclusiveLock${lock.held ? '' : ', queued'}), so this cannot be read now.`,
      hint: 'It is asked again by itself; ending that session lets it go on.',
    };
  } catch {
    return problem;
  }
}
