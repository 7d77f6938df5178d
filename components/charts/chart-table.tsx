import type { SeriesAnswer } from '@/lib/client/shapes';
import type { ColumnLook } from './look';
import { momentText } from './time-ticks';

/** The same rows as the chart, newest first. */
export function ChartTable({
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
  const span = series.points.length * series.step;
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
              <th scope="row">{momentText(point[0] ?? 0, span, series.step)}</th>
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
