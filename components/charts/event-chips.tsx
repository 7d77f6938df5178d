'use client';

import { GitCommitHorizontal } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { visible } from '@/components/ui/highlight';
import { usePageTime } from '@/lib/client/page-time';
import { lastingQuery } from '@/lib/client/range';
import { clock, moment, plural } from '@/lib/format';
import type { ChangeEvent } from '@/lib/history/answers';
import { changeKinds } from '../changes/kinds';
import { Button } from '../ui/button';
import { Link } from '../ui/link';
import { Popover } from '../ui/popover';
import { type Chip, placeEvents } from './place-events';
import { momentText } from './time-ticks';

/** From which width of a plot on the words of an event stand on its chip, in px. */
const wordsFrom = 560;
const listed = 8;

/** The changes of a chart: a dotted line each, a chip above the plot, what changed when that is opened. */
export function EventChips({
  events,
  from,
  to,
  width,
  onMoment,
}: {
  events: ChangeEvent[];
  from: number;
  to: number;
  /** Of the plot, in px. */
  width: number;
  onMoment: (at: number) => void;
}) {
  const span = to - from;
  const words = (event: ChangeEvent) => `${momentText(event.at, span, 60)} ${visible(event.title)}`;
  const { chips, withWords } = placeEvents(events, { from, to, width }, width >= wordsFrom ? words : undefined);
  return (
    <>
      {events.map((event) => (
        <i key={event.id} className="chart-event-line" style={{ left: ((event.at - from) / span) * width }} />
      ))}
      {chips.map((chip) => (
        <EventChip
          key={chip.events[0]?.id}
          chip={chip}
          words={words}
          withWords={withWords}
          right={chip.middle > width / 2}
          onMoment={onMoment}
        />
      ))}
    </>
  );
}

function EventChip({
  chip: { events, middle, width },
  words,
  withWords,
  right,
  onMoment,
}: {
  chip: Chip;
  words: (event: ChangeEvent) => string;
  withWords: boolean;
  right: boolean;
  onMoment: (at: number) => void;
}) {
  const first = events[0] as ChangeEvent;
  const one = events.length === 1;
  const Icon = one ? changeKinds[first.kind].icon : GitCommitHorizontal;
  const title = one ? words(first) : plural(events.length, 'change');
  return (
    <Popover
      title={one ? visible(changeTitle(first)) : title}
      align={right ? 'end' : 'start'}
      trigger={
        <button type="button" className="chart-event" style={{ left: middle - width / 2, width }} aria-label={title}>
          <Icon className="icon icon-tiny" aria-hidden />
          {one ? withWords && <span className="cut">{words(first)}</span> : <span className="cut">{title}</span>}
          <span className={`chart-event-tip ${right ? 'chart-event-tip-right' : ''}`} aria-hidden>
            {one
              ? title
              : events
                  .slice(0, 3)
                  .map((event) => visible(event.title))
                  .join(' · ')}
          </span>
        </button>
      }
    >
      <EventList events={events} onMoment={onMoment} />
    </Popover>
  );
}

const changeTitle = ({ kind }: ChangeEvent) => {
  const { one } = changeKinds[kind];
  return one.charAt(0).toUpperCase() + one.slice(1);
};

function EventList({ events, onMoment }: { events: ChangeEvent[]; onMoment: (at: number) => void }) {
  const { server } = usePageTime();
  const lasting = lastingQuery(useSearchParams());
  const shown = events.slice(-listed).toReversed();
  return (
    <>
      <ul className="chart-events">
        {shown.map((event) => {
          const { icon: Icon } = changeKinds[event.kind];
          const at = new Date(event.at * 1000);
          return (
            <li key={event.id}>
              <Icon className="icon icon-small muted" aria-hidden />
              <div>
                <p>{visible(event.title)}</p>
                <p className="muted text-xs">
                  {moment(at)}
                  {event.actor && `, by ${event.actor}`}
                </p>
              </div>
              <Button aria-label={`Show everything at ${clock(at)}`} onClick={() => onMoment(event.at)}>
                Go to
              </Button>
            </li>
          );
        })}
      </ul>
      <p className="muted text-xs" style={{ marginTop: 8 }}>
        {events.length > listed && `The newest ${listed} of ${events.length}. `}
        <Link href={`/${encodeURIComponent(server)}/changes${lasting}`} prefetch={false}>
          All changes
        </Link>
      </p>
    </>
  );
}
