import type { Step } from '@/lib/actions/action';
import type { RunProgress } from '@/lib/actions/protocol';
import { cancelOwn } from './cancel-own';
import type { Job } from './job';
import { waitersOf } from './look';

const everyMs = 1000;

/** Looks at a statement of ours while it runs. */
export type Watching = {
  stop: () => void;
  /** Why it was cancelled for others; undefined while it was not. */
  steppedBack?: string;
};

// The function and not pg_stat_progress_analyze: the view waits while pg_database is locked.
const progressSql = `select /* pgdeck:run-progress */ case p.param1 when 0 then 'initializing' when 1 then 'acquiring sample rows'
    when 2 then 'acquiring inherited sample rows' when 3 then 'computing statistics'
    when 4 then 'computing extended statistics' when 5 then 'finalizing analyze' else 'running' end as phase,
  p.param3::float8 as done, p.param2::float8 as total
from pg_catalog.pg_stat_get_progress_info('ANALYZE') as p where p.pid = $1`;

/** Once a second: how far a statement is, and who waits behind it; steps back by the statement's policy. */
export function watch(
  job: Job,
  step: Step,
  place: NonNullable<RunProgress['step']>,
  session: { pid: number },
): Watching {
  const watching: Watching = { stop: () => clearInterval(timer) };
  let asking = false;
  const look = async () => {
    if (asking || job.run.endedAt) return;
    asking = true;
    try {
      await job.server.connections.signal(async (query) => {
        const [row] = step.progress
          ? (await query<{ phase: string; done: number; total: number }>(progressSql, [session.pid])).rows
          : [];
        const behind = await waitersOf(query, [session.pid]);
        job.run.progress = {
          phase: row?.phase ?? 'waiting for the lock',
          done: row?.done ?? null,
          total: row?.total ?? null,
          unit: 'blocks',
          fraction: row && row.total > 0 ? Math.min(1, row.done / row.total) : null,
          ratePerSecond: null,
          etaSeconds: null,
          step: place.count > 1 ? place : null,
          waitsFor: [],
          waitingBehind: behind.length,
          details: [],
        };
        const longest = Math.max(0, ...behind.map(({ seconds }) => seconds ?? 0));
        if (step.yieldAfterSeconds !== undefined && longest >= step.yieldAfterSeconds && !watching.steppedBack) {
          watching.steppedBack = `It stepped back: ${behind.length === 1 ? 'a session' : `${behind.length} sessions`} had waited ${Math.round(longest)} s behind it.`;
          await cancelOwn(job, session.pid);
        }
      });
    } catch {
      // What could not be asked now is asked in a second.
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return watching;
}
