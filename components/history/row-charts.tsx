'use client';

import './row-charts.css';
import { useMemo } from 'react';
import { ChartMenu } from '@/components/charts/chart-menu';
import type { ColumnLook } from '@/components/charts/look';
import { TimeChart } from '@/components/charts/time-chart';
import { stepText } from '@/components/charts/time-ticks';
import { Asked } from '@/components/ui/asked';
import { type SeriesOf, seriesOfQuery } from '@/lib/client/history-queries';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { useRange } from '@/lib/client/url-state';
import { useAsked } from '@/lib/client/use-asked';
import { figureSentence } from './derived';

/** One small chart of a row: what it draws of the row's series, and how a value is printed. */
export type RowChart = {
  title: string;
  of: (series: SeriesAnswer) => SeriesAnswer;
  looks: ColumnLook[];
  text: (value: number) => string;
  unit?: 'number' | 'count' | 'bytes';
};

const height = 120;

/** What an opened row did over the page's time: a few small charts of one series of the history. */
export function RowCharts({
  server,
  series,
  of,
  charts,
}: {
  server: string;
  series: string;
  of: SeriesOf;
  charts: RowChart[];
}) {
  const [range] = useRange();
  const query = useAsked(seriesOfQuery(server, series, range, of));
  return (
    <div className="row-charts">
      <Asked query={query} height={height} flush>
        {(answer) => (
          <>
            <div className="row-charts-head">
              <span className="muted">{stepText(answer.step)} steps</span>
              <ChartMenu title="Its history" server={server} series={series} of={of} step={answer.step} />
            </div>
            <div className="row-charts-grid">
              {charts.map((chart) => (
                <Small key={chart.title} chart={chart} answer={answer} />
              ))}
            </div>
          </>
        )}
      </Asked>
    </div>
  );
}

function Small({ chart, answer }: { chart: RowChart; answer: SeriesAnswer }) {
  const [range] = useRange();
  const series = useMemo(() => chart.of(answer), [chart, answer]);
  const words = figureSentence(
    series,
    chart.looks.map(({ column }) => column),
    chart.text,
  );
  return (
    <section aria-label={chart.title}>
      <h3>{chart.title}</h3>
      <p className="soft">{words}</p>
      <div>
        <TimeChart
          label={`${chart.title}. ${words}`}
          series={series}
          range={range}
          looks={chart.looks}
          stacked={chart.looks.length > 1}
          text={chart.text}
          height={height}
          {...(chart.unit && { unit: chart.unit })}
        />
      </div>
    </section>
  );
}
