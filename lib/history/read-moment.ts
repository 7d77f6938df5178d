import type { AnyTopic } from '@/lib/topics/topic';
import { unpackAnswer } from './moment-body';
import { statementTexts } from './read-load';
import type { Reader } from './reader';
import type { Snapshot } from './server-history';

/** A kept answer: its rows, and when it was taken (epoch milliseconds). */
export type KeptAnswer = { at: number; snapshot: Snapshot };

/** One time at which answers were kept (epoch seconds); `close`: because something stood out. */
export type KeptTime = { at: number; close: boolean };

/** From when to when moments of a topic are kept (epoch seconds). */
export type KeptSpan = { from: number; to: number };

/** The farthest from the asked time that an answer still says something about it. */
const leastReachSeconds = 15 * 60;
const tables = ['moment_raw', 'moment_1m'] as const;

type Found = { table: (typeof tables)[number]; ts: string; at: number };

/** Where a topic's moments stand: the server, and the ids of its words; undefined where nothing was ever kept. */
type Place = [server: number, topic: number, database: number];

async function placeOf(reader: Reader, server: number, topic: string, database: string | null) {
  const id = await wordId(reader, 'topic', topic);
  const databaseId = database === null ? 0 : await wordId(reader, 'database', database);
  return id === undefined || databaseId === undefined ? undefined : ([server, id, databaseId] satisfies Place);
}

const wordId = (reader: Reader, kind: string, word: string) =>
  reader.once(`word ${kind} ${word}`, () => reader.wordId(kind, word));

const iso = (seconds: number) => new Date(seconds * 1000).toISOString();

/** The answer of a topic that is nearest to `at` (epoch seconds), within twice the time between two of its moments. */
export async function readMoment(
  reader: Reader,
  server: number,
  topic: AnyTopic,
  database: string | null,
  at: number,
): Promise<KeptAnswer | undefined> {
  const place = await placeOf(reader, server, topic.id, database);
  if (!place) return undefined;
  const reach = Math.max(2 * (topic.moments?.everySeconds ?? 0), leastReachSeconds);
  return reader.once(`moment ${place.join(' ')} ${at}`, async () => {
    const found = await reader.rows<Found>(
      together(
        tables.flatMap((table) => [
          nearest(table, 'r.ts <= $4::timestamptz and r.ts >= $5::timestamptz', 'desc'),
          nearest(table, 'r.ts > $4::timestamptz and r.ts <= $6::timestamptz', 'asc'),
        ]),
      ),
      [...place, iso(at), iso(at - reach), iso(at + reach)],
    );
    found.sort((a, b) => Math.abs(a.at - at) - Math.abs(b.at - at));
    const [best] = found;
    if (!best) return undefined;
    const [row] = await reader.rows<{ body: Buffer }>(
      `select /* pgdeck:read */ r.body from pgdeck.${best.table} as r
where r.server_id = $1::int4 and r.topic = $2::int4 and r.database = $3::int4 and r.ts = $4::timestamptz`,
      [...place, best.ts],
    );
    if (!row) return undefined;
    const snapshot = await unpackAnswer(row.body);
    await completeTexts(reader, server, snapshot);
    return { at: snapshot.sampledAt, snapshot };
  });
}

const together = (parts: string[]) => `select /* pgdeck:read */ m.* from (${parts.join('\nunion all\n')}) as m`;

function nearest(table: string, condition: string, order: 'asc' | 'desc'): string {
  return `(select '${table}' as "table", r.ts::text as ts, extract(epoch from r.ts)::float8 as at from pgdeck.${table} as r
where r.server_id = $1::int4 and r.topic = $2::int4 and r.database = $3::int4 and ${condition}
order by r.ts ${order} limit 1)`;
}

/** Of statements that the store knows by number only the beginning is in a moment: the whole text is kept once. */
async function completeTexts(reader: Reader, server: number, { rows }: Snapshot): Promise<void> {
  const sids = rows.flatMap(({ sid, query }) => (typeof sid === 'string' && typeof query === 'string' ? [sid] : []));
  if (sids.length === 0) return;
  const texts = await statementTexts(reader, server, sids);
  for (const row of rows) row.query = texts[row.sid as string] ?? row.query;
}

/** The span in which moments of a topic are kept; undefined where there are none. */
export async function momentSpan(
  reader: Reader,
  server: number,
  topic: string,
  database: string | null,
): Promise<KeptSpan | undefined> {
  const place = await placeOf(reader, server, topic, database);
  if (!place) return undefined;
  const edge = (table: string, order: 'asc' | 'desc') =>
    `(select extract(epoch from r.ts)::float8 as at from pgdeck.${table} as r
where r.server_id = $1::int4 and r.topic = $2::int4 and r.database = $3::int4 order by r.ts ${order} limit 1)`;
  const rows = await reader.rows<{ at: number }>(
    together(tables.flatMap((table) => [edge(table, 'asc'), edge(table, 'desc')])),
    place,
  );
  if (rows.length === 0) return undefined;
  const times = rows.map(({ at }) => at);
  return { from: Math.min(...times), to: Math.max(...times) };
}

/** Times at which answers of a topic were kept: of a range the first so many in order, or the nearest before or after a time. */
export async function momentTimes(
  reader: Reader,
  server: number,
  topic: string,
  database: string | null,
  asked: { from: number; to: number } | { before: number } | { after: number },
  most: number,
): Promise<KeptTime[]> {
  const place = await placeOf(reader, server, topic, database);
  if (!place) return [];
  const [condition, order, values, limit]: [string, 'asc' | 'desc', number[], number] =
    'before' in asked
      ? ['r.ts < $4::timestamptz', 'desc', [asked.before], 1]
      : 'after' in asked
        ? ['r.ts > $4::timestamptz', 'asc', [asked.after], 1]
        : ['r.ts >= $4::timestamptz and r.ts <= $5::timestamptz', 'asc', [asked.from, asked.to], most];
  const rows = await reader.rows<KeptTime>(
    `${together(
      tables.map(
        (table) => `(select extract(epoch from r.ts)::float8 as at, ${table === 'moment_raw'} as close
from pgdeck.${table} as r
where r.server_id = $1::int4 and r.topic = $2::int4 and r.database = $3::int4 and ${condition}
order by r.ts ${order} limit ${limit})`,
      ),
    )} order by m.at ${order} limit ${limit}`,
    [...place, ...values.map(iso)],
  );
  return rows;
}
