'use client';

import { type ReactNode, useId, useState } from 'react';
import { fromLocalInput, localInput, wrongSpan } from '@/lib/client/local-time';
import { useKept } from '@/lib/client/use-kept';
import { zone } from '@/lib/format';
import { Button } from './button';

/** From and to with date and time, by the reader's clock; what is wrong is said in words. */
export function SpanForm({
  initial,
  onChoose,
  children,
}: {
  /** Epoch seconds. */
  initial: { from: number; to: number };
  onChoose: (span: { from: number; to: number }) => void;
  /** More buttons, before "Show". */
  children?: ReactNode;
}) {
  const withSeconds = initial.to - initial.from < 600;
  const [from, setFrom] = useState(() => localInput(initial.from, withSeconds));
  const [to, setTo] = useState(() => localInput(initial.to, withSeconds));
  const kept = useKept();
  const note = useId();
  const ends = { from: fromLocalInput(from), to: fromLocalInput(to) };
  const wrong = wrongSpan(ends.from, ends.to, Date.now() / 1000, kept);
  const end = (name: string, value: string, set: (value: string) => void) => (
    <label>
      {name}
      <input
        className="text-input"
        type="datetime-local"
        step={withSeconds ? 1 : 60}
        value={value}
        max={localInput(Date.now() / 1000 + 60, withSeconds)}
        onChange={(event) => set(event.target.value)}
        aria-describedby={note}
        aria-invalid={wrong !== undefined}
      />
    </label>
  );
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (!wrong) onChoose(ends);
      }}
    >
      <div className="span-ends">
        {end('From', from, setFrom)}
        {end('To', to, setTo)}
      </div>
      <p id={note} className={`span-note ${wrong ? 'text-critical' : 'muted'}`}>
        {wrong ?? `${zone(new Date(initial.to * 1000))}, the zone of this computer`}
      </p>
      <div className="actions span-acts">
        {children}
        <Button type="submit" look="primary" off={wrong}>
          Show
        </Button>
      </div>
    </form>
  );
}
