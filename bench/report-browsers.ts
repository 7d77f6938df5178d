import type { Browsers, CrowdCost } from './browsers';
import { megabytes, table, type Verdict } from './report';

const named = ({ browsers }: CrowdCost) => `${browsers} browser${browsers === 1 ? '' : 's'}`;
const ms = (value: number | null) => value?.toFixed(1) ?? '–';
const percent = (share: number) => `${(share * 100).toFixed(0)} %`;

/** Part (f) as text. */
export function browsersText({ tables, memoryAtStart, crowds, scrape }: Browsers): string {
  const slowest = crowds.at(-1)?.byPath.slice(0, 5) ?? [];
  return [
    `(f) Browsers with the Overview and Sessions open, ${tables} tables, ${crowds[0]?.seconds.toFixed(0)} s each`,
    table(
      ['', 'requests/s', 'p50 ms', 'p95 ms', 'p99 ms', 'longest', 'p95 while they come', 'errors', '304', 'KB/s'],
      crowds.map((row) => [
        named(row),
        (row.requests / row.seconds).toFixed(1),
        row.p50.toFixed(1),
        row.p95.toFixed(1),
        row.p99.toFixed(1),
        row.longest.toFixed(0),
        row.arrivalP95.toFixed(0),
        row.errors,
        percent(row.unchanged / Math.max(1, row.requests)),
        (row.bytes / row.seconds / 1024).toFixed(0),
      ]),
    ),
    table(
      [
        'pgdeck',
        'CPU',
        'CPU ms each',
        'memory MB',
        'loop late p50 ms',
        'p99 ms',
        'from memory',
        'statements',
        'browsers: CPU',
        'late p99 ms',
      ],
      crowds.map((row) => [
        named(row),
        percent(row.cpuShare),
        ((row.cpuShare * row.whole.seconds * 1000) / Math.max(1, row.whole.requests)).toFixed(2),
        megabytes(row.memoryBytes),
        ms(row.latenessP50),
        ms(row.latenessP99),
        `${(row.hitRate * 100).toFixed(2)} %`,
        `${row.statements}${row.more.length > 0 ? ` (more: ${row.more.join(', ')})` : ''}`,
        percent(row.own.cpuShare),
        ms(row.own.latenessP99),
      ]),
    ),
    `Memory before: ${megabytes(memoryAtStart)} MB. Slowest with ${crowds.at(-1)?.browsers}: ${slowest
      .map(({ path, p95 }) => `${path.replace('/api/servers/default/', '')} ${p95.toFixed(0)} ms`)
      .join(', ')}`,
    ...crowds.filter(({ errors }) => errors > 0).map((row) => `Errors of ${named(row)}: ${row.errorTexts.join('; ')}`),
    scrape
      ? `A scrape of /metrics: p50 ${ms(scrape.p50)} ms, p95 ${ms(scrape.p95)} ms, ${scrape.kilobytes.toFixed(0)} KB, CPU ${ms(scrape.cpuMs)} ms, ${scrape.more.length === 0 ? 'no statement more' : `statements more: ${scrape.more.join(', ')}`}`
      : '/metrics does not answer.',
  ].join('\n');
}

/** The aims of part (f). */
export function browsersVerdicts({ crowds, scrape }: Browsers): Verdict[] {
  return [
    ...crowds.flatMap((row) => {
      const limit = row.browsers === 1 ? undefined : row.browsers <= 100 ? 100 : 500;
      const verdicts: Verdict[] = [
        { what: `errors with ${named(row)}`, measured: String(row.errors), limit: '0', met: row.errors === 0 },
      ];
      if (limit !== undefined)
        verdicts.push(
          {
            what: `p95 with ${named(row)}`,
            measured: `${row.p95.toFixed(0)} ms`,
            limit: `< ${limit} ms`,
            met: row.p95 < limit,
          },
          {
            what: `statements more than with one, ${named(row)}`,
            measured: row.more.length === 0 ? 'none' : row.more.join(', '),
            limit: 'none',
            met: row.more.length === 0,
          },
        );
      return verdicts;
    }),
    {
      what: 'a scrape of /metrics, p95',
      measured: scrape ? `${scrape.p95.toFixed(0)} ms` : 'no answer',
      limit: '< 50 ms',
      met: scrape !== null && scrape.p95 < 50,
    },
    {
      what: 'statements more because of scrapes',
      measured: scrape && scrape.more.length === 0 ? 'none' : (scrape?.more.join(', ') ?? 'no answer'),
      limit: 'none',
      met: scrape !== null && scrape.more.length === 0,
    },
  ];
}
