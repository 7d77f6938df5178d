import type { Step } from '@/lib/actions/action';
import type { RunProgress } from '@/lib/actions/protocol';
import { plural } from '@/lib/format';
import { cancelOwn } from './cancel-own';
import type { Job } from './job';
import { Follower, type Looked } from './progress/read';

const everyMs = 1000;

/** Looks at a statement of ours while it runs. */
export type Watching = {
  /** Looks no more; resolves when no cancel of it is under way any more. */
  stop: () => Promise<void>;
  /** Why it was cancelled for others; undefined while it was not. */
  steppedBack?: string;
};

/** Once a second: how far a statement is, and who waits behind it; steps back by the statement's policy. */
export function watch(
  job: Job,
  step: Pick<Step, 'yieldAfterSeconds'>,
  place: NonNullable<RunProgress['step']>,
  session: { pid: number },
): Watching {
  const watching: Watching = {
    stop: async () => {
      stopped = true;
      clearInterval(timer);
      await cancelling;
    },
  };
  const follower = new Follower();
  let stopped = false;
  let asking = false;
  let cancelling: Promise<unknown> | undefined;
  const look = async () => {
    if (asking) return;
    asking = true;
    try {
      const seen = await job.acting.signal((query) => follower.look(query, session.pid));
      if (!seen || stopped || job.run.endedAt) return;
      show(job, seen, place);
      const reason = stepBack(step, seen);
      if (reason === undefined || watching.steppedBack) return;
      watching.steppedBack = reason;
      job.steppedBack = reason;
      cancelling = cancelOwn(job, session.pid).catch(() => false);
      await cancelling;
    } catch {
      // What could not be asked now is asked in a second.
    } finally {
      asking = false;
    }
  };
  const timer = setInterval(() => void look(), everyMs).unref();
  return watching;
}

/** Writes what was seen into the run. */
export function show(job: Job, seen: Looked, place: NonNullable<RunProgress['step']>): void {
  job.run.progress = { ...seen.progress, step: place.count > 1 ? place : null };
}

/** Why a statement has to step back for those who wait behind it; undefined where it need not. */
export function stepBack(
  { yieldAfterSeconds }: Pick<Step, 'yieldAfterSeconds'>,
  { progress, longestBehind }: Looked,
): string | undefined {
  if (yieldAfterSeconds === undefined || longestBehind < yieldAfterSeconds) return undefined;
  return `It stepped back: ${plural(progress.waitingBehind, 'session')} had waited ${Math.round(longestBehind)} s behind it.`;
}
