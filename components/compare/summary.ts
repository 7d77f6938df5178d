import { change, figure, percent } from '@/lib/format';
import type { CompareAnswer, ComparedRow, Window } from '@/lib/history/answers';
import { waitText } from '../load/looks';
import { coverageSentence } from '../load/summary';
import { callPair, mainPart, type Pair, ratePair } from './figures';

/** From which change of the whole time on it is called one. */
const steady = 0.03;

/** pgdeck's own statements carry a tag after their first keyword. */
const own = /^\s*\w+\s*\/\* pgdeck:/;

/** A comparison without pgdeck's own statements: what they cost stands on a page of its own. */
export function withoutOwn(answer: CompareAnswer): CompareAnswer {
  return { ...answer, rows: answer.rows.filter(({ label }) => !label || !own.test(label)) };
}

/** A text on one line, cut where it would not fit a sentence. */
export function shortText(text: string, most = 48): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > most ? `${line.slice(0, most - 1)}…` : line;
}

/** What a row is called. */
export function comparedText(row: ComparedRow): string {
  if (row.relname !== undefined) return `${row.schemaname ? `${row.schemaname}.` : ''}${row.relname}`;
  // Waits are keyed by themselves.
  if (row.label === row.key) return waitText(row.key);
  if (row.label) return row.label.replace(/\s+/g, ' ').trim();
  return row.queryid ? `statement ${row.queryid}, text not known` : row.key;
}

/** Statements of both windows in one sentence: how much more time, which one most, and why. */
export function statementsSentence({ a, b, rows }: CompareAnswer): string {
  const unknown = unknownWindow(a, b);
  if (unknown) return unknown;
  const [before, after] = [a.total / a.coveredSeconds, b.total / b.coveredSeconds];
  if (before === 0 && after === 0) return 'No statement ran in either window.';
  if (before === 0) return 'No statement ran in A, so there is nothing to compare B with.';
  const ratio = (after - before) / before;
  const whole =
    Math.abs(ratio) < steady
      ? 'Statements took about the same time'
      : `Statements took ${moreText(before, after)} time`;
  const sign = Math.abs(ratio) < steady ? 0 : Math.sign(ratio);
  const grown = rows
    .filter((row) => row.time && (sign === 0 || Math.sign(row.time.total) === sign))
    .sort((x, y) => Math.abs(y.time?.total ?? 0) - Math.abs(x.time?.total ?? 0))[0];
  if (!grown?.time || Math.abs(grown.time.total) / before < steady) return `${whole}; no single one stands out.`;
  const alone = percent(Math.abs(grown.time.total) / before);
  const lead =
    sign === 0
      ? `; ${shortText(comparedText(grown))} took ${alone} ${grown.time.total > 0 ? 'more' : 'less'}`
      : `: ${shortText(comparedText(grown))} alone ${alone}`;
  return `${whole}${lead}, ${because(grown, a, b)}.`;
}

/** `42 % more`, `12 times as much`, `8 % less`. */
export function moreText(before: number, after: number): string {
  const ratio = (after - before) / before;
  if (ratio > 2) return `${figure(Math.round(after / before))} times the`;
  return `${percent(Math.abs(ratio))} ${ratio > 0 ? 'more' : 'less'}`;
}

/** Why the time of a statement changed, by the largest part of the change. */
export function because(row: ComparedRow, a: Window, b: Window): string {
  if (!row.a) return 'because it did not run in A';
  if (!row.b) return 'because it does not run in B';
  if (!row.time) return 'for reasons that are not known';
  const part = mainPart(row.time);
  const more = row.time.total > 0;
  if (part === 'calls') return `because it is called ${times(ratePair(row, 'calls', a, b), more, 'often')}`;
  if (part === 'reading') {
    const blocks = callPair(row, 'shared_blks_read');
    return moved(blocks, more)
      ? `because each call reads ${times(blocks, more)}`
      : `because reading a block takes ${more ? 'longer' : 'less long'}`;
  }
  if (part === 'writing') return `because each call waits ${more ? 'longer' : 'less'} for writes`;
  if (part === 'planning') return `because planning takes ${more ? 'longer' : 'less long'}`;
  const temp = callPair(row, 'temp_blks_written');
  if (moved(temp, more)) return `because each call writes ${times(temp, more)} to temporary files`;
  const returned = callPair(row, 'rows');
  if (moved(returned, more)) return `because each call handles ${times(returned, more)} rows`;
  return `because each call works ${more ? 'longer' : 'less long'}`;
}

/** Whether a figure moved clearly in the direction of the time. */
const moved = ({ a, b }: Pair, up: boolean) =>
  a !== null && b !== null && (up ? b > 1.2 * a && b >= 0.5 : b < a / 1.2 && a >= 0.5);

function times({ a, b }: Pair, more: boolean, often = ''): string {
  const word = more ? 'more' : 'less';
  const tail = often && (more ? ' often' : ' often');
  if (a === null || b === null || a === 0) return `${word}${tail}`;
  const ratio = b / a;
  if (ratio >= 2)
    return `${figure(ratio >= 9.5 ? Math.round(ratio) : Math.round(ratio * 10) / 10)} times ${often ? 'as often' : 'more'}`;
  return `${percent(Math.abs(ratio - 1))} ${word}${tail}`;
}

/** What the answer does not cover: parts of the windows, and statements that are not listed. */
export function coverageSentences({ a, b, rows }: CompareAnswer): string[] {
  const parts = (
    [
      ['A', a],
      ['B', b],
    ] as const
  ).flatMap(([name, window]) => {
    const text = coverageSentence(window.from, window.to, window.coveredSeconds);
    return text ? [text.replace(/ of this\.$/, ` of ${name}.`).replace('of this time', `of ${name}`)] : [];
  });
  const shares = [a.listedShare, b.listedShare].filter((share) => share !== null);
  if (shares.length > 0 && rows.length > 0 && !unknownWindow(a, b)) {
    const share = Math.min(1, ...shares);
    parts.push(
      `The listed statements are ${share > 0.9995 ? 'nearly all' : percent(share)} of the server's statement time.`,
    );
  }
  return parts;
}

/** Tables of both windows in one sentence: how their sizes changed, and which one most. */
export function tablesSentence({ a, b, rows }: CompareAnswer, sizeText: (bytes: number) => string): string {
  const unknown = unknownWindow(a, b);
  if (unknown) return unknown;
  if (rows.length === 0) return 'No table is known in either window.';
  const growth = (row: ComparedRow) => (row.b?.total_bytes ?? 0) - (row.a?.total_bytes ?? 0);
  const both = rows.filter((row) => row.a && row.b);
  const all = both.reduce((sum, row) => sum + growth(row), 0);
  const first = both.toSorted((x, y) => Math.abs(growth(y)) - Math.abs(growth(x)))[0];
  if (!first || growth(first) === 0) return 'No table changed its size.';
  return `Tables ${all < 0 ? 'shrank' : 'grew'} by ${sizeText(Math.abs(all))}; ${comparedText(first)} ${growth(first) < 0 ? 'shrank' : 'grew'} by ${sizeText(Math.abs(growth(first)))}.`;
}

/** Waits of both windows in one sentence: load before and after, and what rose or fell most. */
export function waitsSentence({ a, b, rows }: CompareAnswer, loadOf: (row: ComparedRow) => Pair): string {
  const unknown = unknownWindow(a, b);
  if (unknown) return unknown;
  const sum = (side: 'a' | 'b') => rows.reduce((total, row) => total + (loadOf(row)[side] ?? 0), 0);
  const [before, after] = [sum('a'), sum('b')];
  const delta = (row: ComparedRow) => (loadOf(row).b ?? 0) - (loadOf(row).a ?? 0);
  const first = rows.toSorted((x, y) => Math.abs(delta(y)) - Math.abs(delta(x)))[0];
  const lead = `Load ${tenth(before)} → ${tenth(after)} average active sessions${before > 0 ? ` (${change(before, after)})` : ''}`;
  if (!first || Math.abs(delta(first)) < 0.05) return `${lead}; no wait stands out.`;
  return `${lead}; most of the change is ${comparedText(first)}, ${tenth(loadOf(first).a ?? 0)} → ${tenth(loadOf(first).b ?? 0)}.`;
}

const tenth = (value: number) => (Math.round(value * 10) / 10).toFixed(1);

/** Undefined where something is known of both windows. */
export function unknownWindow(a: Window, b: Window): string | undefined {
  if (a.coveredSeconds <= 0 && b.coveredSeconds <= 0) return 'pgdeck knows nothing of either window.';
  if (a.coveredSeconds <= 0) return 'pgdeck knows nothing of A, so there is nothing to compare B with.';
  if (b.coveredSeconds <= 0) return 'pgdeck knows nothing of B.';
  return undefined;
}
