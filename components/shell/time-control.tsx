'use client';

import { ChevronLeft, ChevronRight, ZoomOut } from 'lucide-react';
import { useState } from 'react';
import { announce } from '@/lib/client/announce';
import { useNow } from '@/lib/client/clock';
import type { Range } from '@/lib/client/queries';
import { shifted, spanOf, zoomedOut } from '@/lib/client/range';
import { usePageTimes } from '@/lib/client/url-state';
import { useKept } from '@/lib/client/use-kept';
import { durationInWords, zone } from '@/lib/format';
import { Popover } from '../ui/popover';
import { PastControl } from './past-control';
import { TimeForm } from './time-form';
import { presetText, spanText } from './time-text';

/** The time of a page: the span that its charts show, or the moment of the past that all of it shows. */
export function TimeControl() {
  const { at } = usePageTimes();
  return at === null ? <RangeControl /> : <PastControl at={at} />;
}

function RangeControl() {
  const { range, setRange, backToLive } = usePageTimes();
  const [open, setOpen] = useState(false);
  const now = useNow();
  const seconds = now && now / 1000;
  const fixed = 'from' in range;
  const ends = fixed ? range : seconds ? { from: seconds - range.last, to: seconds } : undefined;
  const text = ends && spanText(ends.from, ends.to, seconds ?? ends.to);
  const move = (next: Range) => {
    setRange(next);
    const said = 'last' in next ? { from: (seconds ?? 0) - next.last, to: seconds ?? 0 } : next;
    announce(`The charts show ${spanText(said.from, said.to, seconds ?? said.to)}.`);
  };
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as one control
    <div className="joined" role="group" aria-label="Time">
      <Move range={range} by={-1} onMove={move} />
      <Popover
        title="Time of the charts"
        align="end"
        open={open}
        onOpenChange={setOpen}
        trigger={
          <button type="button" className={fixed ? 'live-off' : ''}>
            {fixed ? (seconds ? text : '––:–– – ––:––') : `Last ${presetText(range.last)}`}
            {!fixed && (
              <span className="absolute-range muted">
                {text ? `${text} ${zone(new Date(now as number))}` : '––:–– – ––:––'}
              </span>
            )}
          </button>
        }
      >
        <TimeForm onDone={() => setOpen(false)} />
      </Popover>
      {fixed && <Move range={range} by={1} onMove={move} />}
      <button
        type="button"
        className="wide-only"
        aria-label="Zoom out: twice the time"
        title="Zoom out: twice the time"
        onClick={() => seconds && move(zoomedOut(range, seconds))}
      >
        <ZoomOut className="icon icon-small" aria-hidden />
      </button>
      {fixed && (
        <button type="button" onClick={backToLive}>
          Back to live
        </button>
      )}
    </div>
  );
}

function Move({ range, by, onMove }: { range: Range; by: 1 | -1; onMove: (range: Range) => void }) {
  const now = useNow();
  const kept = useKept();
  const span = spanOf(range);
  const next = now ? shifted(range, by, now / 1000) : range;
  const off =
    now && kept && 'to' in next && next.to < now / 1000 - kept.seconds
      ? `This is longer ago than pgdeck keeps. ${kept.because}`
      : undefined;
  const Icon = by < 0 ? ChevronLeft : ChevronRight;
  const label = `${durationInWords(span)} ${by < 0 ? 'earlier' : 'later'}`;
  return (
    <button
      type="button"
      aria-label={label}
      aria-disabled={off !== undefined}
      title={off ?? label}
      onClick={() => off || onMove(next)}
    >
      <Icon className="icon icon-small" aria-hidden />
    </button>
  );
}
