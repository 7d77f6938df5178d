import { waitClasses } from '@/lib/topics/connections';
import type { LoadBy, Source } from './answers';
import { type LevelTable, loadTables, type Plan, planPoints, type Range, type Reach } from './levels';
import { dimensionsOf, type LoadFilter, type LoadQuestion, loadQuestion } from './load-filter';
import { type Group, loadStatement } from './load-sql';
import { type Points, toPoints } from './points';
import type { Reader } from './reader';
import { restKey } from './roll-up';

/** A row of `loadStatement`. */
export type LoadSeconds = [
  bucket: number | null,
  key: string | null,
  wait: number | null,
  seconds: number | null,
  covered: number | null,
];

/** How many keys are told apart in a chart; all others are `other`. */
const mostKeys = 9;

/** A combination that only samples can answer, over a time whose samples are gone: a sentence. */
export class NotCombined extends Error {}

/** The tables that can answer a question: roll-ups know one dimension at a time. */
export function tablesFor(question: LoadQuestion, range: Range, reach: Reach, rawDays: number): LevelTable[] {
  const wanted = dimensionsOf(question);
  if (wanted.length === 0) return loadTables.wait;
  if (wanted.length === 1 && !question.oneWait) return loadTables.slice;
  if (wanted.length === 1) {
    // Hours of a slice know classes of waits only: one event of them would look as if it had not been.
    if (range.from < reach.kept.minute)
      throw new NotCombined(
        'Longer ago than ten minutes are kept, load is kept by single wait events or by anything else, not by both. Narrow it to the class of the wait, or take a shorter range.',
      );
    return loadTables.slice.slice(0, 2);
  }
  if (range.from < reach.kept.raw)
    throw new NotCombined(
      `Samples are kept for ${rawDays} days; before, load is kept by ${wanted.join(' or ')}, not by both. Take one of them away, or a range within the last ${rawDays} days.`,
    );
  return loadTables.slice.slice(0, 1);
}

/** Every piece of a plan, asked at once. */
export async function loadSeconds(
  reader: Reader,
  server: number,
  question: LoadQuestion,
  pieces: Plan['pieces'],
  group: { key?: Group; wait?: 'class' | 'wait' },
  step?: number,
): Promise<LoadSeconds[]> {
  const { by, waits, keys } = question;
  const asked = JSON.stringify([server, by, waits, keys, pieces, group, step]);
  return reader.once(`load ${asked}`, async () => {
    const answers = pieces.map((piece) => {
      const { text, values } = loadStatement(piece, server, question, group, step);
      return reader.json<LoadSeconds>(text, values);
    });
    return (await Promise.all(answers)).flat();
  });
}

/** The words of keys of a dimension as they are answered: names; ids of statements stay what they are. */
export async function keyWords(reader: Reader, by: LoadBy, keys: Iterable<string>): Promise<(key: string) => string> {
  if (by === 'statement' || by === 'class') return (key) => key;
  const words = await reader.words([...keys].map(Number));
  return (key) => words.get(Number(key)) ?? '';
}

/** Load over time: average active sessions by wait class, or by the nine greatest of something else and all others. */
export async function readLoad(
  reader: Reader,
  server: number,
  by: LoadBy,
  filters: LoadFilter[],
  range: Range,
): Promise<{ step: number; columns: string[]; points: Points; source: Source; labels: Record<string, string> }> {
  const question = await loadQuestion(reader, by, filters);
  const reach = await reader.reach();
  const plan = planPoints(tablesFor(question, range, reach, reader.rawDays), range, reach);
  const ask = (group: Parameters<typeof loadSeconds>[4], step?: number) =>
    loadSeconds(reader, server, question, plan.pieces, group, step);
  const { columns, columnOf, rows } = await columnsOf(reader, by, ask, plan.step);

  const sums = new Map<number, { covered: number; seconds: number[] }>();
  for (const [bucket, key, wait, seconds, covered] of rows) {
    let sum = sums.get(bucket ?? 0);
    if (!sum) {
      sum = { covered: 0, seconds: columns.map(() => 0) };
      sums.set(bucket ?? 0, sum);
    }
    sum.covered += covered ?? 0;
    const column = seconds === null ? -1 : columnOf(key, wait);
    if (column >= 0) sum.seconds[column] = (sum.seconds[column] ?? 0) + (seconds ?? 0);
  }
  const points = toPoints(plan, columns.length, reach.now, (bucket) => {
    const sum = sums.get(bucket);
    return sum && sum.covered > 0 ? sum.seconds.map((seconds) => seconds / sum.covered) : undefined;
  });
  const labels = by === 'statement' ? await statementTexts(reader, server, columns) : {};
  return { step: plan.step, columns, points, source: plan.source, labels };
}

type Columns = {
  columns: string[];
  columnOf: (key: string | null, wait: number | null) => number;
  rows: LoadSeconds[];
};

async function columnsOf(
  reader: Reader,
  by: LoadBy,
  ask: (group: { key?: Group; wait?: 'class' | 'wait' }, step?: number) => Promise<LoadSeconds[]>,
  step: number,
): Promise<Columns> {
  if (by === 'class')
    return {
      columns: [...waitClasses],
      columnOf: (_, wait) => wait ?? -1,
      rows: await ask({ wait: 'class' }, step),
    };
  if (by === 'wait') {
    const rows = await ask({ wait: 'wait' }, step);
    const greatest = greatestOf(rows.map(([, , wait, seconds]) => [String(wait), seconds]));
    const words = await reader.waits();
    return {
      columns: [...greatest.map((id) => words.get(Number(id)) ?? 'unknown'), 'other'],
      columnOf: (_, wait) => placeOf(greatest, String(wait)),
      rows,
    };
  }
  const totals = await ask({ key: 'key' });
  const greatest = greatestOf(totals.flatMap(([, key, , seconds]) => (key === restKey ? [] : [[key, seconds]])));
  const word = await keyWords(reader, by, greatest);
  return {
    columns: [...greatest.map(word), 'other'],
    columnOf: (key) => placeOf(greatest, key ?? ''),
    rows: await ask({ key: { only: greatest } }, step),
  };
}

/** The keys with most seconds, greatest first. */
function greatestOf(rows: (string | number | null)[][]): string[] {
  const sums = new Map<string, number>();
  for (const [key, seconds] of rows)
    if (typeof key === 'string' && typeof seconds === 'number') sums.set(key, (sums.get(key) ?? 0) + seconds);
  return [...sums]
    .sort((a, b) => b[1] - a[1])
    .slice(0, mostKeys)
    .map(([key]) => key);
}

/** The column of a key, the last one for all that have none. */
const placeOf = (greatest: string[], key: string) => {
  const at = greatest.indexOf(key);
  return at < 0 ? greatest.length : at;
};

/** Texts of statements by their ids, where they are known. */
export async function statementTexts(reader: Reader, server: number, ids: string[]): Promise<Record<string, string>> {
  const rows = await reader.rows<{ sid: string; query: string }>(
    `select /* pgdeck:read */ s.sid::text as sid, s.query from pgdeck.statement as s
where s.server_id = $1::int4 and s.sid = any ($2::int8[]) and s.query is not null`,
    [server, ids.filter((id) => /^-?\d+$/.test(id))],
  );
  return Object.fromEntries(rows.map(({ sid, query }) => [sid, query]));
}
