'use client';

import { type ReactNode, useState } from 'react';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { useRange } from '@/lib/client/url-state';
import { useSeries } from '@/lib/client/use-series';
import type { TopicView } from '@/lib/client/use-topic';
import { figure } from '@/lib/format';
import { Panel } from '../ui/panel';
import { ChartMenu, ZoomHint } from './chart-menu';
import { chartView } from './chart-view';
import type { ColumnLook, Limit } from './look';
import { chartSpan, pastSentence } from './summary';
import { chipRoom, TimeChart } from './time-chart';
import { momentText } from './time-ticks';

/**
 * A panel with one series over the page's time range. `sentence` is made from its points (`series` undefined: not there
 * yet); the `view` is the topic that the series is taken from: it tells age, source, SQL and trouble.
 */
export function ChartPanel<R>({
  title,
  series: id,
  view,
  looks,
  stacked,
  limit,
  text,
  unit,
  height = 150,
  legend,
  folded,
  sentence,
  means,
  source,
  footer,
  link,
  alerts,
}: {
  title: string;
  series: string;
  view: TopicView<R>;
  looks: ColumnLook[];
  stacked?: boolean;
  limit?: (series: SeriesAnswer) => Limit | undefined;
  text?: (value: number) => string;
  unit?: 'number' | 'count' | 'bytes';
  height?: number;
  legend?: 'below' | 'beside' | 'none';
  /** How samples became a point; without it their mean. */
  folded?: 'mean' | 'most';
  /** Of a range up to now; one that has passed has a sentence of its own, in which nothing is "now". */
  sentence: (series: SeriesAnswer) => string;
  means?: ReactNode;
  /** Where the figures come from, where that is not all that the topic reads. */
  source?: ReactNode;
  footer?: ReactNode;
  link?: ReactNode;
  /** False: another panel of the page already says that figures are old or partial. */
  alerts?: boolean;
}) {
  const [range] = useRange();
  const series = useSeries(view.server, id, range);
  const columns = looks.map(({ column }) => column);
  const past = (given: SeriesAnswer) => pastSentence(given, columns, text ?? figure, folded);
  const [table, setTable] = useState(false);
  const words = series ? ('last' in range ? sentence(series) : past(series)) : '\u00a0';
  const line = series && limit?.(series);
  const { since } = chartSpan(series, range);
  return (
    <Panel
      title={title}
      sentence={words}
      view={chartView(view, series, view.at !== null)}
      height={height + chipRoom}
      tools={<ChartMenu title={title} server={view.server} series={id} step={series?.step} />}
      asTable={{ shown: table, toggle: () => setTable(!table) }}
      means={means}
      source={source}
      footer={
        footer ?? (since !== null && <span>recorded since {momentText(since, Date.now() / 1000 - since, 60)}</span>)
      }
      link={link ?? <ZoomHint />}
      {...(alerts !== undefined && { alerts })}
    >
      <TimeChart
        label={`${title}. ${words}`}
        series={series}
        range={range}
        looks={looks}
        asTable={table}
        height={height}
        limit={line}
        {...(stacked !== undefined && { stacked })}
        {...(text && { text })}
        {...(unit && { unit })}
        {...(legend && { legend })}
        {...(folded && { folded })}
      />
    </Panel>
  );
}
