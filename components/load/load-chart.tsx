'use client';

import { useState } from 'react';
import { ChartMenu, ZoomHint } from '@/components/charts/chart-menu';
import { chartView } from '@/components/charts/chart-view';
import { waitLooks } from '@/components/charts/look';
import { chipRoom, TimeChart } from '@/components/charts/time-chart';
import { stepText } from '@/components/charts/time-ticks';
import { Note } from '@/components/ui/note';
import { Panel } from '@/components/ui/panel';
import { Segmented } from '@/components/ui/segmented';
import { seriesOfQuery } from '@/lib/client/history-queries';
import { usePageTime } from '@/lib/client/page-time';
import { useRange } from '@/lib/client/url-state';
import { useAsked } from '@/lib/client/use-asked';
import type { TopicView } from '@/lib/client/use-topic';
import { exact } from '@/lib/format';
import type { LoadFilter } from './filters';
import { eventLooks } from './looks';
import { loadSentence, loadText } from './summary';
import type { Stack } from './use-load';

const height = 290;

/** Average active sessions over the page's time, stacked by wait class or event, with the processors as a line. */
export function LoadChart({
  view,
  stack,
  onStack,
  asked,
  onClass,
}: {
  view: TopicView;
  stack: Stack;
  onStack: (stack: Stack) => void;
  asked: string;
  onClass: (filter: LoadFilter) => void;
}) {
  const [range] = useRange();
  const past = usePageTime().at !== null;
  const [table, setTable] = useState(false);
  const query = useAsked(seriesOfQuery(view.server, 'load', range, { by: stack, filter: asked }));
  const series = query.data;
  const words = series ? loadSentence(series, 'last' in range) : '\u00a0';
  const looks = stack === 'class' ? waitLooks : eventLooks(series);
  const cpus = series?.cpus ?? null;
  return (
    <Panel
      title="Average active sessions"
      sentence={words}
      view={chartView(view, series, past)}
      height={height + chipRoom}
      tools={
        <ChartMenu
          title="Average active sessions"
          server={view.server}
          series="load"
          of={{ by: stack, filter: asked }}
          step={series?.step}
        />
      }
      asTable={{ shown: table, toggle: () => setTable(!table) }}
      means="Sessions that were active or waited, sampled each second while there is something to see: CPU is active without a wait event. pgdeck's own are left out."
      source="pg_stat_activity"
      cadence="1 s to 5 s samples"
      footer={
        <>
          {series && <span>{stepText(series.step)} mean</span>}
          {series && cpus === null && (
            <span>No CPU line: set PGDECK_CPUS, or cpus in pgdeck.config.json, to the server's processors.</span>
          )}
        </>
      }
      link={<ZoomHint />}
    >
      <div className="load-tools">
        <Segmented<Stack>
          label="Stacked by"
          segments={[
            { value: 'class', label: 'Wait class' },
            { value: 'wait', label: 'Wait event' },
          ]}
          value={stack}
          onChange={onStack}
        />
      </div>
      {query.failureReason && (
        <Note state="warning">
          <p>
            <b>{series ? 'Not updated.' : 'Not known.'}</b> {query.failureReason.message} It is asked again by itself.
          </p>
        </Note>
      )}
      <TimeChart
        label={`Average active sessions. ${words}`}
        series={series}
        range={range}
        looks={looks}
        stacked
        asTable={table}
        height={height}
        text={loadText}
        legend="beside"
        {...(cpus !== null && { limit: { value: cpus, label: `${exact(cpus)} vCPU` } })}
        {...(stack === 'class' && { onChoose: (column: string) => onClass({ by: 'class', value: column }) })}
      />
    </Panel>
  );
}
