'use client';

import dynamic from 'next/dynamic';
import { type CSSProperties, useMemo, useState } from 'react';
import { useNow } from '@/lib/client/clock';
import type { Range } from '@/lib/client/queries';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { clock, figure, notApplicable } from '@/lib/format';
import type { ColumnLook, Limit } from './look';
import { byteTicks, valueTicks } from './scale';
import { chartSpan, gaps, latest } from './summary';

const TimePlot = dynamic(() => import('./time-plot'), { ssr: false });

/**
 * A series over time: a stack or lines from zero, gaps shaded, a limit with its meaning, a legend with the newest values
 * that dims the others, and the same rows as a table. Its height is fixed before anything has arrived.
 */
export function TimeChart({
  label,
  series,
  range,
  looks,
  stacked = false,
  limit,
  restart,
  text = figure,
  unit = 'number',
  height = 150,
  asTable = false,
  legend = looks.length > 1 ? 'below' : 'none',
  onChoose,
}: {
  /** The sentence that names the chart for who cannot see it. */
  label: string;
  series: SeriesAnswer | undefined;
  range: Range;
  /** The columns that are drawn, from the bottom of a stack. */
  looks: ColumnLook[];
  stacked?: boolean;
  limit?: Limit | undefined;
  /** When the server was restarted within the chart, epoch seconds. */
  restart?: number | undefined;
  /** How a value is printed. */
  text?: (value: number) => string;
  /** `count`: only whole grid lines; `bytes`: steps of 1,024. */
  unit?: 'number' | 'count' | 'bytes';
  /** Height of the plot with its times, in px. */
  height?: number;
  asTable?: boolean;
  legend?: 'below' | 'beside' | 'none';
  /** What a click on a column of the legend does, instead of showing it alone. */
  onChoose?: (column: string) => void;
}) {
  const [pointed, setPointed] = useState<string>();
  const [pinned, setPinned] = useState<string>();
  const now = useNow();
  const ready = series !== undefined && now !== undefined;
  const plot = useMemo(() => series && prepare(series, looks), [series, looks]);

  const { from, to } = chartSpan(series, range);

  if (asTable && series) return <ChartTable label={label} series={series} looks={looks} text={text} height={height} />;
  const most = Math.max(plot ? (stacked ? plot.highestSum : plot.highest) : 0, limit?.value ?? 0);
  const drawn = (
    <div className="chart-plot" style={{ height }}>
      {ready && plot ? (
        <TimePlot
          points={plot.points}
          looks={looks}
          stacked={stacked}
          from={from}
          to={to}
          ticks={unit === 'bytes' ? byteTicks(most) : valueTicks(most, unit === 'count')}
          tickText={text}
          valueText={text}
          limit={limit}
          restart={restart}
          gaps={gaps(series, from, to)}
          lit={pointed ?? pinned}
          label={label}
          height={height}
          stepSeconds={series.step}
        />
      ) : (
        <div className="chart-waiting" style={{ height }} />
      )}
    </div>
  );
  if (legend === 'none') return drawn;
  const list = (
    <ul className="chart-legend" aria-label="Newest values">
      {looks.map((look) => {
        const value = latest(series, look.column);
        return (
          <li key={look.column}>
            <button
              type="button"
              aria-pressed={pinned === undefined ? undefined : pinned === look.column}
              title={onChoose ? `Show only ${look.label}` : `Show ${look.label} alone`}
              {...(value === 0 && { 'data-zero': '' })}
              onPointerEnter={() => setPointed(look.column)}
              onPointerLeave={() => setPointed(undefined)}
              onFocus={() => setPointed(look.column)}
              onBlur={() => setPointed(undefined)}
              onClick={() =>
                onChoose ? onChoose(look.column) : setPinned((now) => (now === look.column ? undefined : look.column))
              }
            >
              <span className="swatch" style={{ '--series': look.color } as CSSProperties} />
              <span>{look.label}</span>
              <span className="number">{value === null ? notApplicable : text(value)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
  return legend === 'beside' ? (
    <div className="chart-with-legend">
      {drawn}
      {list}
    </div>
  ) : (
    <>
      {drawn}
      {list}
    </>
  );
}

function prepare(series: SeriesAnswer, looks: ColumnLook[]) {
  const indexes = looks.map((look) => series.columns.indexOf(look.column) + 1);
  let highest = 0;
  let highestSum = 0;
  const points = series.points.map((point) => {
    const entry: Record<string, number | null> = { t: point[0] ?? null };
    let sum = 0;
    looks.forEach((look, at) => {
      const value = point[indexes[at] as number] ?? null;
      entry[look.column] = value;
      sum += value ?? 0;
      highest = Math.max(highest, value ?? 0);
    });
    highestSum = Math.max(highestSum, sum);
    return entry;
  });
  return { points, highest, highestSum };
}

/** The same rows as the chart, newest first. */
function ChartTable({
  label,
  series,
  looks,
  text,
  height,
}: {
  label: string;
  series: SeriesAnswer;
  looks: ColumnLook[];
  text: (value: number) => string;
  height: number;
}) {
  const indexes = looks.map((look) => series.columns.indexOf(look.column) + 1);
  return (
    <section
      className="chart-table"
      style={{ height: height + 24 }}
      aria-label={`${label}, as a table`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
      tabIndex={0}
    >
      <table className="table">
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            {looks.map((look) => (
              <th key={look.column} scope="col" className="number">
                {look.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {series.points.toReversed().map((point) => (
            <tr key={point[0]}>
              <th scope="row">{clock(new Date((point[0] ?? 0) * 1000))}</th>
              {indexes.map((index, at) => {
                const value = point[index];
                return (
                  <td key={looks[at]?.column} className="number">
                    {value === null || value === undefined ? <span className="muted">no sample</span> : text(value)}
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
