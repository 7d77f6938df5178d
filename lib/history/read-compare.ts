import type { CompareAnswer, ComparedRow, ComparedTopic, Figures, Window } from './answers';
import { keyedTables, type LevelTable, loadTables, planSpan, type Range, type Reach, spanSeconds } from './levels';
import { loadQuestion } from './load-filter';
import { type KeyedSums, sumKeyed } from './read-keyed';
import { loadSeconds } from './read-load';
import { describeStatements } from './read-top';
import type { Reader } from './reader';
import { otherKey } from './recordings';
import { timeChange } from './time-change';

const mostRows = 100;

/** Two windows of a server side by side; rows with the greatest change first. */
export async function readCompare(
  reader: Reader,
  server: number,
  topic: ComparedTopic,
  a: Range,
  b: Range,
): Promise<CompareAnswer> {
  const reach = await reader.reach();
  if (topic === 'load') return compareLoad(reader, server, a, b, reach);
  const id = topic === 'tables' ? 'table' : 'statement';
  // The same level for both: of hours only the greatest rows are kept.
  const least = commonSeconds(keyedTables(id), a, b, reach);
  const [before, after] = await Promise.all([
    sumKeyed(reader, server, id, a, { reach, least }),
    sumKeyed(reader, server, id, b, { reach, least }),
  ]);
  const known = before.seconds > 0 && after.seconds > 0;
  const keys = [...new Set([...before.rows.keys(), ...after.rows.keys()])].filter((key) => key !== otherKey);
  const compared = keys.map((key): ComparedRow => {
    const [was, is] = [before.rows.get(key) ?? null, after.rows.get(key) ?? null];
    const row: ComparedRow = { key, label: null, a: was, b: is };
    if (id === 'statement' && known)
      row.time = timeChange({ figures: was, seconds: before.seconds }, { figures: is, seconds: after.seconds });
    return row;
  });
  const weight = (row: ComparedRow) =>
    row.time ? Math.abs(row.time.total) : Math.abs(work(id, row.b, after.seconds) - work(id, row.a, before.seconds));
  const rows = compared.sort((x, y) => weight(y) - weight(x)).slice(0, mostRows);
  const listed = new Set(rows.map(({ key }) => key));
  const window = (sums: KeyedSums): Window => windowOf(sums, id, listed);
  return {
    topic,
    a: window(before),
    b: window(after),
    rows: await (id === 'statement' ? withStatements : withRelations)(reader, server, rows),
    source: after.source,
  };
}

/** The rows that both windows are added up from: the coarser of the two. */
function commonSeconds(tables: LevelTable[], a: Range, b: Range, reach: Reach): number {
  return Math.max(...[a, b].map((range) => spanSeconds(tables, range, reach)));
}

/** By what rows are put in order: time of a statement, rows that a table's readers and writers touched; per second. */
function work(id: 'statement' | 'table', figures: Figures | null, seconds: number): number {
  const names =
    id === 'statement'
      ? ['total_exec_time', 'total_plan_time']
      : ['seq_tup_read', 'idx_tup_fetch', 'n_tup_ins', 'n_tup_upd', 'n_tup_del'];
  return seconds > 0 ? names.reduce((sum, name) => sum + (figures?.[name] ?? 0), 0) / seconds : 0;
}

function windowOf(sums: KeyedSums, id: 'statement' | 'table', listed: Set<string>): Window {
  let [total, shown] = [0, 0];
  if (id === 'statement')
    for (const [key, figures] of sums.rows) {
      const time = work(id, figures, 1);
      total += time;
      if (listed.has(key)) shown += time;
    }
  return {
    from: sums.first,
    to: sums.end,
    coveredSeconds: sums.seconds,
    total,
    listedShare: id === 'statement' && total > 0 ? shown / total : null,
    ...(sums.rows.has(otherKey) && { folded: true }),
  };
}

async function withStatements(reader: Reader, server: number, rows: ComparedRow[]): Promise<ComparedRow[]> {
  const told = await describeStatements(
    reader,
    server,
    rows.map(({ key }) => key),
  );
  return rows.map((row) => ({ ...row, ...told.get(row.key) }));
}

async function withRelations(reader: Reader, server: number, rows: ComparedRow[]): Promise<ComparedRow[]> {
  const told = await reader.rows<{ rid: string; datname: string; schemaname: string; relname: string }>(
    `select /* pgdeck:read */ r.rid::text as rid, r.datname, r.schemaname, r.relname
from pgdeck.relation as r where r.server_id = $1::int4 and r.rid = any ($2::int8[])`,
    [server, rows.map(({ key }) => key)],
  );
  const byId = new Map(told.map(({ rid, ...row }) => [rid, { ...row, label: `${row.schemaname}.${row.relname}` }]));
  return rows.map((row) => ({ ...row, ...byId.get(row.key) }));
}

async function compareLoad(reader: Reader, server: number, a: Range, b: Range, reach: Reach): Promise<CompareAnswer> {
  const question = await loadQuestion(reader, 'wait', []);
  const least = commonSeconds(loadTables.wait, a, b, reach);
  const words = await reader.waits();
  const side = async (range: Range) => {
    const plan = planSpan(loadTables.wait, range, reach, least);
    const rows = await loadSeconds(reader, server, question, plan.pieces, { wait: 'wait' });
    const byWait = new Map<string, number>();
    let [covered, total] = [0, 0];
    for (const [, , wait, seconds, coveredOf] of rows) {
      covered += coveredOf ?? 0;
      if (seconds === null) continue;
      const word = words.get(wait ?? 0) ?? 'unknown';
      byWait.set(word, (byWait.get(word) ?? 0) + seconds);
      total += seconds;
    }
    const window: Window = {
      from: plan.first,
      to: plan.end,
      coveredSeconds: covered,
      total: total * 1000,
      listedShare: null,
    };
    return { window, byWait, covered, source: plan.source };
  };
  const [before, after] = await Promise.all([side(a), side(b)]);
  const figures = (of: typeof before, wait: string): Figures | null => {
    const seconds = of.byWait.get(wait);
    return seconds === undefined || of.covered === 0 ? null : { seconds, load: seconds / of.covered };
  };
  const rows = [...new Set([...before.byWait.keys(), ...after.byWait.keys()])].map(
    (wait): ComparedRow => ({ key: wait, label: wait, a: figures(before, wait), b: figures(after, wait) }),
  );
  const weight = ({ a: was, b: is }: ComparedRow) => Math.abs((is?.load ?? 0) - (was?.load ?? 0));
  return {
    topic: 'load',
    a: before.window,
    b: after.window,
    rows: rows.sort((x, y) => weight(y) - weight(x)),
    source: after.source,
  };
}
