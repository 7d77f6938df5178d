import type { HistoryConfig } from '@/lib/config';
import type { Run } from '@/lib/postgres/pool';
import type { HistoryStatus } from './answers';
import type { Engine } from './engine';
import { migrations } from './migrations/index';
import type { Partition } from './partitions';
import { bytesOfPieces, piecesOfStore } from './pieces';
import type { Store } from './store';

/** Epoch seconds of the oldest sample, minute and hour. */
export type Oldest = HistoryStatus['oldest'];

/** How long what is kept, and how much of it at most. */
export type Kept = Pick<HistoryConfig, 'rawDays' | 'minuteDays' | 'hourDays' | 'maxBytes'>;

type RetentionStore = Pick<Store, 'query' | 'transaction' | 'notice'>;

const dayMs = 86_400_000;
const rowsAtOnce = 1000;
const rounds = 20;
/** The lock was not to be had in time; the piece is not there any more. */
const heldUp = '55P03';
const gone = '42P01';

/**
 * Drops what is older than it is to be kept, and then the oldest while the store is larger than it may be; a piece that
 * somebody reads stays for now, and the answer is false.
 */
export async function retain(store: RetentionStore, engine: Engine, kept: Kept, now: number): Promise<boolean> {
  const days = { raw: kept.rawDays, minute: kept.minuteDays, hour: kept.hourDays };
  const pieces = await store.transaction((run) => piecesOfStore(run, engine));
  const old = pieces.filter(({ tier, to }) => to <= now - days[tier] * dayMs);
  const held = await dropPieces(store, engine, old);
  const small = await shrink(store, engine, kept, now);
  await deleteOld(store.query, now - kept.hourDays * dayMs);
  return held.length === 0 && small;
}

/** Drops pieces, and answers those that somebody reads: they stay for now. */
async function dropPieces(store: RetentionStore, engine: Engine, pieces: Partition[]): Promise<Partition[]> {
  const held: Partition[] = [];
  for (const piece of pieces)
    try {
      await store.transaction(async (run) => {
        for (const setting of engine.shortLocks) await run(setting);
        await engine.drop(run, piece);
      });
    } catch (error) {
      const { code } = error as { code?: string };
      if (code !== heldUp && code !== gone) throw error;
      if (code === heldUp) held.push(piece);
    }
  return held;
}

const day = (at: number) => new Date(at).toISOString().slice(0, 10);
const gigabytes = (bytes: number) => `${Number((bytes / 1024 ** 3).toPrecision(2))} GB`;

/** Drops the oldest days of samples and minutes, then the oldest months of hours, until the store is small enough. */
async function shrink(store: RetentionStore, engine: Engine, kept: Kept, now: number): Promise<boolean> {
  let over = (await storeBytes(store.query, engine)) - kept.maxBytes;
  if (over <= 0) return true;
  const pieces = await store.transaction((run) => piecesOfStore(run, engine));
  const closed = pieces.filter(({ to }) => to <= now);
  const steps = [closed.filter(({ tier }) => tier !== 'hour'), closed.filter(({ tier }) => tier === 'hour')];
  const reach: string[] = [];
  let all = true;
  for (const [at, what] of ['samples and minutes', 'hours'].entries()) {
    let upto: number | undefined;
    for (const same of oldestFirst(steps[at] ?? [])) {
      if (over <= 0) break;
      const bytes = await bytesOfPieces(store.query, engine, same);
      const held = await dropPieces(store, engine, same);
      if (held.length > 0) all = false;
      if (held.length === same.length) continue;
      over -= bytes - (held.length > 0 ? await bytesOfPieces(store.query, engine, held) : 0);
      upto = same[0]?.to;
    }
    if (upto !== undefined) reach.push(`${what} before ${day(upto)}`);
  }
  const limit = `${gigabytes(kept.maxBytes)} (PGDECK_HISTORY_MAX_GB)`;
  if (reach.length > 0)
    store.notice(`The history was larger than ${limit}: the oldest was dropped, ${reach.join(' and ')}.`);
  if (over > 0 && all)
    store.notice(`The history is larger than ${limit} although only its newest day is left. Raise the limit.`);
  return all;
}

function oldestFirst(pieces: Partition[]): Partition[][] {
  const byTime = new Map<number, Partition[]>();
  for (const piece of pieces) byTime.set(piece.from, [...(byTime.get(piece.from) ?? []), piece]);
  return [...byTime].sort(([a], [b]) => a - b).map(([, same]) => same);
}

/** What is not cut by time: the key of its rows within a server, and which of them are old at `$2`. */
const uncut = [
  { table: 'event', key: 'event_id', type: 'text', old: 't.ts < $2::timestamptz' },
  { table: 'statement', key: 'sid', type: 'int8', old: 't.last_seen < $2::timestamptz::date' },
  { table: 'relation', key: 'rid', type: 'int8', old: 't.last_seen < $2::timestamptz::date' },
  { table: 'remembered_state', key: 'kind', type: 'text', old: 't.taken_at < $2::timestamptz' },
];

async function deleteOld(run: Run, before: number): Promise<void> {
  const servers = await run<{ server_id: number }>('select /* pgdeck:store */ s.server_id from pgdeck.server as s');
  const at = new Date(before).toISOString();
  for (const { server_id } of servers)
    for (const { table, key, type, old } of uncut)
      for (let round = 0; round < rounds; round++) {
        const rows = await run<{ key: string }>(
          `select /* pgdeck:store */ t.${key}::text as key from pgdeck.${table} as t where t.server_id = $1::int4 and ${old} limit ${rowsAtOnce}`,
          [server_id, at],
        );
        if (rows.length > 0)
          await run(
            `delete /* pgdeck:store */ from pgdeck.${table} as t
where t.server_id = $1::int4 and ${old} and t.${key} = any ($3::${type}[])`,
            [server_id, at, rows.map((row) => row.key)],
          );
        if (rows.length < rowsAtOnce) break;
      }
}

/** Bytes on disk of the whole store. */
export async function storeBytes(run: Run, engine: Engine): Promise<number> {
  let bytes = 0;
  for (const { references = [], locals = [], distributed = [], partitioned = [] } of migrations)
    for (const { name } of [...references, ...locals, ...distributed, ...partitioned]) {
      const [row] = await run<{ bytes: number }>(engine.sizeSql, [`pgdeck.${name}`]);
      bytes += row?.bytes ?? 0;
    }
  return bytes;
}

/** How far back samples, minutes and hours go. */
export async function oldestKept(run: Run, engine: Engine): Promise<Oldest> {
  const pieces = await piecesOfStore(run, engine);
  const oldestOf = async (table: string): Promise<number | null> => {
    for (const { from, to } of pieces.filter((piece) => piece.table === table)) {
      const [row] = await run<{ at: number | null }>(
        `select /* pgdeck:store */ extract(epoch from min(r.ts))::float8 as at from pgdeck.${table} as r
where r.ts >= $1::timestamptz and r.ts < $2::timestamptz`,
        [new Date(from).toISOString(), new Date(to).toISOString()],
      );
      if (row?.at != null) return row.at;
    }
    return null;
  };
  return { raw: await oldestOf('metric_raw'), minute: await oldestOf('metric_1m'), hour: await oldestOf('metric_1h') };
}
