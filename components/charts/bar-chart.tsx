'use client';

import { type CSSProperties, useMemo } from 'react';
import { visible } from '@/components/ui/highlight';
import { useAlive } from '@/lib/client/clock';
import { later } from '@/lib/client/later';
import { figure } from '@/lib/format';
import { Link } from '../ui/link';
import { FetchedPlot } from './fetched-plot';
import type { ColumnLook } from './look';

const barPlot = later(() => import('./bar-plot'));

/** One bar: its identity, its name (and where it leads), and a value for each column of `looks`; null is unknown. */
export type BarRow = { key: string; label: string; values: (number | null)[]; href?: string; code?: boolean };

const rowHeight = 24;

const readable = (row: BarRow): BarRow => ({ ...row, label: visible(row.label) });

/**
 * Bars on one scale from zero, stacked by column, the sum at the end of each: shares of a total, sizes by part. `rest`
 * is drawn last, so that the rows sum to the whole. `space` is for how many bars height is kept before they are there.
 */
export function BarChart({
  label,
  rows,
  looks,
  text = figure,
  rest,
  space = rows.length,
  asTable = false,
  onChoose,
}: {
  label: string;
  rows: BarRow[];
  looks: ColumnLook[];
  text?: (value: number) => string;
  rest?: BarRow | undefined;
  space?: number;
  asTable?: boolean;
  /** Opens what a bar stands for: its name becomes a button, and the bar answers clicks. */
  onChoose?: (key: string) => void;
}) {
  const alive = useAlive();
  const all = useMemo(() => (rest ? [...rows, rest] : rows).map(readable), [rows, rest]);
  const height = Math.max(space + (rest ? 1 : 0), all.length, 1) * rowHeight;
  const drawn = useMemo(
    () =>
      all.map(({ key, label: name, values }) => ({
        key,
        label: name,
        total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
        ...Object.fromEntries(looks.map((look, at) => [look.column, values[at] ?? 0])),
      })),
    [all, looks],
  );
  const most = Math.max(...drawn.map(({ total }) => total), 0) || 1;
  if (asTable) return <BarTable label={label} rows={all} looks={looks} text={text} height={height} />;
  return (
    <>
      <div className="bar-chart" style={{ height }}>
        <ul className="bar-names">
          {all.map((row) => (
            <li key={row.key} className={row.code ? 'cut font-mono' : 'cut'} title={row.label}>
              {row.href ? (
                <Link href={row.href} prefetch={false}>
                  {row.label}
                </Link>
              ) : onChoose && row.key !== rest?.key ? (
                <button type="button" onClick={() => onChoose(row.key)}>
                  {row.label}
                </button>
              ) : (
                row.label
              )}
            </li>
          ))}
        </ul>
        <div className="chart-plot">
          {alive && (
            <FetchedPlot part={barPlot}>
              {({ default: BarPlot }) => (
                <BarPlot
                  rows={drawn}
                  looks={looks}
                  text={text}
                  most={most}
                  label={visible(label)}
                  height={height}
                  onChoose={onChoose}
                />
              )}
            </FetchedPlot>
          )}
        </div>
        <ul className="bar-sums">
          {all.map((row, at) => (
            <li key={row.key}>
              {row.values.every((value) => value === null) ? 'unknown' : text(drawn[at]?.total ?? 0)}
            </li>
          ))}
        </ul>
      </div>
      {looks.length > 1 && (
        <ul className="chart-legend chart-legend-flush" aria-label="Colours">
          {looks.map((look) => (
            <li key={look.column} className="wait">
              <span className="swatch" style={{ '--series': look.color } as CSSProperties} />
              {look.label}
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function BarTable({
  label,
  rows,
  looks,
  text,
  height,
}: {
  label: string;
  rows: BarRow[];
  looks: ColumnLook[];
  text: (value: number) => string;
  height: number;
}) {
  return (
    <section
      className="chart-table"
      style={{ height: height + (looks.length > 1 ? 24 : 0) }}
      aria-label={`${visible(label)}, as a table`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
      tabIndex={0}
    >
      <table className="table">
        <caption className="visually-hidden">{visible(label)}</caption>
        <thead>
          <tr>
            <th scope="col">Name</th>
            {looks.map((look) => (
              <th key={look.column} scope="col" className="number">
                {look.label}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>
              <th scope="row">{row.label}</th>
              {looks.map((look, at) => {
                const value = row.values[at] ?? null;
                return (
                  <td key={look.column} className="number">
                    {value === null ? <span className="muted">unknown</span> : text(value)}
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
