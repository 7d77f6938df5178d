import type { CSSProperties, ReactNode } from 'react';
import { notApplicable } from '@/lib/format';
import type { ColumnLook } from './look';

/** The words at a chart's cursor: time, each column with its value, largest first, and their sum where they stack. */
export function ChartTip({
  title,
  step,
  point,
  looks,
  total,
  text,
  children,
}: {
  title: string;
  /** What the point stands for: `30 s mean`. */
  step?: string;
  point: Record<string, number | null> | undefined;
  looks: ColumnLook[];
  total: boolean;
  text: (value: number) => string;
  children?: ReactNode;
}) {
  const values = looks.map((look) => ({ look, value: point?.[look.column] ?? null }));
  const known = values.some(({ value }) => value !== null);
  const shown = values
    .filter(({ value }) => looks.length < 4 || (value !== null && value !== 0))
    .sort((a, b) => (b.value ?? -1) - (a.value ?? -1));
  return (
    <div className="chart-tip">
      <b>{title}</b>
      {step && <span className="muted"> {step}</span>}
      {known ? (
        <ul>
          {shown.map(({ look, value }) => (
            <li key={look.column}>
              <span className="swatch" style={{ '--series': look.color } as CSSProperties} />
              <span>{look.label}</span>
              <span className="number">{value === null ? notApplicable : text(value)}</span>
            </li>
          ))}
          {total && (
            <li>
              <span />
              <b>All</b>
              <b className="number">{text(values.reduce((sum, { value }) => sum + (value ?? 0), 0))}</b>
            </li>
          )}
        </ul>
      ) : (
        <p className="muted">No sample at this time.</p>
      )}
      {children}
    </div>
  );
}
