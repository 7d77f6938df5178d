import type { ColumnLook } from './look';

/** What recharts gives a tick. */
export type TickProps = { x?: number | string; y?: number | string; payload?: { value: number } };

/**
 * The words of a time below a plot; those of its ends begin and end there (recharts would move them so that they fit when
 * centred).
 */
export function TimeTick({
  x,
  y,
  payload,
  ends,
  text,
}: TickProps & { ends: { from: number; to: number; left: number; right: number }; text: (at: number) => string }) {
  const at = payload?.value ?? ends.from;
  const isFirst = at === ends.from;
  const isLast = at === ends.to;
  return (
    <text
      x={isFirst ? ends.left : isLast ? ends.right : x}
      y={Number(y) + 8}
      textAnchor={isFirst ? 'start' : isLast ? 'end' : 'middle'}
    >
      {text(at)}
    </text>
  );
}

/** Times of points between two gaps: no line leads to them, so they are drawn as dots. */
export function lonePoints(points: Record<string, number | null>[], looks: ColumnLook[]): Set<number> {
  const known = (point: Record<string, number | null> | undefined) =>
    point !== undefined && looks.some(({ column }) => typeof point[column] === 'number');
  return new Set(
    points.flatMap((point, index) =>
      known(point) && !known(points[index - 1]) && !known(points[index + 1]) ? [point.t as number] : [],
    ),
  );
}

type DotProps = { cx?: number; cy?: number; payload?: Record<string, number | null> };

/** The dot of a column at a point that stands alone; nothing elsewhere. `recharts` gives the place. */
export function LoneDot({ lone, look, cx, cy, payload }: DotProps & { lone: Set<number>; look: ColumnLook }) {
  const at = payload?.t;
  if (typeof at !== 'number' || !lone.has(at) || !payload?.[look.column] || cx === undefined || cy === undefined)
    return null;
  return <circle cx={cx} cy={cy} r={2} fill={look.color} />;
}
