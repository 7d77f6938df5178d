'use client';

import { Bar, BarChart, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
import { ChartTip } from './chart-tip';
import type { ColumnLook } from './look';

/** What the drawn part of a bar chart gets: bars by column name, all figures ready. */
export type BarPlotProps = {
  rows: ({ key: string; label: string; total: number } & Record<string, string | number>)[];
  looks: ColumnLook[];
  text: (value: number) => string;
  most: number;
  label: string;
  height: number;
  onChoose: ((key: string) => void) | undefined;
};

const barSize = 14;

/** The drawn part of a bar chart, loaded when the first one is seen; names and sums stand beside it as text. */
export default function BarPlot({ rows, looks, text, most, label, height, onChoose }: BarPlotProps) {
  return (
    <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 300, height }}>
      <BarChart
        data={rows}
        layout="vertical"
        margin={{ top: 0, right: 0, bottom: 0, left: 0 }}
        role="group"
        aria-label={label}
        accessibilityLayer
      >
        <XAxis type="number" domain={[0, most]} hide />
        <YAxis type="category" dataKey="key" hide />
        <Tooltip
          isAnimationActive={false}
          cursor={{ fill: 'var(--hover)' }}
          content={({ active, label: key }) => {
            const row = active ? rows.find((candidate) => candidate.key === key) : undefined;
            return row ? (
              <ChartTip
                title={row.label}
                point={row as unknown as Record<string, number>}
                looks={looks}
                total={looks.length > 1}
                text={text}
              />
            ) : null;
          }}
        />
        {looks.map((look) => (
          <Bar
            key={look.column}
            dataKey={look.column}
            name={look.label}
            stackId="all"
            fill={look.color}
            stroke="var(--surface)"
            strokeWidth={0.6}
            barSize={barSize}
            isAnimationActive={false}
            {...(onChoose && {
              cursor: 'pointer',
              onClick: (bar: { payload?: { key?: string } }) => bar.payload?.key && onChoose(bar.payload.key),
            })}
          />
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}
