'use client';

import { useQueryClient } from '@tanstack/react-query';
import { History } from 'lucide-react';
import { useSyncExternalStore } from 'react';
import { useNow } from '@/lib/client/clock';
import { usePagePath } from '@/lib/client/frame';
import { usePageTime } from '@/lib/client/page-time';
import { usePageTimes } from '@/lib/client/url-state';
import { ago, zone } from '@/lib/format';
import type { Answer } from '@/lib/topics/topic';
import { compareAround } from '../changes/links';
import { Button } from '../ui/button';
import { Link } from '../ui/link';
import { pages } from './pages';
import { distancesText, momentWords } from './time-text';

/** Says that a page shows the past, how far the nearest moments are from it, and leads back. */
export function PastBanner() {
  const { at, server } = usePageTime();
  const { backToLive } = usePageTimes();
  const now = useNow();
  const distance = useDistance(at);
  const slug = usePagePath().split('/')[2];
  const ofMoment = pages.some((page) => page.slug === slug && page.topics.length > 0);
  if (at === null) return null;
  return (
    <div className="banner banner-past">
      <History className="icon" aria-hidden />
      <p>
        <b>As of {now ? asOf(at, now) : 'a moment of the past'}.</b>{' '}
        {ofMoment
          ? `Everything on this page is from that moment${distance ? `; nearest kept: ${distance}` : ''}.`
          : 'What this page tells is of the time around it.'}{' '}
        Actions are off.
      </p>
      <div className="actions">
        {now && (
          <Link
            className="button button-quiet wide-only"
            title="Compare the half hour before with the one after"
            href={compareAround(server, at, now / 1000)}
            prefetch={false}
          >
            Compare
          </Link>
        )}
        <Button onClick={backToLive}>Back to live</Button>
      </div>
    </div>
  );
}

function asOf(at: number, now: number): string {
  const date = new Date(at * 1000);
  return `${momentWords(at, now / 1000)}\u00a0${zone(date)}, ${ago(date, new Date(now))}`;
}

/** How far the answers on the page are from the moment; undefined: none is known, or all are of that moment. */
function useDistance(at: number | null): string | undefined {
  const cache = useQueryClient().getQueryCache();
  return useSyncExternalStore(
    (listener) => cache.subscribe(() => queueMicrotask(listener)),
    () => {
      if (at === null) return undefined;
      const moments = cache.findAll({ queryKey: ['topic'], type: 'active' }).flatMap(({ queryKey, state }) => {
        const answer = state.data as Answer | undefined;
        const isOfThen = (queryKey[3] as { at?: string } | undefined)?.at === String(at);
        return isOfThen && answer?.status === 'ok' ? [Date.parse(answer.sampledAt) / 1000] : [];
      });
      return distancesText(moments, at);
    },
    () => undefined,
  );
}
