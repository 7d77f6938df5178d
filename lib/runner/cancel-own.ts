import type { Job } from './job';

/**
 * Cancels what runs on a run's session, named by its own application name so that a reused pid is left alone; whether the
 * server took it.
 */
export async function cancelOwn(job: Job, pid: number): Promise<boolean> {
  const { rows } = await job.acting.signal((query) =>
    query<{ signalled: boolean }>(
      `select /* pgdeck:cancel-run */ pg_cancel_backend(a.pid) as signalled
from pg_catalog.pg_stat_get_activity($1::int) as a where a.application_name = $2`,
      [pid, `pgdeck:act:${job.run.runId}`],
    ),
  );
  return rows[0]?.signalled === true;
}
