import type { ServerConnections } from '@/lib/postgres/server-connections';

/** One question there and back; milliseconds. */
export type RoundTrip = { ok: true; ms: number; serverTime: string; testedAt: string };

const pingSql = 'select /* pgdeck:ping */ clock_timestamp() as server_time';
const shareForMs = 1000;
const latest = new WeakMap<ServerConnections, { at: number; trip: Promise<RoundTrip> }>();

/** A real round trip over the pinned connection; who asks within the same second shares one. */
export function roundTrip(connections: ServerConnections): Promise<RoundTrip> {
  const last = latest.get(connections);
  if (last && Date.now() - last.at < shareForMs) return last.trip;
  const trip = measure(connections);
  latest.set(connections, { at: Date.now(), trip });
  return trip;
}

async function measure(connections: ServerConnections): Promise<RoundTrip> {
  const started = performance.now();
  const [row] = await connections.ask<{ server_time: string }>('pinned', undefined, pingSql);
  const ms = Math.round((performance.now() - started) * 100) / 100;
  return { ok: true, ms, serverTime: row?.server_time ?? '', testedAt: new Date().toISOString() };
}
