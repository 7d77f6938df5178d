import type { RunProgress } from '@/lib/actions/protocol';
import type { Query } from '../look';
import { waitersOf } from '../look';
import { waitsFor } from './ahead';
import { type Command, type Figures, figuresOf } from './figures';
import { Pace } from './pace';

const parameters = Array.from({ length: 20 }, (_, index) => `p.param${index + 1}`).join(', ');

// The functions and not the views: those wait while pg_database is locked.
const progressSql = `with /* pgdeck:run-progress */ me as (
  select o.datid from pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid()) as o
)
select a.wait_event_type, a.wait_event, a.query, p.command, p.params::float8[] as params, p.subphase,
  current_setting('server_version_num')::int / 10000 as major,
  extract(epoch from clock_timestamp() - a.query_start)::float8 as seconds,
  case when p.datid = me.datid then p.relation::regclass::text else 'relation ' || p.relation end as relation
from pg_catalog.pg_stat_get_activity($1::int) as a
cross join me
left join lateral (
  select c.command, p.datid, nullif(p.relid, 0) as relation, array[${parameters}] as params,
    case when c.command = 'CREATE INDEX' and p.param9 > 0
      then pg_catalog.pg_indexam_progress_phasename(p.param9::oid, p.param11) end as subphase
  from unnest('{VACUUM,ANALYZE,"CREATE INDEX",CLUSTER}'::text[]) as c(command)
  cross join lateral pg_catalog.pg_stat_get_progress_info(c.command) as p
  where p.pid = a.pid limit 1
) as p on true`;

/** What one look at a session of ours found. */
type Seen = {
  wait_event_type: string | null;
  wait_event: string | null;
  /** The statement that it runs, as far as the server keeps it. */
  query: string | null;
  command: Command | null;
  params: number[] | null;
  subphase: string | null;
  major: number;
  seconds: number | null;
  relation: string | null;
};

/** A look at a running statement: how far it is, what it waits for, who waits behind it, and what it runs. */
export type Looked = {
  progress: Omit<RunProgress, 'step'>;
  query: string | null;
  /** The longest that a session has waited behind it, in seconds. */
  longestBehind: number;
};

/** Follows one statement from look to look; its pace is known after some of them. */
export class Follower {
  #pace = new Pace();
  #looks = 0;
  #delayed = 0;

  /** What the session with this pid does now; undefined where it is gone. */
  async look(query: Query, pid: number): Promise<Looked | undefined> {
    const [seen] = (await query<Seen>(progressSql, [pid])).rows;
    if (!seen) return undefined;
    const figures = figuresIn(seen);
    const blocked = seen.wait_event_type === 'Lock';
    const ahead =
      blocked || figures?.waiting ? await waitsFor(query, pid, figures?.waitsForPid ?? null, figures?.phase) : [];
    const behind = await waitersOf(query, [pid]);
    const { done = null, total = null } = figures ?? {};
    const still = blocked || figures === undefined || figures.waiting;
    const speed = this.#pace.take(Date.now(), figures?.phase ?? '', still ? null : done, total);
    return {
      progress: {
        phase: figures?.phase ?? (blocked ? 'waiting for the lock' : 'running'),
        done,
        total,
        unit: figures?.unit ?? null,
        fraction: done !== null && total !== null && total > 0 ? Math.min(1, Math.max(0, done / total)) : null,
        ...speed,
        waitsFor: ahead,
        waitingBehind: behind.length,
        details: [...(figures?.details ?? []), ...this.#waits(seen, figures)],
      },
      query: seen.query,
      longestBehind: Math.max(0, ...behind.map(({ seconds }) => seconds ?? 0)),
    };
  }

  /** Before PostgreSQL 18 the cost delay shows only as what a look meets. */
  #waits({ wait_event_type, wait_event, command }: Seen, figures: Figures | undefined): Figures['details'] {
    this.#looks++;
    if (wait_event === 'VacuumDelay') this.#delayed++;
    const told = figures?.details.some(({ label }) => label === 'Cost delay');
    const share =
      !told && this.#delayed > 0 && (command === 'VACUUM' || command === 'ANALYZE')
        ? [{ label: 'Cost delay', value: `met in ${this.#delayed} of ${this.#looks} looks` }]
        : [];
    return wait_event_type && !['Client', 'Lock', 'Timeout'].includes(wait_event_type)
      ? [...share, { label: 'Waits on', value: `${wait_event_type}: ${wait_event}` }]
      : share;
  }
}

function figuresIn(seen: Seen): Figures | undefined {
  if (seen.command === null || seen.params === null) return undefined;
  return figuresOf({ ...seen, command: seen.command, params: seen.params });
}
