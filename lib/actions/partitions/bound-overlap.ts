import type { Bound } from './bound';

type End = string | { edge: 'minvalue' | 'maxvalue' };
type Type = string | null;

/** A value as a number between two: a time without its zone is known to within a day. */
type Span = { least: bigint; most: bigint };

const farthestZone = 16n * 3_600_000_000n;
const time = /^(\d{4}-\d\d-\d\d)(?:[ T](\d\d:\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?)? ?(Z|[+-]\d\d(?::?\d\d)?)?$/;

function spanOf(value: string, type: Type): Span | undefined {
  if (['smallint', 'integer', 'bigint'].includes(type ?? ''))
    return /^-?\d{1,19}$/.test(value) ? { least: BigInt(value), most: BigInt(value) } : undefined;
  if (!['date', 'timestamp without time zone', 'timestamp with time zone'].includes(type ?? '')) return undefined;
  const [found, day, minute = '00:00', second = '00', fraction = '', zone] = time.exec(value) ?? [];
  if (!found || (type !== 'timestamp with time zone' && zone) || (type === 'date' && value.length > 10))
    return undefined;
  const [, sign, hours = '00', minutes = '00'] = /^([+-])(\d\d):?(\d\d)?$/.exec(zone ?? '') ?? [];
  const at = Date.parse(`${day}T${minute}:${second}Z`);
  if (Number.isNaN(at)) return undefined;
  const offset = BigInt(`${sign === '-' ? '-' : ''}${Number(hours) * 60 + Number(minutes)}`) * 60_000_000n;
  const exact = BigInt(at) * 1000n + BigInt(fraction.padEnd(6, '0')) - offset;
  const open = type === 'timestamp with time zone' && zone === undefined ? farthestZone : 0n;
  return { least: exact - open, most: exact + open };
}

/** Less than 0, 0 or more as the first value is; undefined where only the server knows. */
function order(one: string, other: string, type: Type): number | undefined {
  const [a, b] = [spanOf(one, type), spanOf(other, type)];
  if (!a || !b) return undefined;
  if (a.most < b.least) return -1;
  if (a.least > b.most) return 1;
  return a.least === a.most && b.least === b.most ? 0 : undefined;
}

/** The order of two ends of ranges. */
function orderOfEnds(one: End[], other: End[], types: Type[]): number | undefined {
  for (const [index, a] of one.entries()) {
    const b = other[index] as End;
    if (typeof a === 'string' && typeof b === 'string') {
      const found = order(a, b, types[index] ?? null);
      if (found !== 0) return found;
      continue;
    }
    const rank = (end: End) => (typeof end === 'string' ? 0 : end.edge === 'minvalue' ? -1 : 1);
    return rank(a) - rank(b);
  }
  return 0;
}

/** Whether a range surely holds nothing. */
export function isEmpty(bound: Bound, types: Type[]): boolean {
  if (bound.by !== 'range') return false;
  const found = orderOfEnds(bound.from, bound.to, types);
  return found !== undefined && found >= 0;
}

/** Why two bounds surely cannot be those of one table; undefined where they can, or only the server knows. */
export function clash(bound: Bound, other: Bound, types: Type[]): string | undefined {
  if (bound.by === 'range' && other.by === 'range') {
    const before = (one: End[], two: End[]) => (orderOfEnds(one, two, types) ?? 0) < 0;
    return before(bound.from, other.to) && before(other.from, bound.to) ? 'takes some of these rows' : undefined;
  }
  if (bound.by === 'list' && other.by === 'list') {
    const same = (one: string | null, two: string | null) =>
      one === two || (one !== null && two !== null && order(one, two, types[0] ?? null) === 0);
    const both = bound.values.find((value) => other.values.some((taken) => same(value, taken)));
    return both === undefined ? undefined : `takes ${both === null ? 'NULL' : `“${both}”`}`;
  }
  if (bound.by !== 'hash' || other.by !== 'hash') return undefined;
  const [small, large] = [Math.min(bound.modulus, other.modulus), Math.max(bound.modulus, other.modulus)];
  if (large % small !== 0) return `has the modulus ${other.modulus}, and one modulus must be a multiple of the other`;
  return bound.remainder % small === other.remainder % small ? 'takes some of these rows' : undefined;
}
