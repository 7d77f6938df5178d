import type { Cost } from './cost';

/** A limit or an aim of one run, and whether it was met; each is a ratio within the run or a bound on a size. */
export type Verdict = { what: string; measured: string; limit: string; met: boolean };

/** Columns padded to their widest cell; the first is left-aligned, the rest are right-aligned. */
export function table(head: string[], rows: (string | number)[][]): string {
  const cells = [head, ...rows.map((row) => row.map(String))];
  const widths = head.map((_, at) => Math.max(...cells.map((row) => (row[at] ?? '').length)));
  const line = (row: string[]) =>
    row.map((cell, at) => (at === 0 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join('  ');
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...cells.slice(1).map(line)].join('\n');
}

export const megabytes = (bytes: number) => (bytes / 1024 / 1024).toFixed(1);
const times = (value: number, floor: number) => (floor > 0 ? `${(value / floor).toFixed(2)}×` : '–');
const ms = (value: number | null) => (value === null ? '–' : value.toFixed(value < 10 ? 2 : 1));

/** Part (a) as text. */
export function costText(cost: Cost): string {
  const floor = cost.watchers.find(({ viewers }) => viewers === null);
  if (!floor) return '';
  const rows = cost.watchers.map((watcher) => [
    watcher.watcher,
    watcher.statementsPerMinute.toFixed(0),
    ms(watcher.serverMsPerMinute),
    times(watcher.serverMsPerMinute, floor.serverMsPerMinute),
    ms(watcher.cpuMsPerMinute),
    times(watcher.cpuMsPerMinute, floor.cpuMsPerMinute),
    ((watcher.cpuMsPerMinute * 60) / 1000).toFixed(2),
    megabytes(watcher.memoryBytes),
    times(watcher.memoryBytes, floor.memoryBytes),
    megabytes(watcher.privateBytes),
    watcher.startCpuMs.toFixed(0),
  ]);
  const statements = cost.perStatement
    .filter(({ msPerMinute, floorMsPerMinute }) => msPerMinute > 0.05 || (floorMsPerMinute ?? 0) > 0.05)
    .map((row) => [
      row.statement,
      row.callsPerMinute.toFixed(1),
      row.floorCallsPerMinute?.toFixed(1) ?? '–',
      ms(row.msPerCall),
      ms(row.floorMsPerCall),
      row.floorMsPerCall ? times(row.msPerCall, row.floorMsPerCall) : '–',
      ms(row.msPerMinute),
      ms(row.floorMsPerMinute),
    ]);
  return [
    `(a) What watching costs: PostgreSQL ${cost.version}, ${cost.tables} tables, ${cost.statements} statements, over ${cost.windowSeconds} s side by side`,
    table(
      [
        '',
        'stmts/min',
        'server ms/min',
        '× floor',
        'CPU ms/min',
        '× floor',
        'CPU s/h',
        'memory MB',
        '× floor',
        'private MB',
        'start CPU ms',
      ],
      rows,
    ),
    '',
    'Statement by statement, pgdeck with one viewer beside the floor',
    table(['', 'calls/min', 'floor', 'ms/call', 'floor', '×', 'ms/min', 'floor'], statements),
    ...(cost.errors.length > 0 ? ['', `Errors: ${[...new Set(cost.errors)].slice(0, 5).join(' · ')}`] : []),
  ].join('\n');
}

/** The limits of part (a): at most 1.5 × the floor, 100 viewers at most 1.1 × one, memory at most 2 × the floor's. */
export function costVerdicts(cost: Cost): Verdict[] {
  const floor = cost.watchers.find(({ viewers }) => viewers === null);
  const one = cost.watchers.find(({ viewers }) => viewers === 1);
  const hundred = cost.watchers.find(({ viewers }) => viewers === 100);
  if (!floor || !one || !hundred) return [];
  const where = `on ${cost.tables} tables`;
  const ratio = (what: string, value: number, base: number, limit: number): Verdict => ({
    what: `${what} ${where}`,
    measured: times(value, base),
    limit: `≤ ${limit}×`,
    met: base > 0 && value / base <= limit,
  });
  return [
    ratio('server time beside the floor', one.serverMsPerMinute, floor.serverMsPerMinute, 1.5),
    ratio('CPU beside the floor', one.cpuMsPerMinute, floor.cpuMsPerMinute, 1.5),
    ratio('memory beside the floor', one.memoryBytes, floor.memoryBytes, 2),
    ratio('CPU with 100 viewers beside one', hundred.cpuMsPerMinute, one.cpuMsPerMinute, 1.1),
    ratio('statements with 100 viewers beside one', hundred.statementsPerMinute, one.statementsPerMinute, 1.1),
  ];
}
