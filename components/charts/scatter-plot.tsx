'use client';

import { CartesianGrid, ResponsiveContainer, Scatter, ScatterChart, Tooltip, XAxis, YAxis } from 'recharts';
import { visible } from '@/components/ui/highlight';
import type { ScatterGroup, ScatterPoint } from './scatter-chart';

/** What the drawn part of a scatter chart gets. */
export type ScatterPlotProps = {
  groups: ScatterGroup[];
  x: { title: string; ticks: number[]; text: (value: number) => string };
  y: { title: string; ticks: number[]; text: (value: number) => string };
  label: string;
  height: number;
};

/** The drawn part of a scatter chart; both scales are square roots from zero, so that small and zero stay visible. */
export default function ScatterPlot({ groups, x, y, label, height }: ScatterPlotProps) {
  return (
    <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 600, height }}>
      <ScatterChart
        margin={{ top: 10, right: 16, bottom: 14, left: 0 }}
        role="group"
        aria-label={label}
        accessibilityLayer
      >
        <CartesianGrid vertical={false} stroke="var(--chart-grid)" />
        <XAxis
          dataKey="x"
          type="number"
          scale="sqrt"
          domain={[0, x.ticks.at(-1) ?? 1]}
          ticks={x.ticks}
          tickFormatter={x.text}
          tickLine={false}
          axisLine={{ stroke: 'var(--chart-axis)' }}
          label={{ value: x.title, position: 'insideBottomRight', offset: -12 }}
          height={22}
        />
        <YAxis
          dataKey="y"
          type="number"
          scale="sqrt"
          domain={[0, y.ticks.at(-1) ?? 1]}
          ticks={y.ticks}
          tickFormatter={y.text}
          tickLine={false}
          axisLine={false}
          width={58}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--text-3)', strokeDasharray: '2 2' }}
          content={({ active, payload }) => {
            const point = active ? (payload?.[0]?.payload as ScatterPoint | undefined) : undefined;
            return point ? (
              <div className="chart-tip">
                <b>{visible(point.label)}</b>
                <p>
                  {x.title}: {x.text(point.x)}
                </p>
                <p>
                  {y.title}: {y.text(point.y)}
                </p>
                {point.note && <p className="soft">{point.note}</p>}
              </div>
            ) : null;
          }}
        />
        {groups.map((group) => (
          <Scatter
            key={group.label}
            name={group.label}
            data={group.points}
            fill={group.color}
            fillOpacity={0.72}
            stroke="var(--surface)"
            strokeWidth={0.6}
            shape={group.shape}
            isAnimationActive={false}
          />
        ))}
      </ScatterChart>
    </ResponsiveContainer>
  );
}
