import type { Plan } from './levels';
import { settleSeconds } from './roll-ups';

/** A point as it is answered: epoch seconds, then the values; null is a gap. */
export type Points = (number | null)[][];

/**
 * The points of a plan, one for each bucket; `values` answers undefined where nothing is known. The newest ones that
 * nothing has been written for yet are left out: they are not gaps.
 */
export function toPoints(
  { first, end, step }: Pick<Plan, 'first' | 'end' | 'step'>,
  columns: number,
  now: number,
  values: (bucket: number) => (number | null)[] | undefined,
): Points {
  const points: Points = [];
  let known = 0;
  for (let at = first; at < end; at += step) {
    const found = values(at);
    points.push(found ? [at, ...found] : [at, ...Array<null>(columns).fill(null)]);
    if (found?.some((value) => value !== null)) known = points.length;
  }
  while (points.length > known && (points.at(-1)?.[0] ?? 0) + step > now - settleSeconds) points.pop();
  return points;
}

/** A moment of epoch seconds as a parameter of SQL. */
export const moment = (seconds: number) => new Date(seconds * 1000).toISOString();

/** The bucket of a row in SQL, in epoch seconds; `$4` holds the step. */
export const bucketSql =
  "extract(epoch from date_bin(make_interval(secs => $4::float8), r.ts, timestamptz 'epoch'))::int8";

/** The rows of a server in a piece of time in SQL: `$1` the server, `$2` and `$3` the ends. */
export const pieceSql = 'r.server_id = $1::int4 and r.ts >= $2::timestamptz and r.ts < $3::timestamptz';

/** Rows of `inner` as one JSON array of arrays, so that many rows cost the process little. */
export const jsonOf = (columns: string[], inner: string) =>
  `select /* pgdeck:read */ coalesce(json_agg(json_build_array(${columns.map((name) => `g.${name}`).join(', ')})), '[]')::text as body
from (${inner}) as g`;
