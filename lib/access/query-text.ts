import { createHash } from 'node:crypto';
import { setImmediate as pause } from 'node:timers/promises';
import { withoutPasswords } from '@/lib/masking/passwords';
import { loadMask, maskStatement } from '@/lib/masking/statement';
import type { Answer, AnyTopic, Raw } from '@/lib/topics/topic';
import { ApiError } from './errors';
import type { QueryText, ServerAccess } from './server-access';

/** Who asks, as far as it matters for texts. */
type Reader = Pick<ServerAccess, 'queryText'>;

/** Texts that are masked before others have their turn on the event loop. */
const rowsAtOnce = 200;

const columns = new WeakMap<AnyTopic, string[]>();
/** Rows as each kind of reader sees them: made once, however many read them. */
const shown = new WeakMap<Raw[], Partial<Record<'masked' | 'hidden', Promise<Raw[]>>>>();

/** The columns of a topic that hold texts of statements. */
export function statementColumns(topic: AnyTopic): string[] {
  let found = columns.get(topic);
  if (!found) {
    const shape = Object.entries(topic.row.shape as Record<string, { meta(): { statement?: boolean } | undefined }>);
    found = shape.flatMap(([name, column]) => (column.meta()?.statement ? [name] : []));
    columns.set(topic, found);
  }
  return found;
}

/** 403 unless somebody may see single texts as they are. */
export function requireReveal(queryText: QueryText): void {
  if (queryText === 'masked') throw new ApiError(403, 'forbidden', 'Values are masked for your role.');
  if (queryText === 'hidden')
    throw new ApiError(403, 'forbidden', 'Texts of statements are not shown without sign-in.');
}

/** A text as it is told to who may see values (passwords are told to nobody), and as it is written down. */
export async function revealed(found: string): Promise<{ text: string; masked: string; sha256: string }> {
  await scannerReady();
  const text = withoutPasswords(found);
  return { text, masked: maskStatement(text), sha256: createHash('sha256').update(text).digest('hex') };
}

/** A topic's answer with the texts of statements as somebody may see them; the same rows for all who may see the same. */
export async function shownAnswer(topic: AnyTopic, answer: Answer, reader: Reader): Promise<Answer> {
  if (reader.queryText === 'plain' || statementColumns(topic).length === 0) return answer;
  if (answer.status === 'ok') return { ...answer, rows: await shownRows(topic, answer.rows, reader.queryText) };
  if (!answer.last) return answer;
  return { ...answer, last: { ...answer.last, rows: await shownRows(topic, answer.last.rows, reader.queryText) } };
}

/** Many texts as somebody may see them; null where nothing is shown. */
export async function shownTexts(texts: string[], { queryText }: Reader): Promise<(string | null)[]> {
  if (queryText === 'plain') return texts;
  if (queryText === 'hidden') return texts.map(() => null);
  await scannerReady();
  return texts.map(maskStatement);
}

/** Rows whose `label` is the text of a statement, as somebody may see them. */
export async function shownLabels<Row extends { label: string | null }>(rows: Row[], reader: Reader): Promise<Row[]> {
  const labels = await shownTexts(
    rows.map(({ label }) => label ?? ''),
    reader,
  );
  return rows.map((row, at) => (row.label === null ? row : { ...row, label: labels[at] ?? null }));
}

/** Texts by their keys, as somebody may see them; those that they may not see are left out. */
export async function shownWords(words: Record<string, string>, reader: Reader): Promise<Record<string, string>> {
  const keys = Object.keys(words);
  const texts = await shownTexts(Object.values(words), reader);
  return Object.fromEntries(
    keys.flatMap((key, at): [string, string][] => {
      const text = texts[at];
      return typeof text === 'string' ? [[key, text]] : [];
    }),
  );
}

function shownRows(topic: AnyTopic, rows: Raw[], queryText: Exclude<QueryText, 'plain'>): Promise<Raw[]> {
  const kind = queryText === 'hidden' ? 'hidden' : 'masked';
  let kinds = shown.get(rows);
  if (!kinds) {
    kinds = {};
    shown.set(rows, kinds);
  }
  kinds[kind] ??= withTexts(topic, rows, kind === 'hidden' ? () => null : maskStatement);
  return kinds[kind];
}

async function withTexts(topic: AnyTopic, rows: Raw[], told: (text: string) => string | null): Promise<Raw[]> {
  await scannerReady();
  const names = statementColumns(topic);
  const result: Raw[] = [];
  for (let at = 0; at < rows.length; at += rowsAtOnce) {
    if (at > 0) await pause();
    for (const row of rows.slice(at, at + rowsAtOnce)) {
      const copy = { ...row };
      for (const name of names) copy[name] = typeof row[name] === 'string' ? told(row[name]) : null;
      result.push(copy);
    }
  }
  return result;
}

/** Without PostgreSQL's scanner a text is masked down to its first word. */
async function scannerReady(): Promise<void> {
  await loadMask().catch(() => {});
}
