import { createHash } from 'node:crypto';
import type { ChangeEvent } from './answers';

/** Sends one statement to the store. */
export type Run = <Row = Record<string, unknown>>(text: string, values?: unknown[]) => Promise<Row[]>;

/** Which events to read: from `from` to before `to` (epoch seconds), newest first. */
export type EventQuery = { from: number; to: number; kind?: ChangeEvent['kind'] | undefined; limit: number };

/** The identity of an event: what it says and when, so that the same one is never there twice. */
export function eventId(event: Omit<ChangeEvent, 'id'>): string {
  const { at, kind, title, detail, actor } = event;
  return createHash('sha1')
    .update(JSON.stringify([at, kind, title, detail, actor]))
    .digest('hex')
    .slice(0, 16);
}

const iso = (seconds: number) => new Date(Math.round(seconds * 1000)).toISOString();

/** Writes events; those that are there already stay as they are. */
export async function writeEvents(run: Run, serverId: number, events: ChangeEvent[]): Promise<void> {
  for (const { id, at, kind, title, detail, actor } of events)
    await run(
      `insert /* pgdeck:history */ into pgdeck.event (server_id, ts, event_id, kind, title, detail, actor)
values ($1, $2::timestamptz, $3, $4, $5, $6::jsonb, $7) on conflict (server_id, ts, event_id) do nothing`,
      [serverId, iso(at), id, kind, title, JSON.stringify(detail), actor],
    );
}

/** Events of a range, newest first: at least `limit` where there are so many, and all of the same moment as the last. */
export async function readEvents(run: Run, serverId: number, query: EventQuery): Promise<ChangeEvent[]> {
  const { from, to, kind, limit } = query;
  const where = `e.server_id = $1 and e.ts >= $2::timestamptz and e.ts < $3::timestamptz and ($4::text is null or e.kind = $4)`;
  const rows = await run<Omit<ChangeEvent, 'id'> & { event_id: string }>(
    `select /* pgdeck:read */ e.event_id, round(extract(epoch from e.ts)::numeric, 3)::float8 as at, e.kind, e.title,
  e.detail, e.actor
from pgdeck.event as e
where ${where} and e.ts >= coalesce((
    select e.ts from pgdeck.event as e where ${where} order by e.ts desc offset $5 limit 1
  ), $2::timestamptz)
order by e.ts desc, e.event_id`,
    [serverId, iso(from), iso(to), kind ?? null, limit - 1],
  );
  return rows.map(({ event_id, ...event }) => ({ id: event_id, ...event }));
}
