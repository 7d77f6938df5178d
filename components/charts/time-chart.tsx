'use client';

import { type CSSProperties, useMemo, useRef, useState } from 'react';
import { announce } from '@/lib/client/announce';
import { useAlive } from '@/lib/client/clock';
import { later } from '@/lib/client/later';
import { usePageTime } from '@/lib/client/page-time';
import type { Range } from '@/lib/client/queries';
import { zoomedIn } from '@/lib/client/range';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { usePageTimes } from '@/lib/client/url-state';
import { useEvents } from '@/lib/client/use-events';
import { figure, notApplicable, plural } from '@/lib/format';
import { ChartTable } from './chart-table';
import { FetchedPlot } from './fetched-plot';
import type { ColumnLook, Limit } from './look';
import { byteTicks, valueTicks } from './scale';
import { chartSpan, gaps, latest, withHoles } from './summary';
import { momentText } from './time-ticks';

/** What a chart is higher than its plot: the chips of changes stand there, whether there are any or not. */
export const chipRoom = 16;

const timePlot = later(() => import('./time-plot'));

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
  folded = 'mean',
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
  /** How samples became a point. */
  folded?: 'mean' | 'most';
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
  const alive = useAlive();
  const { server, at } = usePageTime();
  const { setRange, goTo } = usePageTimes();
  const changes = useEvents(server, range);
  const plot = useMemo(() => series && prepare(series, looks), [series, looks]);
  // The time is taken with each answer: between them nothing moves.
  const { from, to, holes } = useMemo(() => {
    const now = series ? Date.now() / 1000 : 0;
    const ends = chartSpan(series, range, now);
    return { ...ends, holes: series ? gaps(series, ends.from, ends.to, now) : [] };
  }, [series, range]);
  const events = useMemo(() => changes.filter((event) => event.at > from && event.at < to), [changes, from, to]);
  const whole = height + chipRoom;

  const most = Math.max(plot ? (stacked ? plot.highestSum : plot.highest) : 0, limit?.value ?? 0);
  const ticks = useCalmTicks(most, unit, range);

  if (asTable && series) return <ChartTable label={label} series={series} looks={looks} text={text} height={whole} />;
  const drawn = (
    <div className="chart-plot" style={{ height: whole }}>
      {alive && series && plot ? (
        <FetchedPlot part={timePlot}>
          {({ default: TimePlot }) => (
            <TimePlot
              points={plot.points}
              looks={looks}
              stacked={stacked}
              from={from}
              to={to}
              ticks={ticks}
              tickText={text}
              valueText={text}
              limit={limit}
              events={events}
              at={at}
              gaps={holes}
              lit={pointed ?? pinned}
              label={events.length > 0 ? `${label} ${plural(events.length, 'change')} marked.` : label}
              height={whole}
              stepSeconds={series.step}
              folded={folded}
              onSpan={(a, b) => {
                const span = zoomedIn(a, b);
                setRange(span);
                announce(
                  `The charts show ${momentText(span.from, span.to - span.from)} to ${momentText(span.to, span.to - span.from)}.`,
                );
              }}
              onMoment={(moment) =>
                goTo(Math.min(moment, Date.now() / 1000), { range: { from: Math.floor(from), to: Math.ceil(to) } })
              }
            />
          )}
        </FetchedPlot>
      ) : (
        <div className="chart-waiting" style={{ height: whole }} />
      )}
    </div>
  );
  if (legend === 'none') return drawn;
  const list = (
    <ul className="chart-legend" aria-label={at === null ? 'Newest values' : 'Values of the moment'}>
      {looks.map((look) => {
        const value = latest(series, look.column, at ?? undefined);
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

/** Grid lines that stay where they are while the greatest value sinks by less than half: no scale jumps with each answer. */
function useCalmTicks(most: number, unit: 'number' | 'count' | 'bytes', range: Range): number[] {
  const key = JSON.stringify(range);
  const held = useRef<{ key: string; most: number }>(undefined);
  return useMemo(() => {
    const now = held.current;
    const ticksOf = (value: number) => (unit === 'bytes' ? byteTicks(value) : valueTicks(value, unit === 'count'));
    const keeps = now?.key === key && most <= now.most && most > now.most / 2;
    const chosen = keeps ? now.most : most;
    held.current = { key, most: chosen };
    return ticksOf(chosen);
  }, [most, unit, key]);
}

function prepare(series: SeriesAnswer, looks: ColumnLook[]) {
  const indexes = looks.map((look) => series.columns.indexOf(look.column) + 1);
  let highest = 0;
  let highestSum = 0;
  const points = withHoles(series).map((point) => {
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
