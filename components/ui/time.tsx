'use client';

import { useAlive, useNow } from '@/lib/client/clock';
import { ago, clock, distanceText, moment, secondsAgo, zone } from '@/lib/format';

/** How old rows are, counting on from the age they had when they arrived: `2 s ago`. */
export function Age({ ageSeconds, receivedAt }: { ageSeconds: number; receivedAt: number }) {
  const now = useNow();
  const since = now && receivedAt ? Math.max(0, (now - receivedAt) / 1000) : 0;
  return secondsAgo(Math.round(ageSeconds + since));
}

/** A moment of the server as the reader's clock shows it, with its zone; the full date on hover. */
export function Clock({ at, withZone }: { at: string; withZone?: boolean }) {
  // The server renders in its own zone; the same width is kept until the browser's is known.
  const alive = useAlive();
  const date = new Date(at);
  const text = alive ? clock(date) : '––:––:––';
  return (
    <time dateTime={at} title={alive ? moment(date) : undefined}>
      {text}
      {withZone && alive && ` ${zone(date)}`}
    </time>
  );
}

/** Of which moment the rows of a page of the past are, and how far that is from the one asked for. */
export function PastMoment({
  view: { at, sampledAt },
  fallback,
}: {
  view: { at: number | null; sampledAt: string | undefined };
  fallback?: string;
}) {
  if (at === null || !sampledAt) return fallback;
  const distance = distanceText(Date.parse(sampledAt) / 1000, at);
  return (
    <>
      As of <Clock at={sampledAt} withZone />
      {distance && `, ${distance} than asked`}
    </>
  );
}

/** How long ago a moment was: `2 s ago`, `Thu 22:48`, `9 Nov 2026`; the full date on hover. */
export function Ago({ at }: { at: string }) {
  const now = useNow();
  const date = new Date(at);
  return (
    <time dateTime={at} title={now ? moment(date) : undefined}>
      {now ? ago(date, new Date(now)) : '–'}
    </time>
  );
}
