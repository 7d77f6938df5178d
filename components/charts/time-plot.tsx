'use client';

import { useState } from 'react';
import {
  Area,
  AreaChart,
  CartesianGrid,
  Line,
  LineChart,
  ReferenceArea,
  ReferenceLine,
  ResponsiveContainer,
  Tooltip,
  XAxis,
  YAxis,
} from 'recharts';
import { clock, clockMinutes } from '@/lib/format';
import { ChartTip } from './chart-tip';
import type { ColumnLook, Limit } from './look';
import { timeTicks } from './scale';

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
  restart: number | undefined;
  gaps: { from: number; to: number }[];
  /** The column that is not dimmed; undefined: none is. */
  lit: string | undefined;
  label: string;
  height: number;
  stepSeconds: number;
};

/** The drawn part of a time chart, loaded when the first chart is seen. */
export default function TimePlot(props: TimePlotProps) {
  const { points, looks, stacked, from, to, ticks, tickText, valueText, limit, restart, gaps, lit, label, height } =
    props;
  // Cursors are shared by all charts of a page; the words stand only in the one that is pointed at.
  const [own, setOwn] = useState(false);
  const Chart = stacked ? AreaChart : LineChart;
  const offset = -new Date(to * 1000).getTimezoneOffset() * 60;
  const widest = Math.max(...ticks.map((tick) => tickText(tick).length));
  const gutter = Math.max(26, 10 + widest * 6.4);
  const labelOf = (at: number) => (to - from < 600 ? clock : clockMinutes)(new Date(at * 1000));

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: only tells which chart's tooltip is shown; the chart itself has the focus
    <div
      onPointerEnter={() => setOwn(true)}
      onPointerLeave={() => setOwn(false)}
      onFocus={() => setOwn(true)}
      onBlur={() => setOwn(false)}
    >
      <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 600, height }}>
        <Chart
          data={points}
          syncId="page"
          syncMethod="value"
          margin={{ top: restart === undefined ? 10 : restartHeight + 10, right: 8, bottom: 0, left: 0 }}
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
            ticks={timeTicks(from, to, 4, offset)}
            interval="preserveStartEnd"
            minTickGap={14}
            tickFormatter={labelOf}
            axisLine={{ stroke: 'var(--chart-axis)' }}
            tickLine={false}
            height={20}
            tick={(tick: TickProps) => <TimeTick {...tick} from={from} text={labelOf} />}
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
            tickFormatter={tickText}
          />
          <Tooltip
            isAnimationActive={false}
            cursor={{ stroke: 'var(--text-2)', strokeWidth: 1 }}
            content={({ active, label: at }) =>
              active && own && typeof at === 'number' ? (
                <ChartTip
                  title={clock(new Date(at * 1000))}
                  point={points.find((point) => point.t === at)}
                  looks={looks}
                  total={stacked && looks.length > 1}
                  text={valueText}
                />
              ) : null
            }
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
                dot={false}
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
                dot={false}
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
                <text className="chart-limit-label" x={((viewBox as Box).x ?? 0) + 4} y={((viewBox as Box).y ?? 0) - 4}>
                  {limit.label}
                </text>
              )}
            />
          )}
          {restart !== undefined && (
            <ReferenceLine
              x={restart}
              stroke="var(--text-2)"
              strokeWidth={1.25}
              strokeDasharray="1 3"
              strokeLinecap="round"
              ifOverflow="hidden"
              label={({ viewBox }) => (
                <RestartChip
                  box={viewBox as Box}
                  share={(restart - from) / (to - from)}
                  time={clock(new Date(restart * 1000))}
                />
              )}
            />
          )}
        </Chart>
      </ResponsiveContainer>
    </div>
  );
}

type Box = { x?: number; y?: number };
type TickProps = { x?: number | string; y?: number | string; payload?: { value: number } };

const restartHeight = 16;
const restartWidth = 46;

/** The chip above the line of a restart; at the ends of the chart it stays inside. */
function RestartChip({ box, share, time }: { box: Box; share: number; time: string }) {
  const before = share < 0.1 ? 0 : share > 0.9 ? restartWidth : restartWidth / 2;
  const left = (box.x ?? 0) - before;
  const top = (box.y ?? 0) - restartHeight - 8;
  return (
    <g className="chart-restart">
      <title>{`The server was restarted at ${time}`}</title>
      <rect x={left} y={top} width={restartWidth} height={restartHeight} rx={4} />
      <text x={left + restartWidth / 2} y={top + 12} textAnchor="middle">
        restart
      </text>
    </g>
  );
}

const dim = (look: ColumnLook, lit: string | undefined) => (lit === undefined || lit === look.column ? 1 : 0.22);

function TimeTick({ x, y, payload, from, text }: TickProps & { from: number; text: (at: number) => string }) {
  const at = payload?.value ?? from;
  return (
    <text
      x={x}
      y={Number(y) + 8} // The last one has been moved by recharts so that it fits when centred.
      textAnchor={at === from ? 'start' : 'middle'}
    >
      {text(at)}
    </text>
  );
}
