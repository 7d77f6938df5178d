import type { Preview, Run } from '@/lib/actions/protocol';
import type { TargetKind } from '@/lib/actions/target';
import type { State } from '../ui/state';

/** The button that acts: the question of the title without its mark, `Terminate session 4711`. */
export function actingWords(preview: Preview): string {
  return preview.title.replace(/\?\s*$/, '');
}

/** The button that leaves everything as it is. */
export function safeWords(kind: TargetKind): string {
  return kind === 'backend' ? 'Keep session' : kind === 'backends' ? 'Keep sessions' : 'Not now';
}

/** How a run's outcome is marked. */
export function runState(run: Run): State {
  switch (run.status) {
    case 'done':
      return 'ok';
    case 'failed':
      return 'critical';
    case 'unknown':
      return 'unknown';
    default:
      return 'warning';
  }
}

/** A run's status in words. */
export function runWord(status: Run['status']): string {
  return {
    queued: 'Waits for its turn',
    awaiting_approval: 'Waits for a second person',
    running: 'Running',
    done: 'Done',
    done_with_warnings: 'Done, with warnings',
    nothing_done: 'Nothing done',
    failed: 'Failed',
    cancelled: 'Cancelled',
    unknown: 'Outcome unknown',
  }[status];
}

/** What the statement locks, in one part of a sentence. */
export function lockWords(preview: Preview): string {
  return preview.locks.length === 0
    ? 'Takes no lock'
    : `Takes ${preview.locks.map((lock) => `${lock.mode} on ${lock.relation}`).join(', ')}`;
}
