'use client';

import './actions.css';
import '../progress/progress.css';
import type { Run, RunProgress } from '@/lib/actions/protocol';
import { plural } from '@/lib/format';
import { visible } from '../ui/highlight';
import { Facts } from './action-preview';
import { InTheWayNote } from './in-the-way';
import { PastRuns } from './past-runs';
import { doneWords, leftWords, rateWords } from './words';

/** How far a run is: step, phase, bar, rate, time left, who it waits for and who waits behind it. */
export function RunProgressView({ server, run }: { server: string; run: Run }) {
  const { progress, past = [] } = run;
  return (
    <>
      <div className="run-progress">
        <p className="run-line">
          <span>{progress ? stepWords(progress) : 'Not begun'}</span>
          <span>{progress ? leftWords(progress) : undefined}</span>
        </p>
        <ProgressBar label={run.title} progress={progress} />
        <p className="run-line">
          <span>
            {progress ? visible(progress.phase) : '\u00a0'}
            {progress && doneWords(progress) && `: ${doneWords(progress)}`}
          </span>
          <span>{progress ? rateWords(progress) : undefined}</span>
        </p>
      </div>
      {progress && (
        <>
          <InTheWayNote server={server} title="It waits." all={progress.waitsFor} />
          {progress.waitingBehind > 0 && (
            <p className="text-warning">
              {plural(progress.waitingBehind, 'session waits', 'sessions wait')} behind it now.
            </p>
          )}
        </>
      )}
      {((progress?.details.length ?? 0) > 0 || past.length > 0) && (
        <Facts facts={progress?.details ?? []} className="facts-part">
          <PastRuns past={past} />
        </Facts>
      )}
    </>
  );
}

/** The bar of a run; hatched where PostgreSQL does not tell how far it is. */
export function ProgressBar({ label, progress }: { label: string; progress: RunProgress | null }) {
  const fraction = progress?.fraction ?? null;
  return (
    <div
      className="progress-track"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(fraction !== null && { 'aria-valuenow': Math.floor(fraction * 100) })}
      aria-valuetext={progress ? (doneWords(progress) ?? progress.phase) : 'not begun'}
      data-open={fraction === null ? '' : undefined}
    >
      {fraction !== null && <i style={{ width: `${fraction * 100}%` }} />}
    </div>
  );
}

function stepWords({ step }: RunProgress): string {
  if (!step) return 'Under way';
  return step.count > 1 ? `Step ${step.index} of ${step.count}: ${visible(step.title)}` : visible(step.title);
}
