'use client';

import { type ReactNode, useState } from 'react';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { useRange } from '@/lib/client/url-state';
import { useSeries } from '@/lib/client/use-series';
import { type TopicView, useTopic } from '@/lib/client/use-topic';
import { clockMinutes } from '@/lib/format';
import { Panel } from '../ui/panel';
import type { ColumnLook, Limit } from './look';
import { chartSpan, restartWithin } from './summary';
import { TimeChart } from './time-chart';

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
  sentence,
  means,
  source,
  footer,
  link,
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
  sentence: (series: SeriesAnswer) => string;
  means?: ReactNode;
  /** Where the figures come from, where that is not all that the topic reads. */
  source?: ReactNode;
  footer?: ReactNode;
  link?: ReactNode;
}) {
  const [range] = useRange();
  const series = useSeries(view.server, id, range);
  const [table, setTable] = useState(false);
  const words = series ? sentence(series) : '\u00a0';
  const line = series && limit?.(series);
  const { since, from, to } = chartSpan(series, range);
  const server = useTopic(view.server, 'server').rows?.[0];
  const restart = restartWithin(series, server?.postmaster_start_time, from, to);
  return (
    <Panel
      title={title}
      sentence={words}
      // A chart keeps what it knows while its topic has no answer; the alert above it says so.
      view={view.rows || !series ? view : { ...view, rows: [] }}
      height={height}
      asTable={{ shown: table, toggle: () => setTable(!table) }}
      means={means}
      source={source}
      footer={footer ?? (since !== null && <span>recorded since {clockMinutes(new Date(since * 1000))}</span>)}
      link={link}
    >
      <TimeChart
        label={`${title}. ${words}${restart === undefined ? '' : ` The server was restarted at ${clockMinutes(new Date(restart * 1000))}.`}`}
        series={series}
        range={range}
        looks={looks}
        asTable={table}
        height={height}
        limit={line}
        restart={restart}
        {...(stacked !== undefined && { stacked })}
        {...(text && { text })}
        {...(unit && { unit })}
        {...(legend && { legend })}
      />
    </Panel>
  );
}
