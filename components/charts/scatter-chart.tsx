'use client';

import type { CSSProperties } from 'react';
import { useAlive } from '@/lib/client/clock';
import { later } from '@/lib/client/later';
import { FetchedPlot } from './fetched-plot';
import { byteTicks, valueTicks } from './scale';

const scatterPlot = later(() => import('./scatter-plot'));

/** One thing with two measures. */
export type ScatterPoint = { key: string; label: string; x: number; y: number; note?: string };

/** Things of one kind, told apart by colour and shape. */
export type ScatterGroup = {
  label: string;
  color: string;
  shape: 'circle' | 'triangle' | 'square' | 'diamond';
  points: ScatterPoint[];
};

/** A measure of a scatter chart: its title, how it is printed, and whether it is bytes. */
export type Measure = { title: string; text: (value: number) => string; bytes?: boolean };

/** Two measures against each other, such as scans and size of indexes. A table of the same rows stands on the page. */
export function ScatterChart({
  label,
  groups,
  x,
  y,
  height = 220,
}: {
  label: string;
  groups: ScatterGroup[];
  x: Measure;
  y: Measure;
  height?: number;
}) {
  const alive = useAlive();
  const all = groups.flatMap((group) => group.points);
  const ticks = (measure: Measure, values: number[]) =>
    (measure.bytes ? byteTicks : valueTicks)(Math.max(0, ...values), true);
  return (
    <>
      <div className="chart-plot" style={{ height }}>
        {alive && (
          <FetchedPlot part={scatterPlot}>
            {({ default: ScatterPlot }) => (
              <ScatterPlot
                groups={groups}
                x={{
                  ...x,
                  ticks: ticks(
                    x,
                    all.map((point) => point.x),
                  ),
                }}
                y={{
                  ...y,
                  ticks: ticks(
                    y,
                    all.map((point) => point.y),
                  ),
                }}
                label={label}
                height={height}
              />
            )}
          </FetchedPlot>
        )}
      </div>
      <ul className="chart-legend chart-legend-flush" aria-label="Colours">
        {groups.map((group) => (
          <li key={group.label} className="wait">
            <span className={`swatch swatch-${group.shape}`} style={{ '--series': group.color } as CSSProperties} />
            {group.label} <span className="number">{group.points.length}</span>
          </li>
        ))}
      </ul>
    </>
  );
}
