import type { Series } from '@/lib/topics/topic';
import type { Source } from './answers';
import { metricTables, type Piece, planPoints, type Range } from './levels';
import type { MemoryHistory } from './memory';
import { bucketSeconds, type Point } from './memory';
import { bucketSql, jsonOf, moment, type Points, pieceSql, toPoints } from './points';
import type { Reader } from './reader';

/** What is known of one column in one bucket. */
type Sum = { count: number; sum: number; greatest: number };

/** A row of `pieceStatement`: bucket, its newest row, then count, sum and maximum of each column. */
type Row = (number | null)[];

/** The figures of a series in one piece of time; the positions of its columns in the arrays are `$5` and so on. */
function pieceStatement(piece: Piece, columns: number): string {
  const at = (column: number) => `$${5 + column}::int4`;
  const figures = Array.from({ length: columns }, (_, column) =>
    piece.level === 'raw'
      ? `count(r.v[${at(column)}]) as n${column}, sum(r.v[${at(column)}]::float8) as s${column}, max(r.v[${at(column)}]) as m${column}`
      : `sum(r.n[${at(column)}])::int8 as n${column}, sum(r.av[${at(column)}]::float8 * r.n[${at(column)}]) as s${column}, max(r.mx[${at(column)}]) as m${column}`,
  );
  const names = Array.from({ length: columns }, (_, column) => [`n${column}`, `s${column}`, `m${column}`]).flat();
  return jsonOf(
    ['bucket', 'newest', ...names],
    `
  select ${bucketSql} as bucket, extract(epoch from max(r.ts))::int8 as newest, ${figures.join(', ')}
  from pgdeck.${piece.table} as r
  where ${pieceSql}
  group by 1
`,
  );
}

/** Points of a topic's series from the store, its newest seconds from memory. */
export async function readSeries(
  reader: Reader,
  server: number,
  series: Series,
  memory: MemoryHistory,
  range: Range,
): Promise<{ step: number; points: Points; source: Source }> {
  const { id, columns, aggregate } = series;
  const reach = await reader.reach();
  const plan = planPoints(metricTables, range, reach);
  const places = await reader.metrics(columns.map((column) => `${id}.${column}`));
  const rows = await reader.once(`series ${server} ${id} ${plan.step} ${plan.first} ${plan.end}`, async () => {
    const pieces = plan.pieces.map((piece) =>
      reader.json<Row>(pieceStatement(piece, columns.length), [
        server,
        moment(piece.from),
        moment(piece.to),
        plan.step,
        ...places.map((place) => place ?? null),
      ]),
    );
    return (await Promise.all(pieces)).flat();
  });
  const buckets = new Map<number, Sum[]>();
  let newest = 0;
  for (const [bucket, newestOf, ...figures] of rows) {
    newest = Math.max(newest, newestOf ?? 0);
    columns.forEach((_, column) => {
      const [count, sum, greatest] = figures.slice(3 * column, 3 * column + 3);
      if (count && sum != null && greatest != null)
        add(buckets, bucket ?? 0, columns.length, column, { count, sum, greatest });
    });
  }
  const stored = new Set(rows.map(([bucket]) => bucket));
  const { points: remembered } = memory.read(id, columns.length, aggregate, {
    from: plan.first,
    to: reach.now,
    step: bucketSeconds,
  });
  for (const [at, ...values] of remembered as Point[]) {
    const bucket = Math.floor(at / plan.step) * plan.step;
    if (at >= plan.end || (stored.has(bucket) && at <= newest)) continue;
    values.forEach((value, column) => {
      if (value !== null) add(buckets, bucket, columns.length, column, { count: 1, sum: value, greatest: value });
    });
  }
  const points = toPoints(plan, columns.length, reach.now, (bucket) =>
    buckets
      .get(bucket)
      ?.map(({ count, sum, greatest }) => (count === 0 ? null : aggregate === 'maximum' ? greatest : sum / count)),
  );
  return { step: plan.step, points, source: plan.source };
}

function add(buckets: Map<number, Sum[]>, bucket: number, columns: number, column: number, more: Sum): void {
  let sums = buckets.get(bucket);
  if (!sums) {
    sums = Array.from({ length: columns }, () => ({ count: 0, sum: 0, greatest: Number.NEGATIVE_INFINITY }));
    buckets.set(bucket, sums);
  }
  const sum = sums[column];
  if (!sum) return;
  sum.count += more.count;
  sum.sum += more.sum;
  sum.greatest = Math.max(sum.greatest, more.greatest);
}
