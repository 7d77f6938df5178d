import type { FirstLoad } from './first-load';
import type { Memory } from './memory';
import type { Readers } from './readers';
import { megabytes, table, type Verdict } from './report';

const kilobytes = (bytes: number) => (bytes / 1024).toFixed(0);

/** Part (b) as text. */
export function readersText(result: Readers): string {
  return [
    `(b) Readers of the topic API over HTTP, ${result.tables} tables, ${result.windowSeconds} s each`,
    table(
      ['', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'errors', 'KB each', 'CPU ms each'],
      result.latencies.map((row) => [
        `${row.readers} reader${row.readers === 1 ? '' : 's'}, ${row.rhythm}`,
        row.requestsPerSecond.toFixed(0),
        row.p50.toFixed(1),
        row.p95.toFixed(1),
        row.p99.toFixed(1),
        row.errors,
        row.kilobytesPerRequest.toFixed(1),
        ((row.appCpuShare * 1000) / row.requestsPerSecond).toFixed(2),
      ]),
    ),
    `Statements on the watched server: ${result.statements.oneReader} with one reader, ${result.statements.hundredReaders} with a hundred${
      result.statements.more.length > 0 ? ` (more: ${result.statements.more.join(', ')})` : ''
    }`,
  ].join('\n');
}

/** The limits of part (b). */
export function readersVerdicts(result: Readers): Verdict[] {
  const where = `on ${result.tables} tables`;
  const errors = result.latencies.reduce((sum, row) => sum + row.errors, 0);
  return [
    ...result.latencies
      .filter(({ readers }) => readers === 100)
      .map((row) => ({
        what: `p95 of 100 readers ${row.rhythm} ${where}`,
        measured: `${row.p95.toFixed(0)} ms`,
        limit: '< 100 ms',
        met: row.p95 < 100,
      })),
    { what: `errors of all reads ${where}`, measured: String(errors), limit: '0', met: errors === 0 },
    {
      what: `statements more with 100 readers ${where}`,
      measured: result.statements.more.length === 0 ? 'none' : result.statements.more.join(', '),
      limit: 'none',
      met: result.statements.more.length === 0,
    },
  ];
}

/** Part (c) as text. */
export function memoryText(results: Memory[]): string {
  return [
    `(c) Memory of the application after ${results[0]?.hours.toFixed(1) ?? 1} h of sampling at sixty times the pace, MB`,
    table(
      ['', 'at start', 'at the end', 'peak', 'statements asked', 'every 5 s'],
      results.map((row) => [
        `${row.tables} tables`,
        megabytes(row.atStart),
        megabytes(row.atEnd),
        megabytes(row.peak),
        row.askings,
        row.readings.map((bytes) => (bytes / 1024 / 1024).toFixed(0)).join(' '),
      ]),
    ),
  ].join('\n');
}

/** The aim of part (c). */
export function memoryVerdicts(results: Memory[]): Verdict[] {
  return results.map((row) => ({
    what: `memory of the app after ${row.hours.toFixed(1)} h on ${row.tables} tables`,
    measured: `${megabytes(row.atEnd)} MB`,
    limit: '< 300 MB',
    met: row.atEnd < 300 * 1024 * 1024,
  }));
}

/** Part (d) as text. */
export function firstLoadText(loads: FirstLoad[]): string {
  return [
    '(d) Scripts of each page before anything is loaded lazily, KB',
    table(
      ['', 'scripts', 'compressed', 'uncompressed'],
      loads.map((row) => [row.page, row.scripts, kilobytes(row.compressed), kilobytes(row.uncompressed)]),
    ),
  ].join('\n');
}

/** The aim of part (d). */
export function firstLoadVerdicts(loads: FirstLoad[]): Verdict[] {
  const [largest] = loads;
  if (!largest) return [];
  return [
    {
      what: `first-load JavaScript of the largest page (${largest.page})`,
      measured: `${kilobytes(largest.compressed)} KB`,
      limit: '< 200 KB',
      met: largest.compressed < 200 * 1024,
    },
  ];
}
