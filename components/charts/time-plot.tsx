'use client';

import { useMemo, useRef, useState } from 'react';
import {
  Area,
  AreaChart,
  CartesianGrid,
  Line,
  LineChart,
  ReferenceArea,
  ReferenceLine,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import type { ChangeEvent } from '@/lib/history/answers';
import { bandLabels } from './bands';
import { ChartTip } from './chart-tip';
import { EventChips } from './event-chips';
import type { ColumnLook, Limit } from './look';
import { LoneDot, lonePoints, type TickProps, TimeTick } from './plot-parts';
import { momentText, stepText, tickText, timeTicks } from './time-ticks';
import { useGestures } from './use-gestures';
import { useWidth } from './use-width';

/** Height above the plot that is kept for the chips of changes, and below it for the times, in px. */
export const room = { above: 26, below: 20, right: 8 };

/** What the drawn part of a time chart gets: points by column name, all figures ready. */
export type TimePlotProps = {
  points: Record<string, number | null>[];
  looks: ColumnLook[];
  stacked: boolean;
  from: number;
  to: number;
  ticks: number[];
  tickText: (value: number) => string;
  valueText: (value: number) => string;
  limit: Limit | undefined;
  events: ChangeEvent[];
  /** The moment of the past that the page shows, epoch seconds. */
  at: number | null;
  gaps: { from: number; to: number }[];
  /** The column that is not dimmed; undefined: none is. */
  lit: string | undefined;
  label: string;
  height: number;
  stepSeconds: number;
  /** How samples became a point: `mean`, `most`. */
  folded: string;
  onSpan: (a: number, b: number) => void;
  onMoment: (at: number) => void;
};

/** The drawn part of a time chart, loaded when the first chart is seen. */
export default function TimePlot(props: TimePlotProps) {
  const { points, looks, stacked, from, to, ticks, valueText, limit, gaps, lit, label, height, stepSeconds } = props;
  // Cursors are shared by all charts of a page; the words stand only in the one that is pointed at.
  const [own, setOwn] = useState(false);
  const frame = useRef<HTMLDivElement>(null);
  const drawnSpan = useRef<HTMLDivElement>(null);
  const pointed = useRef<number>(undefined);
  const width = useWidth(frame) ?? 600;
  const Chart = stacked ? AreaChart : LineChart;

  const widest = Math.max(...ticks.map((tick) => props.tickText(tick).length));
  const gutter = Math.max(26, 10 + widest * 6.4);
  const area = { left: gutter, right: width - room.right, top: room.above, bottom: height - room.below };
  const plotWidth = Math.max(1, area.right - area.left);
  const span = to - from;
  const times = useMemo(() => {
    const most = Math.max(1, Math.min(6, Math.floor(plotWidth / (span < 600 ? 100 : span > 72_000 ? 110 : 80))));
    // Room for the words at an end and half of those beside them.
    const edgeWidth = span < 600 ? 92 : span <= 72_000 ? 62 : span < 260_000 ? 112 : 74;
    return timeTicks(from, to, most, (span * edgeWidth) / plotWidth);
  }, [from, to, span, plotWidth]);
  const words = (at: number) => tickText(at, times.step, from, to);
  /** The moment that a point stands for: the middle of a long stretch. */
  const momentOf = (at: number) => (stepSeconds < 60 ? at : at + Math.floor(stepSeconds / 2));

  const gestures = useGestures({
    frame,
    band: drawnSpan,
    area,
    timeAt: (x) => from + ((x - area.left) / plotWidth) * span,
    onSpan: props.onSpan,
    onMoment: (at) => {
      const near = nearest(points, at);
      props.onMoment(near !== undefined && Math.abs(near - at) <= stepSeconds ? momentOf(near) : at);
    },
    pointed: () => pointed.current,
  });
  const lone = useMemo(() => lonePoints(points, looks), [points, looks]);
  const bands = useMemo(
    () =>
      stacked
        ? bandLabels(points, looks, {
            from,
            to,
            most: ticks.at(-1) ?? 1,
            width: plotWidth,
            height: height - room.above - room.below,
          })
        : [],
    [stacked, points, looks, from, to, ticks, plotWidth, height],
  );

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the chart itself has the focus; here its keys and pointers are heard
    <div
      ref={frame}
      className="chart-frame"
      style={{ height }}
      onPointerEnter={() => setOwn(true)}
      onPointerLeave={() => setOwn(false)}
      onFocus={() => setOwn(true)}
      onBlur={() => setOwn(false)}
      {...gestures}
    >
      <Chart
        width={width}
        height={height}
        data={points}
        syncId="page"
        syncMethod="value"
        margin={{ top: room.above, right: room.right, bottom: 0, left: 0 }}
        role="group"
        aria-label={label}
        accessibilityLayer
      >
        <CartesianGrid vertical={false} stroke="var(--chart-grid)" />
        {gaps.map((gap) => (
          <ReferenceArea
            key={gap.from}
            x1={gap.from}
            x2={gap.to}
            fill="var(--chart-gap)"
            fillOpacity={1}
            stroke="none"
            ifOverflow="hidden"
            zIndex={-50}
          />
        ))}
        <XAxis
          dataKey="t"
          type="number"
          scale="linear"
          domain={[from, to]}
          allowDataOverflow
          ticks={times.ticks}
          interval="preserveStartEnd"
          minTickGap={14}
          tickFormatter={words}
          axisLine={{ stroke: 'var(--chart-axis)' }}
          tickLine={false}
          height={room.below}
          tick={(tick: TickProps) => (
            <TimeTick {...tick} ends={{ from, to, left: area.left, right: area.right }} text={words} />
          )}
        />
        <YAxis
          width={gutter}
          domain={[0, ticks.at(-1) ?? 1]}
          allowDataOverflow
          ticks={ticks}
          interval={0}
          axisLine={false}
          tickLine={false}
          tickMargin={4}
          tickFormatter={props.tickText}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--text-2)', strokeWidth: 1 }}
          content={({ active, label: at }) => {
            pointed.current = active && typeof at === 'number' ? momentOf(at) : undefined;
            return active && own && typeof at === 'number' ? (
              <ChartTip
                title={momentText(at, span, stepSeconds)}
                step={`${stepText(stepSeconds)} ${props.folded}`}
                point={points.find((point) => point.t === at)}
                looks={looks}
                total={stacked && looks.length > 1}
                text={valueText}
              >
                <p className="muted">Click: everything at {momentText(momentOf(at), span)}</p>
              </ChartTip>
            ) : null;
          }}
        />
        {looks.map((look) =>
          stacked ? (
            <Area
              key={look.column}
              dataKey={look.column}
              name={look.label}
              stackId="all"
              type="linear"
              fill={look.color}
              fillOpacity={(look.quiet ? 0.32 : 1) * dim(look, lit)}
              stroke={look.quiet ? look.color : 'var(--surface)'}
              strokeWidth={look.quiet ? 1 : 0.6}
              strokeOpacity={dim(look, lit)}
              connectNulls={false}
              isAnimationActive={false}
              activeDot={false}
              dot={lone.size > 0 ? <LoneDot lone={lone} look={look} /> : false}
            />
          ) : (
            <Line
              key={look.column}
              dataKey={look.column}
              name={look.label}
              type="linear"
              stroke={look.color}
              strokeWidth={1.75}
              strokeOpacity={dim(look, lit)}
              strokeLinejoin="round"
              connectNulls={false}
              isAnimationActive={false}
              activeDot={{ r: 3, stroke: 'var(--surface)', fill: look.color }}
              dot={lone.size > 0 ? <LoneDot lone={lone} look={look} /> : false}
            />
          ),
        )}
        {limit && (
          <ReferenceLine
            y={limit.value}
            stroke="var(--chart-ref)"
            strokeWidth={1.25}
            strokeDasharray="5 3"
            ifOverflow="hidden"
            label={({ viewBox }) => (
              <text
                className="chart-limit-label"
                x={((viewBox as Box).x ?? 0) + 4}
                y={limitWordsY((viewBox as Box).y ?? 0)}
              >
                {limit.label}
              </text>
            )}
          />
        )}
      </Chart>
      <div className="chart-over" style={{ left: area.left, width: plotWidth, bottom: room.below }}>
        {bands.map(({ column, label: name, x, y }) => (
          <span
            key={column}
            className="chart-band"
            style={{ left: x, top: room.above + y, opacity: lit === undefined || lit === column ? 1 : 0.4 }}
            aria-hidden
          >
            {name}
          </span>
        ))}
        {props.at !== null && props.at >= from && props.at <= to && (
          <i className="chart-moment" style={{ left: ((props.at - from) / span) * plotWidth }} />
        )}
        <EventChips events={props.events} from={from} to={to} width={plotWidth} onMoment={props.onMoment} />
      </div>
      <div ref={drawnSpan} className="chart-span" style={{ top: room.above, bottom: room.below }} hidden />
    </div>
  );
}

/** Above the line; below it where the chips of changes stand above. */
const limitWordsY = (y: number) => (y < room.above + 14 ? y + 13 : y - 4);

type Box = { x?: number; y?: number };

const dim = (look: ColumnLook, lit: string | undefined) => (lit === undefined || lit === look.column ? 1 : 0.22);

function nearest(points: Record<string, number | null>[], at: number): number | undefined {
  let best: number | undefined;
  for (const { t } of points)
    if (typeof t === 'number' && (best === undefined || Math.abs(t - at) < Math.abs(best - at))) best = t;
  return best;
}
