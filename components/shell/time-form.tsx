'use client';

import { useId, useState } from 'react';
import { announce } from '@/lib/client/announce';
import { endsOf } from '@/lib/client/history-queries';
import { fromLocalInput, localInput, wrongMoment } from '@/lib/client/local-time';
import { usePageTime } from '@/lib/client/page-time';
import { presets } from '@/lib/client/range';
import { usePageTimes } from '@/lib/client/url-state';
import { useEvents } from '@/lib/client/use-events';
import { useHistory, useKept } from '@/lib/client/use-kept';
import { clock, moment } from '@/lib/format';
import { changeKinds } from '../changes/kinds';
import { Button } from '../ui/button';
import { SpanForm } from '../ui/span-form';
import { presetText } from './time-text';

const listed = 3;

/** Chooses the time of the charts, or a moment of the past: spans up to now, from and to, a moment, the newest changes. */
export function TimeForm({ onDone }: { onDone: () => void }) {
  const { range, at, setRange } = usePageTimes();
  const kept = useKept();
  const history = useHistory();
  const note = useId();
  const beyond = presets.filter((last) => kept && last > kept.seconds);
  const { raw, minute, hour } = history?.oldest ?? {};
  const oldest = Math.min(...[raw, minute, hour].filter((each) => typeof each === 'number'));
  return (
    <div className="time-form">
      {/* biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a line */}
      <div className="range-presets" role="group" aria-label="Up to now">
        {presets.map((last) => {
          const off = beyond.includes(last) && kept?.because;
          return (
            <Button
              key={last}
              aria-label={`Last ${presetText(last)}`}
              aria-pressed={at === null && 'last' in range && range.last === last}
              off={off}
              {...(off && { 'aria-describedby': note })}
              onClick={() => {
                setRange({ last });
                onDone();
              }}
            >
              {presetText(last)}
            </Button>
          );
        })}
      </div>
      <p id={note} className="span-note muted">
        {beyond.length > 0
          ? kept?.because
          : Number.isFinite(oldest)
            ? `Recorded since ${moment(new Date(oldest * 1000))}.`
            : '\u00a0'}
      </p>
      <SpanForm
        initial={endsOf(range)}
        onChoose={(span) => {
          setRange(span);
          onDone();
        }}
      />
      <MomentForm onDone={onDone} />
    </div>
  );
}

function MomentForm({ onDone }: { onDone: () => void }) {
  const { server } = usePageTime();
  const { range, at, goTo } = usePageTimes();
  const kept = useKept();
  const events = useEvents(server, range).slice(-listed).toReversed();
  const [text, setText] = useState(() => localInput(at ?? Date.now() / 1000 - 300, true));
  const note = useId();
  const wrong = wrongMoment(fromLocalInput(text), Date.now() / 1000, kept);
  const go = (seconds: number) => {
    goTo(seconds);
    announce(`Everything as of ${moment(new Date(seconds * 1000))}.`);
    onDone();
  };
  return (
    <form
      className="time-moment"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) go(fromLocalInput(text));
      }}
    >
      <label>
        Everything as it was at
        <input
          className="text-input"
          type="datetime-local"
          step={1}
          value={text}
          max={localInput(Date.now() / 1000, true)}
          onChange={(event) => setText(event.target.value)}
          aria-describedby={note}
          aria-invalid={wrong !== undefined}
        />
      </label>
      <Button type="submit" off={wrong}>
        Go to
      </Button>
      <p id={note} className="span-note text-critical">
        {wrong}
      </p>
      {events.length > 0 && (
        <ul className="time-events" aria-label="Newest changes">
          {events.map((event) => {
            const { icon: Icon } = changeKinds[event.kind];
            return (
              <li key={event.id}>
                <button type="button" className="menu-item" onClick={() => go(event.at)}>
                  <Icon className="icon" aria-hidden />
                  <span className="cut">{event.title}</span>
                  <span className="muted">{clock(new Date(event.at * 1000))}</span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </form>
  );
}
