'use client';

import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { visible } from '@/components/ui/highlight';
import { Clock } from '@/components/ui/time';
import { useNow } from '@/lib/client/clock';
import { moment } from '@/lib/format';
import type { ChangeEvent } from '@/lib/history/answers';
import { Link } from '../ui/link';
import { changeKinds } from './kinds';
import { compareAround, momentHref } from './links';
import { byDay, facts } from './summary';

/** Changes, newest first and by day; each opens to what there is to tell of it. */
export function ChangeList({ server, events }: { server: string; events: ChangeEvent[] }) {
  const [open, setOpen] = useState<string>();
  return (
    <div className="changes">
      {byDay(events).map(({ day, events: ofDay }) => (
        <section key={day} aria-label={day}>
          <h3>{day}</h3>
          <ol>
            {ofDay.map((event) => (
              <Change
                key={event.id}
                server={server}
                event={event}
                open={open === event.id}
                onToggle={() => setOpen(open === event.id ? undefined : event.id)}
              />
            ))}
          </ol>
        </section>
      ))}
    </div>
  );
}

function Change({
  server,
  event,
  open,
  onToggle,
}: {
  server: string;
  event: ChangeEvent;
  open: boolean;
  onToggle: () => void;
}) {
  const { icon: Icon, one } = changeKinds[event.kind];
  return (
    <li data-kind={event.kind}>
      <button type="button" aria-expanded={open} onClick={onToggle}>
        <ChevronRight className="icon icon-tiny" aria-hidden />
        <span className="muted">
          <Clock at={new Date(event.at * 1000).toISOString()} />
        </span>
        <Icon className="icon icon-small" aria-hidden />
        <span className="change-title">
          <span className="visually-hidden">{one}: </span>
          {visible(event.title)}
        </span>
        <span className="muted cut">{visible(event.actor ?? '')}</span>
      </button>
      {open && <Detail server={server} event={event} />}
    </li>
  );
}

function Detail({ server, event }: { server: string; event: ChangeEvent }) {
  const now = useNow();
  return (
    <div className="change-detail">
      <dl className="facts">
        <dt>When</dt>
        <dd>{moment(new Date(event.at * 1000))}</dd>
        <dt>Kind</dt>
        <dd>{changeKinds[event.kind].one}</dd>
        {event.actor && (
          <>
            <dt>By</dt>
            <dd>{visible(event.actor)}</dd>
          </>
        )}
        {facts(event.detail).map(({ name, text }) => (
          <div key={name} className="contents">
            <dt>{name}</dt>
            <dd>{visible(text)}</dd>
          </div>
        ))}
      </dl>
      <div className="actions">
        <Link className="button" href={momentHref(server, event.at)} prefetch={false}>
          Go to this moment
        </Link>
        {now && (
          <Link className="button" href={compareAround(server, event.at, now / 1000)} prefetch={false}>
            Compare before and after
          </Link>
        )}
      </div>
    </div>
  );
}
