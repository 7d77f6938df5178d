'use client';

import { useQueryClient } from '@tanstack/react-query';
import { ChevronLeft, ChevronRight, Clock } from 'lucide-react';
import { useCallback, useEffect, useRef, useState } from 'react';
import { announce } from '@/lib/client/announce';
import { useNow } from '@/lib/client/clock';
import { usePagePath } from '@/lib/client/frame';
import { nextMoment } from '@/lib/client/moments';
import { usePageTime } from '@/lib/client/page-time';
import { rangeAround, spanOf } from '@/lib/client/range';
import { useDatabase, usePageTimes } from '@/lib/client/url-state';
import { ago, moment } from '@/lib/format';
import { Popover } from '../ui/popover';
import { pages } from './pages';
import { TimeForm } from './time-form';
import { momentWords } from './time-text';

/** Where arrow keys mean something else. */
const ownKeys =
  'input, textarea, select, [contenteditable], table, .chart-plot, .popup, .dialog, [role="menu"], [role="radiogroup"], [role="tree"]';

/** The moment of the past that a page shows: to the one kept before or after it, to another, back to what is now. */
export function PastControl({ at }: { at: number }) {
  const [open, setOpen] = useState(false);
  const { backToLive } = usePageTimes();
  const { step, by } = useSteps(at);
  const now = useNow();
  useKeys({ step, by, backToLive });
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as one control
    <div className="joined" role="group" aria-label="Time">
      <button
        type="button"
        aria-label="Moment before"
        title="Moment before (←); a minute: Shift ←"
        onClick={() => step(-1)}
      >
        <ChevronLeft className="icon icon-small" aria-hidden />
      </button>
      <Popover
        title="Another time"
        open={open}
        onOpenChange={setOpen}
        trigger={
          <button type="button" className="live-off">
            <Clock className="icon icon-small" aria-hidden />
            {now ? momentWords(at, now / 1000) : '––:––:––'}
            <span className="absolute-range">{now && `· ${ago(new Date(at * 1000), new Date(now))}`}</span>
          </button>
        }
      >
        <TimeForm onDone={() => setOpen(false)} />
      </Popover>
      <button
        type="button"
        aria-label="Moment after"
        title="Moment after (→); a minute: Shift →"
        onClick={() => step(1)}
      >
        <ChevronRight className="icon icon-small" aria-hidden />
      </button>
      <button type="button" onClick={backToLive}>
        Back to live
      </button>
    </div>
  );
}

/** `step` goes to the next kept moment, `by` so many seconds on; neither beyond now. */
function useSteps(at: number) {
  const { server } = usePageTime();
  const { range, goTo } = usePageTimes();
  const [database] = useDatabase();
  const slug = usePagePath().split('/')[2];
  const topic = pages.find((page) => page.slug === slug)?.topics[0] ?? 'sessions';
  const client = useQueryClient();
  const walking = useRef(false);
  // The next key goes on from where the last one led, also when the page is not drawn yet.
  const here = useRef(at);
  useEffect(() => {
    here.current = at;
  }, [at]);
  const go = useCallback(
    (to: number) => {
      if (to > Date.now() / 1000) return announce('There is no later moment. Back to live shows what is now.');
      const seen = 'to' in range && to >= range.from && to <= range.to;
      here.current = to;
      goTo(to, { replace: true, ...(!seen && { range: rangeAround({ last: spanOf(range) }, to) }) });
      announce(`As of ${moment(new Date(to * 1000))}.`);
    },
    [range, goTo],
  );
  const step = useCallback(
    async (direction: 1 | -1) => {
      if (walking.current) return;
      walking.current = true;
      try {
        const next = await nextMoment(client, { server, topic, database }, here.current, direction);
        if (next !== undefined) go(next);
        else announce(`No ${direction < 0 ? 'earlier' : 'later'} moment is kept.`);
      } catch (error) {
        announce(`The moments that are kept are not known: ${(error as Error).message}`);
      } finally {
        walking.current = false;
      }
    },
    [client, server, topic, database, go],
  );
  const by = useCallback((seconds: number) => go(here.current + seconds), [go]);
  return { step, by };
}

/** Arrow keys walk from moment to moment, with Shift a minute, up and down ten; Escape leads back to what is now. */
function useKeys({
  step,
  by,
  backToLive,
}: {
  step: (direction: 1 | -1) => void;
  by: (seconds: number) => void;
  backToLive: () => void;
}) {
  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
      if (event.target instanceof Element && event.target.closest(ownKeys)) return;
      const direction = event.key === 'ArrowLeft' ? -1 : event.key === 'ArrowRight' ? 1 : undefined;
      const tens = event.key === 'ArrowUp' ? -1 : event.key === 'ArrowDown' ? 1 : undefined;
      if (direction && event.shiftKey) by(direction * 60);
      else if (direction) step(direction);
      else if (tens && event.shiftKey) by(tens * 600);
      else if (event.key === 'Escape' && !document.querySelector('.popup, .dialog, .drawer')) backToLive();
      else return;
      event.preventDefault();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [step, by, backToLive]);
}
