'use client';

import type { ReactNode } from 'react';
import { useState } from 'react';
import { useNow } from '@/lib/client/clock';
import { RequestError } from '@/lib/client/request';
import { durationInWords } from '@/lib/format';
import { Button } from './button';
import { Note } from './note';
import { StateText } from './state';

/** What `useQuery` tells of an answer that is not a topic's. */
export type AskedQuery<T> = {
  data: T | undefined;
  failureReason: Error | null;
  isFetching: boolean;
  refetch: () => unknown;
};

/**
 * The body of a panel whose figures are no topic's (history, changes, cost): waiting, refused with the reason, or the
 * answer. What was there stays while it cannot be asked again, and that is said above it.
 */
export function Asked<T>({
  query,
  height = 120,
  flush,
  children,
}: {
  query: AskedQuery<T>;
  height?: number;
  flush?: boolean;
  children: (data: T) => ReactNode;
}) {
  const { data, failureReason: failure } = query;
  if (data === undefined) return failure ? <Refused query={query} failure={failure} /> : <Waiting height={height} />;
  return (
    <>
      {failure && (
        <div className="panel-body">
          <Note state="warning" action={<Again query={query} />}>
            <p>
              <b>Not updated.</b> {failure.message} It is asked again by itself; what stands here is from before.
            </p>
          </Note>
        </div>
      )}
      <div className={`panel-body ${flush ? 'panel-body-flush' : ''}`}>{children(data)}</div>
    </>
  );
}

function Waiting({ height }: { height: number }) {
  const [since] = useState(() => Date.now());
  const now = useNow();
  const seconds = now ? (now - since) / 1000 : 0;
  return (
    <div className="panel-body" aria-busy="true">
      <p className="soft">
        {seconds >= 1 ? `Asking pgdeck; ${durationInWords(Math.round(seconds))} so far.` : '\u00a0'}
      </p>
      <div className="panel-waiting" style={{ height }} />
    </div>
  );
}

function Refused<T>({ query, failure }: { query: AskedQuery<T>; failure: Error }) {
  const status = failure instanceof RequestError ? failure.status : 0;
  return (
    <div className="panel-message">
      <StateText state="unknown">
        {status === 503 ? 'Needs the history store' : status === 403 ? 'Not for your role' : 'Not known'}
      </StateText>
      <p>{failure.message}</p>
      {status !== 403 && (
        <div className="actions">
          <Again query={query} />
        </div>
      )}
    </div>
  );
}

function Again<T>({ query }: { query: AskedQuery<T> }) {
  return (
    <Button onClick={() => query.refetch()} off={query.isFetching && 'pgdeck is being asked.'}>
      Try again
    </Button>
  );
}
