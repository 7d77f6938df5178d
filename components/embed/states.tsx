'use client';

import { type ReactNode, useEffect, useState } from 'react';
import { Button } from '../ui/button';
import { StateIcon } from '../ui/state';

const quietMs = 5000;

/** Shown while the portal has not signed the frame in: nothing for a moment, then what is waited for or what is wrong. */
export function Waiting({
  alone,
  refused,
  onAgain,
}: {
  /** There is no portal around. */
  alone: boolean;
  /** Why the portal's token was not taken. */
  refused: string | undefined;
  onAgain: () => void;
}) {
  const [late, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), quietMs);
    return () => clearTimeout(timer);
  }, []);
  if (refused)
    return (
      <Message title="pgdeck cannot be shown here" state="critical">
        <p>{refused} Whoever runs this portal can mend it.</p>
        <Button className="justify-self-start" onClick={onAgain}>
          Try again
        </Button>
      </Message>
    );
  if (alone)
    return (
      <Message title="This page is for a portal" state="unknown">
        <p>It shows pgdeck inside another page, which says who is there. Nothing is shown without it.</p>
      </Message>
    );
  if (!late) return <output className="embed-waiting visually-hidden">Waiting for the portal.</output>;
  return (
    <Message title="Waiting for the portal" state="unknown">
      <p>The page around this one has not said yet who is there. Reload that page if this stays.</p>
    </Message>
  );
}

/** Above pages that are not kept up any more: what is seen is as old as each panel says. */
export function Ended({ onAgain }: { onAgain: () => void }) {
  return (
    <div className="banner warning embed-ended" role="status">
      <StateIcon state="warning" />
      <p>
        <b>The session of this frame has ended.</b> What you see is as old as each panel says. The portal is being asked
        to go on.
      </p>
      <Button onClick={onAgain}>Ask now</Button>
    </div>
  );
}

/** One thing that is to be said instead of a page. */
export function Message({
  title,
  state,
  children,
}: {
  title: string;
  state: 'critical' | 'unknown';
  children: ReactNode;
}) {
  return (
    <section className="panel embed-message" aria-labelledby="embed-message">
      <header>
        <h1 id="embed-message" className={`state ${state}`}>
          <StateIcon state={state} />
          {title}
        </h1>
      </header>
      <div className="panel-message">{children}</div>
    </section>
  );
}
