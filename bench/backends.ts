import { readFileSync } from 'node:fs';
import type { Client } from 'pg';
import { topics } from '@/lib/topics/index';

/** What the backends of one role have used so far; CPU in milliseconds, memory in bytes. */
export type BackendFigures = { pids: number[]; cpuMs: number; privateBytes: number };

/** What the statements of one role have cost so far, by the tag in their text; times in milliseconds. */
export type StatementFigures = { calls: number; serverMs: number; rows: number; parallelWorkers: number };

/** The backends of `role` now. `cpuMs` is the time they were on a CPU, as the kernel counts it (Linux). */
export async function backendsOf(admin: Client, role: string): Promise<BackendFigures> {
  const { rows } = await admin.query<{ pid: number }>(
    'select a.pid from pg_catalog.pg_stat_activity as a where a.usename = $1',
    [role],
  );
  const pids = rows.map(({ pid }) => pid);
  return {
    pids,
    cpuMs: pids.reduce((sum, pid) => sum + cpuMsOf(pid), 0),
    privateBytes: pids.reduce((sum, pid) => sum + privateBytesOf(pid), 0),
  };
}

/** Time on a CPU; 0 where the process is gone or the system does not tell. */
function cpuMsOf(pid: number): number {
  try {
    return Number(readFileSync(`/proc/${pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
  } catch {
    return 0;
  }
}

/** Memory of its own: private mappings only, for a page of shared buffers that one backend alone touched counts as private too. */
function privateBytesOf(pid: number): number {
  try {
    let sum = 0;
    let own = false;
    for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
      const mapping = /^[0-9a-f]+-[0-9a-f]+ ...(.)/.exec(line);
      if (mapping) own = mapping[1] === 'p';
      else if (own && line.startsWith('Private_Dirty:')) sum += Number(/\d+/.exec(line)?.[0] ?? 0) * 1024;
    }
    return sum;
  } catch {
    return 0;
  }
}

/** A backend's own memory contexts, asked on its connection (a role with pg_monitor may from PostgreSQL 15 on). */
export const ownMemorySql = `select /* bench */ pg_backend_pid() as pid, sum(c.total_bytes)::float8 as bytes
from pg_catalog.pg_backend_memory_contexts as c`;

/** Statements of `role` that carry a tag, by that tag (`tables`, `table-sizes`, …). */
export async function statementsOf(admin: Client, role: string): Promise<Map<string, StatementFigures>> {
  const { rows } = await admin.query<{ tag: string } & { [key in keyof StatementFigures]: number }>(
    `select substring(s.query from '/\\* (?:pgdeck|floor):([a-z-]+) \\*/') as tag, sum(s.calls)::float8 as calls,
  sum(s.total_exec_time)::float8 as "serverMs", sum(s.rows)::float8 as rows,
  sum(s.parallel_workers_launched)::float8 as "parallelWorkers"
from pg_stat_statements as s join pg_catalog.pg_roles as r on r.oid = s.userid
where r.rolname = $1 and s.query ~ '/\\* (pgdeck|floor):'
group by 1`,
    [role],
  );
  return new Map(rows.map(({ tag, ...figures }) => [tag, figures]));
}

/** What was added between two readings of `statementsOf`. */
export function grownStatements(
  before: Map<string, StatementFigures>,
  after: Map<string, StatementFigures>,
): Map<string, StatementFigures> {
  const grown = new Map<string, StatementFigures>();
  for (const [tag, now] of after) {
    const then = before.get(tag) ?? { calls: 0, serverMs: 0, rows: 0, parallelWorkers: 0 };
    if (now.calls === then.calls) continue;
    grown.set(tag, {
      calls: now.calls - then.calls,
      serverMs: now.serverMs - then.serverMs,
      rows: now.rows - then.rows,
      parallelWorkers: now.parallelWorkers - then.parallelWorkers,
    });
  }
  return grown;
}

/** Statements of a stretch of time. */
export type Window = { grown: Map<string, StatementFigures>; seconds: number };

/** What many caused in a window that one did not cause in another: statements that came more often than one does, or than their cadence. */
export function moreStatements(one: Window, many: Window): string[] {
  return [...many.grown].flatMap(([tag, { calls }]) => {
    const cadence = Object.values(topics).find(({ id }) => id === tag)?.cadenceSeconds;
    const asOne = ((one.grown.get(tag)?.calls ?? 0) * many.seconds) / one.seconds;
    const most = Math.max(asOne, cadence ? many.seconds / cadence : 0);
    // A window may begin just before an asking or just after it, and two topics may ask for the same beside their own.
    const allowed = Math.ceil(most) + 2;
    return calls > allowed ? [`${tag} ${calls} > ${allowed}`] : [];
  });
}
