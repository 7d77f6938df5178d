'use client';

import { ChevronLeft, ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { useNow } from '@/lib/client/clock';
import type { Range } from '@/lib/client/queries';
import { defaultSeconds } from '@/lib/client/range';
import { useRange } from '@/lib/client/url-state';
import { clockMinutes, durationInWords, zone } from '@/lib/format';
import { Button } from '../ui/button';
import { Popover } from '../ui/popover';

const presets = [15 * 60, 30 * 60, defaultSeconds];

/** The time that the charts show: the last minutes, or a fixed span of the remembered hour. */
export function RangeChooser() {
  const [range, setRange] = useRange();
  const [open, setOpen] = useState(false);
  const now = useNow();
  const fixed = 'from' in range;
  const ends = fixed ? range : now ? { from: now / 1000 - range.last, to: now / 1000 } : undefined;
  const choose = (next: Range) => {
    setRange(next);
    setOpen(false);
  };
  const text = ends && `${clockMinutes(new Date(ends.from * 1000))} – ${clockMinutes(new Date(ends.to * 1000))}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as one control
    <div className="joined" role="group" aria-label="Time">
      {fixed && <Move range={range} by={-1} onMove={setRange} />}
      <Popover
        title="Time of the charts"
        open={open}
        onOpenChange={setOpen}
        trigger={
          <button type="button" className={fixed ? 'live-off' : ''}>
            {fixed ? text : `Last ${durationInWords(range.last)}`}
            {!fixed && (
              <span className="absolute-range muted">
                {text ? `${text} ${zone(new Date(now as number))}` : '––:–– – ––:––'}
              </span>
            )}
          </button>
        }
      >
        <div className="range-presets">
          {presets.map((last) => (
            <Button key={last} aria-pressed={!fixed && range.last === last} onClick={() => choose({ last })}>
              {durationInWords(last)}
            </Button>
          ))}
        </div>
        {now && <Custom now={now} onChoose={choose} />}
      </Popover>
      {fixed && <Move range={range} by={1} onMove={setRange} />}
      {fixed && (
        <button type="button" onClick={() => setRange({ last: defaultSeconds })}>
          Back to live
        </button>
      )}
    </div>
  );
}

function Move({
  range,
  by,
  onMove,
}: {
  range: { from: number; to: number };
  by: 1 | -1;
  onMove: (range: Range) => void;
}) {
  const now = useNow();
  const span = range.to - range.from;
  const from = range.from + by * span;
  const off = now === undefined || from + span > now / 1000 + 60 || from < now / 1000 - defaultSeconds - 60;
  const Icon = by < 0 ? ChevronLeft : ChevronRight;
  return (
    <button
      type="button"
      aria-label={`${durationInWords(span)} ${by < 0 ? 'earlier' : 'later'}`}
      aria-disabled={off}
      title={off ? 'Beyond the hour that pgdeck remembers' : undefined}
      onClick={() => off || onMove({ from, to: from + span })}
    >
      <Icon className="icon icon-small" aria-hidden />
    </button>
  );
}

function Custom({ now, onChoose }: { now: number; onChoose: (range: Range) => void }) {
  const [opened] = useState(now);
  const [from, setFrom] = useState(() => clockMinutes(new Date(opened - 30 * 60_000)));
  const [to, setTo] = useState(() => clockMinutes(new Date(opened)));
  const ends = { from: momentOf(from, now), to: momentOf(to, now) };
  const wrong =
    ends.from === undefined || ends.to === undefined
      ? 'Times look like 14:05.'
      : ends.from >= ends.to
        ? 'From has to be before to.'
        : ends.from < now / 1000 - defaultSeconds - 60
          ? 'pgdeck remembers the last hour.'
          : undefined;
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) onChoose({ from: ends.from as number, to: ends.to as number });
      }}
    >
      <div className="range-custom">
        <label>
          From
          <input
            className="text-input"
            value={from}
            onChange={(event) => setFrom(event.target.value)}
            aria-describedby="range-note"
          />
        </label>
        <label>
          To
          <input
            className="text-input"
            value={to}
            onChange={(event) => setTo(event.target.value)}
            aria-describedby="range-note"
          />
        </label>
      </div>
      <p id="range-note" className="muted px-1.5 text-xs">
        {wrong ?? `Within the last hour, ${zone(new Date(now))}`}
      </p>
      <div className="actions" style={{ justifyContent: 'flex-end', marginTop: 8 }}>
        <Button type="submit" look="primary" off={wrong}>
          Show
        </Button>
      </div>
    </form>
  );
}

/** The latest moment before now (give or take a minute) at which clocks show that time, in epoch seconds. */
function momentOf(text: string, now: number): number | undefined {
  const match = /^([01]?\d|2[0-3]):([0-5]\d)$/.exec(text.trim());
  if (!match) return undefined;
  const at = new Date(now);
  at.setHours(Number(match[1]), Number(match[2]), 0, 0);
  if (at.getTime() > now + 60_000) at.setDate(at.getDate() - 1);
  return Math.floor(at.getTime() / 1000);
}
