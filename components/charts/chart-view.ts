import type { SeriesAnswer } from '@/lib/client/shapes';
import type { TopicView } from '@/lib/client/use-topic';

/**
 * What tells age and trouble of a chart: a chart keeps what it knows while its topic has no answer (the alert above it
 * says so), and on a page of the past the topic's own moment says nothing of it.
 */
export function chartView<R>(view: TopicView<R>, series: SeriesAnswer | undefined, past: boolean): TopicView<R> {
  if (past) return { ...view, rows: series ? [] : undefined, answer: undefined, sampledAt: undefined };
  return view.rows || !series ? view : { ...view, rows: [] };
}
