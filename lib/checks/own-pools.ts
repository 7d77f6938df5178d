import { exact, milliseconds, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import type { Check, Draft, Evidence } from './check';
import { isNotJudged, rowsOf } from './check';

type Pool = Row<'pools'>;

/** From this share of its connections on a pool counts as full. */
const fullFrom = 0.8;
/** A wait, in ms, that makes a page late. */
const longWaitMs = 500;

const names: Record<string, string> = {
  sampling: "pgdeck's connections for questions",
  signals: "pgdeck's connection for previews and signals",
  maintenance: "pgdeck's connections for long actions",
};

const changed = (value: number | null | undefined) => (value ?? 0) > 0;

/**
 * What is wrong with one pool, with the figures that tell it; undefined where nothing is. A server that is away as a whole
 * (`away`) is told elsewhere.
 */
function troubleOf(pool: Pool, away: boolean): { what: string; why: string; evidence: Evidence[] } | undefined {
  const used: Evidence = { name: 'in use', value: pool.in_use, unit: 'count', limit: pool.size };
  if (changed(pool.wait_timeouts_total_per_second))
    return {
      what: 'were waited for in vain',
      why: 'Questions got none in PGDECK_POOL_TIMEOUT. The server answers slowly or a catalog is locked; more connections would seldom help.',
      evidence: [used, { name: 'wait timeouts', value: pool.wait_timeouts_total, unit: 'count' }],
    };
  if (!away && changed(pool.failed_connections_total_per_second))
    return {
      what: 'could not be opened just now',
      why: "Attempts to connect failed. pgdeck tries again by itself; its log has the server's answer.",
      evidence: [used, { name: 'failed connections', value: pool.failed_connections_total, unit: 'count' }],
    };
  if (pool.size === 0 || pool.in_use < fullFrom * pool.size) return undefined;
  if (pool.waiting > 0)
    return {
      what: `are in use (${exact(pool.in_use)} of ${exact(pool.size)}) and ${plural(pool.waiting, 'statement')} ${pool.waiting === 1 ? 'waits' : 'wait'}`,
      why: 'The server answers slowly or a catalog is locked: see Locks. PGDECK_POOL_MAX allows more connections.',
      evidence: [used, { name: 'waiting', value: pool.waiting, unit: 'count' }],
    };
  if ((pool.wait_ms_p95 ?? 0) < longWaitMs) return undefined;
  return {
    what: `are in use (${exact(pool.in_use)} of ${exact(pool.size)}), and in the last 5 minutes one was waited for up to ${milliseconds(pool.wait_ms_p95 ?? 0)}`,
    why: 'Pages are late by as much. See Locks and Load for what holds the server up.',
    evidence: [used, { name: 'wait p95', value: pool.wait_ms_p95, unit: 'ms', limit: longWaitMs }],
  };
}

/** Whether pgdeck itself gets the connections that it needs to tell how the server is. */
export const ownPools: Check = {
  id: 'own-pools',
  title: "pgdeck's own pools",
  topics: ['pools'],
  wholeServer: true,
  judge: (input) => {
    const seen = rowsOf(input, 'pools');
    if (isNotJudged(seen)) return seen;
    const away = seen.rows.every((pool) => pool.in_use + pool.idle === 0);
    const findings = seen.rows.flatMap((pool): Draft[] => {
      const trouble = troubleOf(pool, away);
      if (!trouble) return [];
      return [
        {
          severity: 'warning',
          title: `${names[pool.pool] ?? pool.pool} ${trouble.what}.`,
          detail: trouble.why,
          evidence: trouble.evidence,
          confidence: 'high',
          object: { kind: 'server', database: null, schema: null, name: null },
          key: pool.pool,
        },
      ];
    });
    const sum = (column: 'in_use' | 'size') => seen.rows.reduce((total, row) => total + row[column], 0);
    return {
      findings,
      sentence: `${exact(sum('in_use'))} of the ${exact(sum('size'))} connections that pgdeck may have are in use, and none was waited for in vain`,
    };
  },
};
