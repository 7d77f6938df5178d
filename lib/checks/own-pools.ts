import { exact } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import type { Check, Draft, Evidence } from './check';
import { isNotJudged, rowsOf } from './check';

type Pool = Row<'pools'>;

const figures: [name: string, column: keyof Pool, unit: string][] = [
  ['waiting', 'waiting', 'count'],
  ['wait p95', 'wait_ms_p95', 'ms'],
  ['wait timeouts', 'wait_timeouts_total', 'count'],
  ['failed connections', 'failed_connections_total', 'count'],
];

/** The figures of a pool, but for those that are nothing. */
function evidenceOf(pool: Pool): Evidence[] {
  return [
    { name: 'in use', value: pool.in_use, unit: 'count', limit: pool.size },
    ...figures.flatMap(([name, column, unit]) => {
      const value = pool[column];
      return typeof value === 'number' && value > 0 ? [{ name, value, unit }] : [];
    }),
  ];
}

/** Whether pgdeck itself gets the connections that it needs to tell how the server is: what the pools say of themselves. */
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
      // A server that is away as a whole is told elsewhere.
      if (pool.state === 'ok' || away) return [];
      return [
        {
          severity: pool.state,
          title: `pgdeck's own pool ${pool.pool} is in trouble, with ${exact(pool.in_use)} of ${exact(pool.size)} connections in use: ${pool.word.toLowerCase()}.`,
          detail: [pool.warning, pool.advice].filter(Boolean).join(' '),
          evidence: evidenceOf(pool),
          confidence: 'high',
          object: { kind: 'server', database: null, schema: null, name: null },
          key: pool.pool,
        },
      ];
    });
    const sum = (column: 'in_use' | 'size') => seen.rows.reduce((total, row) => total + row[column], 0);
    return {
      findings,
      sentence: `${exact(sum('in_use'))} of the ${exact(sum('size'))} connections that pgdeck may have are in use, and no pool is in trouble`,
    };
  },
};
