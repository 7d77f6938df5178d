'use client';

import { Bar, BarChart, LabelList, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts';
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
  labelWidth: number;
  onChoose: ((key: string) => void) | undefined;
};

const barSize = 14;

/** The drawn part of a bar chart, loaded when the first one is seen. */
export default function BarPlot({ rows, looks, text, most, label, height, labelWidth, onChoose }: BarPlotProps) {
  return (
    <ResponsiveContainer width="100%" height={height} initialDimension={{ width: 600, height }}>
      <BarChart
        data={rows}
        layout="vertical"
        margin={{ top: 0, right: 76, bottom: 0, left: 0 }}
        barCategoryGap={6}
        role="group"
        aria-label={label}
        accessibilityLayer
      >
        <XAxis type="number" domain={[0, most]} hide />
        <YAxis
          type="category"
          dataKey="key"
          width={labelWidth}
          interval={0}
          axisLine={false}
          tickLine={false}
          tick={(tick: { x?: number | string; y?: number | string; payload?: { value: string } }) => {
            const row = rows.find(({ key }) => key === tick.payload?.value);
            const fits = Math.floor((labelWidth - 8) / 5.7);
            const name = row?.label ?? '';
            return (
              <text x={0} y={Number(tick.y) + 4} className="bar-label">
                {name.length > fits ? `${name.slice(0, fits - 1)}…` : name}
                <title>{name}</title>
              </text>
            );
          }}
        />
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
        {looks.map((look, at) => (
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
          >
            {at === looks.length - 1 && (
              <LabelList
                dataKey="total"
                position="right"
                className="bar-value"
                formatter={(value: unknown) => text(Number(value))}
              />
            )}
          </Bar>
        ))}
      </BarChart>
    </ResponsiveContainer>
  );
}
