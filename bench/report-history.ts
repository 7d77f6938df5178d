import { type HistoryFigures, spans } from './history';
import { megabytes, table, type Verdict } from './report';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const kilobytes = (bytes: number) => (bytes / 1024).toFixed(0);
const spanWords = spans.map((seconds) => (seconds < 3600 ? `${seconds / 60} min` : `${Math.ceil(seconds / 86_400)} d`));

function perDay({ stored }: HistoryFigures, tier: string): number {
  return stored.filter((each) => each.tier === tier).reduce((sum, { bytesPerDay }) => sum + bytesPerDay, 0);
}

/** What a year of the heavy server takes: two days of samples, fourteen of minutes, the rest in hours. */
const yearBytes = (figures: HistoryFigures) =>
  2 * perDay(figures, 'raw') + 14 * perDay(figures, 'minute') + 365 * perDay(figures, 'hour');

/** Part (e) as text. */
export function historyText(figures: HistoryFigures): string {
  const { ingest, memory } = figures;
  return [
    `(e) The history store: ${figures.servers} servers, the first one heavy, 2 days of samples, 14 of minutes, 400 of hours, made in ${figures.generateSeconds.toFixed(0)} s`,
    table(
      ['A day of the heavy server', 'KB'],
      figures.stored.map((each) => [each.table, kilobytes(each.bytesPerDay)]),
    ),
    `Samples ${megabytes(perDay(figures, 'raw'))} MB a day, minutes ${megabytes(perDay(figures, 'minute'))}, hours ${megabytes(perDay(figures, 'hour'))}; a year in all ${megabytes(yearBytes(figures))} MB`,
    table(
      ['Read, ms (best of five)', ...spanWords],
      figures.reads.map(({ what, ms }) => [what, ...ms.map((each) => each.toFixed(0))]),
    ),
    `Writing what ${ingest.servers} heavy servers tell, ${ingest.seconds.toFixed(0)} s at their own pace: ${percent(ingest.nodeShare)} of a processor in pgdeck, ${percent(ingest.postgresShare)} in PostgreSQL; event loop late by ${ingest.late.p50.toFixed(1)} ms (median), ${ingest.late.p99.toFixed(1)} ms (p99), ${ingest.late.most.toFixed(0)} ms (most)`,
    `The store is ready ${figures.restartMs.toFixed(0)} ms after its start. Memory: pgdeck ${megabytes(memory.app)} MB, its PostgreSQL ${megabytes(memory.postgres)} MB`,
  ].join('\n\n');
}

/** The aims of part (e). */
export function historyVerdicts(figures: HistoryFigures): Verdict[] {
  const { ingest, memory, reads } = figures;
  const bounded = (what: string, value: number, most: number, text: (value: number) => string): Verdict => ({
    what,
    measured: text(value),
    limit: `< ${text(most)}`,
    met: value < most,
  });
  const ms = (value: number) => `${value.toFixed(0)} ms`;
  const size = (value: number) => `${megabytes(value)} MB`;
  const mb = 1024 * 1024;
  // Charts; a table of statements over a year is read once, not polled.
  const charts = reads.filter(({ what }) => /^(connections|load|one statement)/.test(what));
  return [
    bounded(
      `history of ${ingest.servers} servers, pgdeck's and PostgreSQL's CPU`,
      ingest.nodeShare + ingest.postgresShare,
      0.2,
      percent,
    ),
    bounded('event loop late while it is written, p99', ingest.late.p99, 50, ms),
    bounded('a day of samples of a heavy server', perDay(figures, 'raw'), 60 * mb, size),
    bounded('a year of a heavy server', yearBytes(figures), 500 * mb, size),
    ...spanWords.map((span, at) =>
      bounded(`slowest chart over ${span}`, Math.max(...charts.map(({ ms: times }) => times[at] ?? 0)), 200, ms),
    ),
    bounded('the store is ready again', figures.restartMs, 3000, ms),
    bounded('memory of pgdeck and its history', memory.app + memory.postgres, 400 * mb, size),
  ];
}
