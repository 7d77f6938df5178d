import { durationInWords, exact, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import type { Check, Draft } from './check';
import { isNotJudged, rowsOf } from './check';

type Pool = Row<'pgbouncer-pools'>;

/** A pool whose connections are all at work is told of sooner: its clients wait for each other. */
const fullSeconds = 1;

/** Whether clients of PgBouncer wait for a server connection, and what they wait for. */
export const pgbouncerWaiting: Check = {
  id: 'pgbouncer-waiting',
  title: 'Clients that wait in PgBouncer',
  topics: ['pgbouncer-pools'],
  judge: (input) => {
    const answer = input.answer('pgbouncer-pools');
    if (answer?.status === 'unavailable' && answer.reason === 'setting')
      return { findings: [], sentence: 'pgdeck knows of no PgBouncer before this server' };
    const seen = rowsOf(input, 'pgbouncer-pools');
    if (isNotJudged(seen)) return seen;
    const { pgbouncerWaitWarningSeconds: warning, pgbouncerWaitCriticalSeconds: critical } = input.limits;
    const clients = seen.rows.reduce((sum, { cl_active, cl_waiting }) => sum + cl_active + cl_waiting, 0);
    const waiting = seen.rows.reduce((sum, { cl_waiting }) => sum + cl_waiting, 0);
    return {
      findings: seen.rows.flatMap((pool) => found(pool, warning, critical)),
      sentence: `${exact(waiting)} of ${plural(clients, 'client')} in ${plural(seen.rows.length, 'pool')} of PgBouncer ${waiting === 1 ? 'waits' : 'wait'} for a server connection`,
    };
  },
};

function found(pool: Pool, warning: number, critical: number): Draft[] {
  const { database, user, datname, cl_waiting, maxwait_seconds, pool_size, sv_active, paused } = pool;
  const full = pool_size !== null && sv_active >= pool_size;
  const from = full ? Math.min(fullSeconds, warning) : warning;
  if (cl_waiting === 0 || maxwait_seconds < from) return [];
  const isCritical = maxwait_seconds >= critical;
  const who = `${plural(cl_waiting, 'client')} of pool ${database} (${user})`;
  return [
    {
      severity: isCritical ? 'critical' : 'warning',
      title: paused
        ? `${database} is paused in PgBouncer, and ${plural(cl_waiting, 'client')} ${cl_waiting === 1 ? 'waits' : 'wait'}, the first for ${durationInWords(maxwait_seconds)}.`
        : `${who} ${cl_waiting === 1 ? 'waits' : 'wait'} for a server connection, the first for ${durationInWords(maxwait_seconds)}.`,
      detail: `${why(pool, full)} ${isCritical ? `Critical from ${durationInWords(critical)}` : `Warning from ${durationInWords(from)}`}.`,
      evidence: [
        { name: 'maxwait', value: maxwait_seconds, unit: 'seconds', limit: isCritical ? critical : from },
        { name: 'cl_waiting', value: cl_waiting, unit: 'count' },
        { name: 'sv_active', value: sv_active, unit: 'count', ...(pool_size !== null && { limit: pool_size }) },
      ],
      confidence: 'high',
      object: { kind: 'database', database: datname, schema: null, name: database },
      ...(paused && {
        remedy: { action: 'pgbouncer-resume', target: { kind: 'pgbouncer-database' as const, name: database } },
      }),
      key: JSON.stringify([database, user]),
      sinceSeconds: maxwait_seconds,
    },
  ];
}

function why(pool: Pool, full: boolean): string {
  const { pool_size, sv_active, sv_idle, sv_login, max_connections, current_connections, pool_mode, paused } = pool;
  if (paused) return 'PAUSE or KILL makes them wait until RESUME.';
  if (full)
    return `All ${exact(pool_size ?? sv_active)} server connections of the pool are at work${
      pool_mode === 'session' ? ', each for as long as its client stays (session pooling)' : ''
    }: end what holds them, make transactions shorter, or raise pool_size where the server has room.`;
  if (max_connections !== null && current_connections !== null && current_connections >= max_connections)
    return `All ${exact(max_connections)} server connections that the database may have (max_db_connections) are taken by its pools.`;
  if (sv_idle === 0)
    return `Only ${exact(sv_active)} of ${pool_size === null ? 'its' : exact(pool_size)} server connections are open${
      sv_login > 0 ? `, ${exact(sv_login)} of them signing in` : ''
    }: PgBouncer cannot open more. The server may refuse it or be away; PgBouncer's log tells.`;
  return 'Server connections are free all the same: look whether PgBouncer is paused as a whole, or its log.';
}
