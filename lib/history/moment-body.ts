import { setImmediate as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { brotliCompress, brotliDecompress, constants } from 'node:zlib';
import { maskStatement } from '@/lib/masking/statement';
import type { AnyTopic, Partial, Raw } from '@/lib/topics/topic';
import { recordings } from './recordings';
import type { Snapshot } from './server-history';

const compress = promisify(brotliCompress);
const decompress = promisify(brotliDecompress);

/** Beyond this a body is cut to fewer rows. */
const mostBytes = 512 * 1024;
/** What is compressed at most, so that no answer of a huge server holds the process up. */
const mostCharacters = 4 * 1024 * 1024;
/** Statements with a number of their own are kept whole elsewhere, once: here is enough to tell them apart. */
const knownTextLength = 200;
/** Statements that are masked before others have their turn on the event loop. */
const rowsAtOnce = 200;
/** Ages and rates are drawn and read, not computed with. */
const digits = 6;

/** An answer as it is kept: names of columns once, then the values of each row. */
type Kept = {
  sampledAt: number;
  windowSeconds: number | null;
  partial?: Partial[];
  columns: string[];
  rows: unknown[][];
};

/** A packed answer: brotli of JSON, how many rows are in it, and whether rows were left out. */
export type Packed = { body: Buffer; rows: number; partial: boolean };

/** Packs an answer for the store: statements masked (unless `literals`), at most `mostRows` rows, at most 512 KB. */
export async function packAnswer(
  topic: AnyTopic,
  snapshot: Snapshot,
  options: { literals: boolean; mostRows?: number | undefined },
): Promise<Packed> {
  const all = snapshot.rows.length;
  const first = firstRows(topic, snapshot.rows, options.mostRows ?? all);
  let chosen: Raw[] = [];
  for (let at = 0; at < first.length; at += rowsAtOnce) {
    if (at > 0) await pause();
    chosen.push(...first.slice(at, at + rowsAtOnce).map((row) => storedRow(row, options.literals)));
  }
  for (;;) {
    const text = JSON.stringify(kept(snapshot, chosen, all));
    const body = text.length <= mostCharacters ? await pack(text) : undefined;
    if (body && body.length <= mostBytes) return { body, rows: chosen.length, partial: chosen.length < all };
    const share = Math.min(0.5, body ? mostBytes / body.length : mostCharacters / text.length);
    chosen = firstRows(topic, chosen, Math.floor(chosen.length * share));
  }
}

/** The answer of a packed body. */
export async function unpackAnswer(body: Buffer): Promise<Snapshot> {
  const { sampledAt, windowSeconds, partial, columns, rows } = JSON.parse(
    (await decompress(body)).toString('utf8'),
  ) as Kept;
  return {
    sampledAt,
    windowSeconds,
    partial,
    rows: rows.map((row) => Object.fromEntries(columns.map((column, at) => [column, row[at]]))),
  };
}

function pack(text: string): Promise<Buffer> {
  return compress(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: 5,
      [constants.BROTLI_PARAM_MODE]: constants.BROTLI_MODE_TEXT,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
}

/** The first so many rows, the largest first where the topic's recording says what is large. */
function firstRows(topic: AnyTopic, rows: Raw[], most: number): Raw[] {
  if (rows.length <= most) return rows;
  const rank = Object.values(recordings).find((recording) => recording.topic === topic.id)?.rank;
  const sorted =
    rank === undefined ? rows : [...rows].sort((a, b) => ((b[rank] as number) ?? 0) - ((a[rank] as number) ?? 0));
  return sorted.slice(0, most);
}

function kept(snapshot: Snapshot, rows: Raw[], all: number): Kept {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const partial = [...(snapshot.partial ?? [])];
  if (rows.length < all)
    partial.push({
      reason: 'history',
      object: 'rows',
      blockedBy: [],
      hint: `Of ${all} rows the history kept ${rows.length}.`,
    });
  return {
    sampledAt: snapshot.sampledAt,
    windowSeconds: snapshot.windowSeconds,
    ...(partial.length > 0 && { partial }),
    columns,
    rows: rows.map((row) => columns.map((column) => row[column])),
  };
}

function storedRow(row: Raw, literals: boolean): Raw {
  const stored: Raw = {};
  for (const [column, value] of Object.entries(row))
    stored[column] = typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(digits)) : value;
  if (typeof row.query !== 'string') return stored;
  const text = literals ? row.query : maskStatement(row.query);
  stored.query = typeof row.sid === 'string' ? text.slice(0, knownTextLength) : text;
  return stored;
}
