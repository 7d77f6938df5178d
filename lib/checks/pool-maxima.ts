import { exact, list, percent, plural } from '@/lib/format';
import { type Limited, type Maxima, maximaOf } from '@/lib/maxima';
import type { Row } from '@/lib/topics/index';
import type { Check, Draft, FindingObject } from './check';
import { isNotJudged, rowsOf } from './check';

type Service = Row<'application-pools'>;

const largestOf = (rows: Service[]) =>
  rows.filter((row) => row.slots_most > 0).sort((a, b) => b.slots_most - a.slots_most);

/** That pools may open more than they can have, with the largest of them. */
function beyond(
  rows: Service[],
  {
    most,
    limit,
    title,
    todo,
    object,
  }: { most: number; limit: number; title: string; todo: string; object: FindingObject },
): Draft {
  const largest = largestOf(rows);
  const guessed = largest.some((row) => row.kind === 'application' && row.instances_from !== 'configuration');
  return {
    severity: 'warning',
    title,
    detail: `Largest: ${list(largest.map((row) => `${row.name} ${exact(row.slots_most)}`))}. If all fill, whoever comes last is refused. ${todo}`,
    evidence: [
      { name: 'sum of maxima', value: most, unit: 'count', limit },
      ...largest.slice(0, 5).map((row) => ({ name: row.name, value: row.slots_most, unit: 'count' })),
    ],
    confidence: guessed ? 'medium' : 'high',
    object,
    key: object.kind === 'server' ? 'server' : `${object.kind}:${object.name}`,
  };
}

/** Roles and databases whose own limit is below what their pools may open. */
function beyondLimits(limited: Limited[]): Draft[] {
  return limited.map(({ of, name, limit, most, services }) =>
    beyond(services, {
      most,
      limit,
      title: `Pools of ${of} ${name} may open ${exact(most)} connections, ${exact(most - limit)} more than the ${exact(limit)} that it may have.`,
      todo: `Make the pools smaller, or raise the limit: alter ${of} … connection limit ….`,
      object: { kind: of, database: of === 'database' ? name : null, schema: null, name },
    }),
  );
}

/** Whose maximum nobody knows, so that the sum is not all that may be opened; without the full stop. */
function notKnown({ unknown, unlimited }: Maxima): string[] {
  const one = unknown.length === 1;
  return [
    ...(unknown.length > 0
      ? [
          `${plural(unknown.length, 'application')} without a known maximum ${one ? 'counts' : 'count'} with what ${one ? 'it has' : 'they have'} now`,
        ]
      : []),
    ...(unlimited.length > 0
      ? [
          `PgBouncer's pools of ${list(unlimited.map(({ name }) => name))} have no limit that is known: what they have now is counted`,
        ]
      : []),
  ];
}

/** Whether the pools of applications, PgBouncer and pgdeck together may open more connections than server, role or database takes. */
export const poolMaxima: Check = {
  id: 'pool-maxima',
  title: 'Sum of pool maxima',
  topics: ['application-pools'],
  wholeServer: true,
  judge: (input) => {
    const seen = rowsOf(input, 'application-pools');
    if (isNotJudged(seen)) return seen;
    const { rows } = seen;
    const maxima = maximaOf(rows);
    const { most, ceiling } = maxima;
    if (ceiling === null) return { because: 'How many connections the server takes is not known.' };
    const told = `${exact(most)} of ${exact(ceiling)} connections for applications may be opened by all pools together (${percent(most / Math.max(1, ceiling))})`;
    const rest = notKnown(maxima);
    const findings = beyondLimits(maxima.limited);
    if (maxima.beyond === 0) return { findings, sentence: [told, ...rest].join('; ') };
    const whole = beyond(rows, {
      most,
      limit: ceiling,
      title: `Pools may open ${exact(most)} connections, ${exact(maxima.beyond)} more than the ${exact(ceiling)} that the server takes from applications.`,
      todo: ['Make the pools smaller, put PgBouncer between, or raise max_connections', ...rest]
        .map((words) => `${words}.`)
        .join(' '),
      object: { kind: 'server', database: null, schema: null, name: null },
    });
    return { sentence: told, findings: [whole, ...findings] };
  },
};
