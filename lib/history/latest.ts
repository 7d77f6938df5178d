import { setImmediate as pause } from 'node:timers/promises';
import { promisify } from 'node:util';
import { constants, gunzip, gzip } from 'node:zlib';
import type { Partial, Raw, UnavailableReason } from '@/lib/topics/topic';
import { insertRows } from './insert-rows';
import type { Snapshot } from './server-history';
import type { Run } from './store';

const pack = promisify(gzip);
const unpack = promisify(gunzip);

/** Why a question has no answer now, as one instance tells another. */
export type Failure = {
  reason: UnavailableReason;
  sentence: string;
  hint: string;
  fixSql?: string | undefined;
  sqlstate?: string | undefined;
};

/** A topic of one database ('' for the whole server). */
export type Place = { topic: string; database: string };

/** What one instance knows of a topic, for the others; `ageMs` is how old the rows were when it was published. */
export type Published = Place & { snapshot: Snapshot | undefined; failure: Failure | undefined; ageMs: number };

/** What instances ask of the one that samples; times are epoch milliseconds of the store's clock, 0 for never. */
export type Wanted = Place & { viewedAt: number; freshAt: number };

type Envelope = {
  sampledAt?: number;
  windowSeconds?: number | null;
  partial?: Partial[];
  failure?: Failure;
  ageMs: number;
};

/** A wish ends so long after it was told last; it is told again before. */
export const wantedForMs = 15_000;
/** What the rows of one answer may take, compressed; beyond that, fewer are published. */
const mostBytes = 4 * 1024 * 1024;
/** Compressing more at once would hold up everything else. */
const mostRows = 20_000;
/** Statements that are masked before others have their turn on the event loop. */
const maskedAtOnce = 200;

const iso = (ms: number) => new Date(ms).toISOString();

/** Publishes what is known now, statements' texts as `mask` leaves them; `now` in the store's clock. */
export async function publish(
  run: Run,
  serverId: number,
  list: Published[],
  now: number,
  mask: (text: string) => string,
): Promise<void> {
  const rows = await Promise.all(
    list.map(async ({ topic, database, snapshot, failure, ageMs }) => {
      const { body, cut } = await packRows(await storable(snapshot?.rows ?? [], mask));
      const envelope: Envelope = {
        ...(snapshot && {
          sampledAt: snapshot.sampledAt,
          windowSeconds: snapshot.windowSeconds,
          partial: [...(snapshot.partial ?? []), ...cut],
        }),
        ...(failure && { failure }),
        ageMs,
      };
      return [serverId, topic, database, iso(now), JSON.stringify(envelope), body];
    }),
  );
  await insertRows(
    run,
    'latest as l',
    [
      ['server_id', 'int4'],
      ['topic', 'text'],
      ['database', 'text'],
      ['sampled_at', 'timestamptz'],
      ['envelope', 'jsonb'],
      ['body', 'bytea'],
    ],
    rows,
    `on conflict (server_id, topic, database) do update
set sampled_at = excluded.sampled_at, envelope = excluded.envelope, body = excluded.body
where l.sampled_at < excluded.sampled_at`,
  );
}

/** Rows as they may stand in a store: it is somebody's database, with backups and readers of its own. */
async function storable(rows: Raw[], mask: (text: string) => string): Promise<Raw[]> {
  const masked: Raw[] = [];
  for (let at = 0; at < rows.length; at += maskedAtOnce) {
    if (at > 0) await pause();
    for (const row of rows.slice(at, at + maskedAtOnce))
      masked.push(typeof row.query === 'string' ? { ...row, query: mask(row.query) } : row);
  }
  return masked;
}

async function packRows(rows: Raw[]): Promise<{ body: Buffer; cut: Partial[] }> {
  for (let count = Math.min(rows.length, mostRows); ; count = Math.floor(count / 2)) {
    const body = await pack(JSON.stringify(rows.slice(0, count)), { level: constants.Z_BEST_SPEED });
    if (body.length > mostBytes) continue;
    const hint = `Another pgdeck asks this server; of ${rows.length} rows it passes on ${count}.`;
    return { body, cut: count < rows.length ? [{ reason: 'history', object: 'rows', blockedBy: [], hint }] : [] };
  }
}

/** What was published for a server since the time that is said for each (the store's clock), with when. */
export async function readLatest(
  run: Run,
  serverId: number,
  wanted: (Place & { since: number })[],
): Promise<(Published & { publishedAt: number })[]> {
  const rows = await run<Place & { published_at: number; envelope: Envelope; body: Buffer }>(
    `select /* pgdeck:latest */ l.topic, l.database, extract(epoch from l.sampled_at)::float8 * 1000 as published_at, l.envelope, l.body
from pgdeck.latest as l
join unnest($2::text[], $3::text[], $4::timestamptz[]) as w(topic, database, since)
  on w.topic = l.topic and w.database = l.database and l.sampled_at > w.since
where l.server_id = $1::int4`,
    [
      serverId,
      wanted.map(({ topic }) => topic),
      wanted.map(({ database }) => database),
      wanted.map(({ since }) => iso(since)),
    ],
  );
  return Promise.all(
    rows.map(async ({ topic, database, published_at: publishedAt, envelope, body }) => {
      const { sampledAt, windowSeconds = null, partial, failure, ageMs } = envelope;
      const snapshot: Snapshot | undefined =
        sampledAt === undefined
          ? undefined
          : {
              rows: JSON.parse((await unpack(body)).toString('utf8')),
              partial: partial?.length ? partial : undefined,
              sampledAt,
              windowSeconds,
            };
      return { topic, database, snapshot, failure, ageMs, publishedAt };
    }),
  );
}

/** Tells what this instance wants of a server; `now` in the store's clock. */
export async function want(run: Run, serverId: number, list: Wanted[], now: number): Promise<void> {
  await insertRows(
    run,
    'wanted as w',
    [
      ['server_id', 'int4'],
      ['topic', 'text'],
      ['database', 'text'],
      ['wanted_at', 'timestamptz'],
      ['viewed_at', 'timestamptz'],
      ['fresh_at', 'timestamptz'],
    ],
    list.map(({ topic, database, viewedAt, freshAt }) => [
      serverId,
      topic,
      database,
      iso(now),
      iso(viewedAt),
      iso(freshAt),
    ]),
    `on conflict (server_id, topic, database) do update set wanted_at = greatest(w.wanted_at, excluded.wanted_at),
  viewed_at = greatest(w.viewed_at, excluded.viewed_at), fresh_at = greatest(w.fresh_at, excluded.fresh_at)`,
  );
}

/** What others want of a server now. */
export async function readWanted(run: Run, serverId: number, now: number): Promise<Wanted[]> {
  return run<Wanted>(
    `select /* pgdeck:latest */ w.topic, w.database, extract(epoch from w.viewed_at)::float8 * 1000 as "viewedAt",
  extract(epoch from w.fresh_at)::float8 * 1000 as "freshAt"
from pgdeck.wanted as w where w.server_id = $1::int4 and w.wanted_at > $2::timestamptz`,
    [serverId, iso(now - wantedForMs)],
  );
}

/** Forgets wishes that nobody repeats, and what was published for them. */
export async function forgetUnwanted(run: Run, serverId: number, now: number): Promise<void> {
  const before = [serverId, iso(now - 4 * wantedForMs)];
  await run(
    'delete /* pgdeck:latest */ from pgdeck.wanted as w where w.server_id = $1::int4 and w.wanted_at < $2::timestamptz',
    before,
  );
  await run(
    `delete /* pgdeck:latest */ from pgdeck.latest as l where l.server_id = $1::int4 and l.sampled_at < $2::timestamptz
  and not exists (
    select from pgdeck.wanted as w where w.server_id = l.server_id and w.topic = l.topic and w.database = l.database
  )`,
    before,
  );
}
