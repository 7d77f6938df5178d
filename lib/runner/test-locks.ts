import type pg from 'pg';
import { strength } from '@/lib/topics/lock-modes';
import { pidOf, type Stage } from './test-stage';

/** A relation and the mode of a lock on it. */
export type Mode = { relation: string; mode: string };

type Taken = Mode & { owner: string | null };

/** What belongs to a table counts only where it is locked more strongly: who would wait for it waits for the table. */
const takenSql = `select format('%I.%I', n.nspname, c.relname) as relation, l.mode,
  coalesce(i.indrelid, t.oid)::regclass::text as owner
from pg_locks as l
join pg_class as c on c.oid = l.relation
join pg_namespace as n on n.oid = c.relnamespace
left join pg_index as i on i.indexrelid = c.oid
left join pg_class as t on t.reltoastrelid = coalesce(i.indrelid, c.oid) and c.relnamespace = 99
where l.locktype = 'relation' and l.pid = $1 and c.oid >= 16384`;

/** All locks that a session holds or awaits now on relations that others know too. */
export async function locksOf(stage: Stage, client: pg.Client): Promise<Mode[]> {
  return stage.root<Taken>(takenSql, [pidOf(client)]);
}

/** The locks that a statement takes when it is run in a transaction that is then rolled back, or committed. */
export async function takenBy(stage: Stage, client: pg.Client, sql: string, end = 'rollback'): Promise<Mode[]> {
  await client.query('begin');
  try {
    await client.query(sql);
    return await locksOf(stage, client);
  } finally {
    await client.query(end).catch(() => client.query('rollback'));
  }
}

/**
 * The locks that a statement holds or awaits while another session's lock keeps it from going on; it is cancelled then,
 * or goes on to its end.
 */
export async function takenBehind(
  stage: Stage,
  client: pg.Client,
  sql: string,
  blocker: string,
  end: 'cancel' | 'go on' = 'cancel',
): Promise<Mode[]> {
  const other = await stage.client('postgres', 'blocker');
  await other.query(`begin; ${blocker}`);
  const running = client.query(sql).then(
    () => undefined,
    (error) => error as { code?: string },
  );
  try {
    await stage.waiting(client);
    return await locksOf(stage, client);
  } finally {
    if (end === 'cancel') {
      await stage.root('select pg_cancel_backend($1)', [pidOf(client)]);
      await running;
    }
    await other.query('rollback');
    await other.end();
    await running;
  }
}

/** The strongest lock on each relation; an index or TOAST table only where it is locked more strongly than its table. */
export async function told(stage: Stage, locks: Mode[]): Promise<string[]> {
  const strongest = new Map<string, string>();
  for (const { relation, mode } of locks) {
    const known = strongest.get(relation);
    if (known === undefined || strength(mode) > strength(known)) strongest.set(relation, mode);
  }
  const owners = await stage.root<{ relation: string; owner: string }>(
    `select format('%I.%I', n.nspname, c.relname) as relation, format('%I.%I', o.nspname, t.relname) as owner
from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
left join pg_index as i on i.indexrelid = c.oid
join pg_class as t on t.oid = i.indrelid and t.relkind <> 't' or t.reltoastrelid = coalesce(i.indrelid, c.oid)
join pg_namespace as o on o.oid = t.relnamespace
where c.oid >= 16384 and c.relkind in ('i', 'I', 't')`,
  );
  return [...strongest]
    .filter(([relation, mode]) => {
      const owner = owners.find((each) => each.relation === relation)?.owner;
      return owner === undefined || strength(mode) > strength(strongest.get(owner) ?? '');
    })
    .map(([relation, mode]) => `${relation} ${mode}`)
    .sort();
}
