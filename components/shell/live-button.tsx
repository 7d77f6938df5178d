'use client';

import { Pause, Play } from 'lucide-react';
import { announce } from '@/lib/client/announce';
import { useLive } from '@/lib/client/live';

/** Whether the page goes on by itself: a control, not an animation. */
export function LiveButton() {
  const { live, setLive } = useLive();
  const toggle = () => {
    setLive(!live);
    announce(live ? 'Paused. Nothing is updated until you go live again.' : 'Live again.');
  };
  return (
    <div className="joined">
      <button
        type="button"
        className={live ? 'live-on' : 'live-off'}
        aria-label={live ? 'Live. Pause' : 'Paused. Go live'}
        onClick={toggle}
      >
        {live ? (
          <>
            <span className="live-dot" />
            Live
            <Pause className="icon icon-tiny" aria-hidden />
          </>
        ) : (
          <>
            Paused
            <Play className="icon icon-tiny" aria-hidden />
          </>
        )}
      </button>
    </div>
  );
}
