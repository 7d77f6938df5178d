'use client';

import { useQueryClient } from '@tanstack/react-query';
import { Clock3 } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { announce } from '@/lib/client/announce';
import { sessionQuery } from '@/lib/client/session-query';
import type { SessionAnswer } from '@/lib/client/shapes';
import { clockMinutes, durationInWords } from '@/lib/format';
import { Button } from '../ui/button';
import { useDoing } from './use-doing';
import { nearEnd, useTimeLeft } from './use-time-left';

/** Tells in time that the session ends, and moves its end where something is done. */
export function EndWarning({ session }: { session: SessionAnswer | undefined }) {
  const client = useQueryClient();
  const left = useTimeLeft(session);
  const near = nearEnd(left);
  const stay = useDoing(session?.idleExpiresAt != null);
  const [read, setRead] = useState<string>();
  const over = left !== undefined && Math.min(left.idle, left.whole) <= 0;
  // Whoever is asked now answers that it has ended, and the page says so at once.
  useEffect(() => {
    if (over) client.invalidateQueries({ queryKey: sessionQuery().queryKey });
  }, [over, client]);
  const end = session?.expiresAt ?? '';
  if (!left || !near || (near === 'whole' && read === end)) return null;
  const seconds = Math.max(0, Math.ceil(left[near] / 1000));
  return near === 'idle' ? (
    <Strip
      key="idle"
      said="You will be signed out in two minutes, because nothing was done here for a while. Any key keeps you signed in."
    >
      <p>
        <b>Signed out in {durationInWords(seconds)}</b>, because nothing was done here for a while.
      </p>
      <Button look="primary" onClick={stay}>
        Stay signed in
      </Button>
    </Strip>
  ) : (
    <Strip
      key="whole"
      said="Your session ends in five minutes, whatever is done: sign in again then. What you have typed stays."
    >
      <p>
        <b>
          Your session ends at {clockMinutes(new Date(end))}, in {durationInWords(seconds)}.
        </b>{' '}
        This end cannot be moved: you sign in again then, and what you have typed stays.
      </p>
      <Button onClick={() => setRead(end)}>Close</Button>
    </Strip>
  );
}

/** A strip in a corner, above every dialog; `said` is what readers of the screen hear, once. */
function Strip({ said, children }: { said: string; children: React.ReactNode }) {
  const strip = useRef<HTMLElement>(null);
  useEffect(() => {
    strip.current?.showPopover();
    announce(said);
  }, [said]);
  return (
    <section ref={strip} popover="manual" className="end-warning" aria-label="End of your session" aria-live="off">
      <Clock3 className="icon" aria-hidden />
      <div>{children}</div>
    </section>
  );
}
