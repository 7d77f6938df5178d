'use client';

import { useQuery } from '@tanstack/react-query';
import { useInterval } from './live';
import { type Range, seriesQuery } from './queries';
import { paceSeconds } from './range';
import type { SeriesAnswer } from './shapes';

/** A chart's points over a range; undefined before the first answer, the last ones while pgdeck does not answer. */
export function useSeries(server: string, series: string, range: Range): SeriesAnswer | undefined {
  const options = seriesQuery(server, series, range);
  const interval = useInterval(paceSeconds(range) * 1000);
  return useQuery({ ...options, refetchInterval: 'last' in range && interval }).data;
}
