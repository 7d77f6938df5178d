'use client';

import { History, Pause, RefreshCw, Snowflake } from 'lucide-react';
import type { ReactNode } from 'react';
import { Button } from '@/components/ui/button';
import { Clock, PastMoment } from '@/components/ui/time';
import { useLive } from '@/lib/client/live';
import type { TopicView } from '@/lib/client/use-topic';
import { durationInWords, plural } from '@/lib/format';

/** The strip on top of a live table, always there: how often it asks, or since when it stands still and what waits. */
export function LiveStrip({
  cadenceSeconds,
  frozen,
  frozenAt,
  waiting,
  onResume,
  past,
  tools,
}: {
  cadenceSeconds: number;
  frozen: boolean;
  frozenAt: string | undefined;
  waiting: number;
  onResume: () => void;
  /** On a page of the past: the rows' own moment. */
  past?: TopicView | undefined;
  tools: ReactNode;
}) {
  const { live, setLive } = useLive();
  if (past)
    return (
      <div className="live-strip">
        <History className="icon text-accent-text" aria-hidden />
        <span className="soft">
          <PastMoment view={past} fallback="The past: nothing moves and nothing can be done here." />
        </span>
        <span className="push" />
        {tools}
      </div>
    );
  if (frozen)
    return (
      <div className="live-strip live-strip-frozen">
        <Snowflake className="icon" aria-hidden />
        <span>
          <b>
            Frozen
            {frozenAt && (
              <>
                {' '}
                at <Clock at={frozenAt} />
              </>
            )}
          </b>{' '}
          <span className="muted">
            <span className="wide-only">while you are on a row. </span>
            {plural(waiting, 'change')} {waiting === 1 ? 'waits' : 'wait'}.
          </span>
        </span>
        <span className="push" />
        <Button look="quiet" onClick={onResume}>
          Resume <kbd>Esc</kbd>
        </Button>
        {tools}
      </div>
    );
  return (
    <div className="live-strip">
      {live ? <RefreshCw className="icon muted" aria-hidden /> : <Pause className="icon" aria-hidden />}
      <span className="soft">
        {live
          ? `Live, every ${durationInWords(cadenceSeconds)}. It stands still while you are on a row.`
          : 'Paused: rows are as they were.'}
      </span>
      <span className="push" />
      {!live && (
        <Button look="quiet" onClick={() => setLive(true)}>
          Go live
        </Button>
      )}
      {tools}
    </div>
  );
}
