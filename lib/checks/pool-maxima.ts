import { exact, list, percent, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import type { Check, Draft, FindingObject } from './check';
import { isNotJudged, rowsOf } from './check';

type Service = Row<'application-pools'>;

const sum = (rows: Service[]) => rows.reduce((total, row) => total + row.slots_most, 0);
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
function beyondLimits(rows: Service[]): Draft[] {
  const places = new Map<string, Service[]>();
  for (const row of rows)
    if (row.limit !== null && (row.limit_most ?? 0) > row.limit) {
      const place = `${row.limit_of} ${row.limit_name}`;
      places.set(place, [...(places.get(place) ?? []), row]);
    }
  return [...places.values()].flatMap((theirs) => {
    const [{ limit_of: of, limit_name: name, limit, limit_most: most } = {} as Service] = theirs;
    if (name === null || limit === null || most === null || (of !== 'role' && of !== 'database')) return [];
    return [
      beyond(theirs, {
        most,
        limit,
        title: `Pools of ${of} ${name} may open ${exact(most)} connections, ${exact(most - limit)} more than the ${exact(limit)} that it may have.`,
        todo: `Make the pools smaller, or raise the limit: alter ${of} … connection limit ….`,
        object: { kind: of, database: of === 'database' ? name : null, schema: null, name },
      }),
    ];
  });
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
    const ceiling = rows[0]?.ceiling ?? null;
    if (ceiling === null) return { because: 'How many connections the server takes is not known.' };
    const most = sum(rows);
    const unknown = rows.filter((row) => row.kind === 'seen');
    const told = `${exact(most)} of ${exact(ceiling)} connections for applications may be opened by all pools together (${percent(most / Math.max(1, ceiling))})`;
    const rest =
      unknown.length > 0
        ? `${plural(unknown.length, 'application')} without a known maximum ${unknown.length === 1 ? 'counts' : 'count'} with what ${unknown.length === 1 ? 'it has' : 'they have'} now.`
        : '';
    const findings = beyondLimits(rows);
    if (most <= ceiling) return { findings, sentence: rest ? `${told}; ${rest.slice(0, -1)}` : told };
    const whole = beyond(rows, {
      most,
      limit: ceiling,
      title: `Pools may open ${exact(most)} connections, ${exact(most - ceiling)} more than the ${exact(ceiling)} that the server takes from applications.`,
      todo: `Make the pools smaller, put PgBouncer between, or raise max_connections. ${rest}`.trim(),
      object: { kind: 'server', database: null, schema: null, name: null },
    });
    return { sentence: told, findings: [whole, ...findings] };
  },
};
