import { exact, list, percent, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import type { Check } from './check';
import { isNotJudged, rowsOf } from './check';

type Service = Row<'application-pools'>;

const sum = (rows: Service[]) => rows.reduce((total, row) => total + row.slots_most, 0);

/** Whether the pools of applications, PgBouncer and pgdeck together may open more connections than the server takes. */
export const poolMaxima: Check = {
  id: 'pool-maxima',
  title: 'Sum of pool maxima',
  topics: ['application-pools'],
  wholeServer: true,
  judge: (input) => {
    const seen = rowsOf(input, 'application-pools');
    if (isNotJudged(seen)) return seen;
    const { rows } = seen;
    const ceiling = rows[0]?.ceiling ?? null;
    if (ceiling === null) return { because: 'How many connections the server takes is not known.' };
    const most = sum(rows);
    const unknown = rows.filter((row) => row.kind === 'seen');
    const told = `${exact(most)} of ${exact(ceiling)} connections for applications may be opened by all pools together (${percent(most / Math.max(1, ceiling))})`;
    const rest =
      unknown.length > 0
        ? `${plural(unknown.length, 'application')} without a known maximum ${unknown.length === 1 ? 'counts' : 'count'} with what ${unknown.length === 1 ? 'it has' : 'they have'} now.`
        : '';
    if (most <= ceiling) return { findings: [], sentence: rest ? `${told}; ${rest.slice(0, -1)}` : told };
    const largest = rows.filter((row) => row.slots_most > 0).sort((a, b) => b.slots_most - a.slots_most);
    const guessed = largest.some((row) => row.kind === 'application' && row.instances_from !== 'configuration');
    return {
      sentence: told,
      findings: [
        {
          severity: 'warning',
          title: `Pools may open ${exact(most)} connections, ${exact(most - ceiling)} more than the ${exact(ceiling)} that the server takes from applications.`,
          detail:
            `Largest: ${list(largest.map((row) => `${row.name} ${exact(row.slots_most)}`))}. If all fill, whoever comes last is refused. Make the pools smaller, put PgBouncer between, or raise max_connections. ${rest}`.trim(),
          evidence: [
            { name: 'sum of maxima', value: most, unit: 'count', limit: ceiling },
            ...largest.slice(0, 5).map((row) => ({ name: row.name, value: row.slots_most, unit: 'count' })),
          ],
          confidence: guessed ? 'medium' : 'high',
          object: { kind: 'server', database: null, schema: null, name: null },
          key: 'server',
        },
      ],
    };
  },
};
