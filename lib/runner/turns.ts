import { ApiError } from '@/lib/access/errors';
import type { Run } from '@/lib/actions/protocol';

/** Thrown where a run was taken out of the queue before its turn. */
export class Withdrawn extends Error {
  override name = 'Withdrawn';
}

/** So many runs may wait on one server, for their turn or for an approval. */
const mostWaiting = 50;

/** Throws 429 where as many wait already as may. */
export function refuseCrowd(waiting: number, forWhat: string): void {
  if (waiting >= mostWaiting)
    throw new ApiError(
      429,
      'busy',
      `${waiting} actions wait for ${forWhat} on this server already. Nothing was done: try it again when some of them are over, or cancel those that are not needed.`,
    );
}

type Waiting = { run: Run; long: boolean; start: (leave: () => void) => void; fail: (error: Withdrawn) => void };

/**
 * Whose turn it is on one server: so many long actions at once, the others in the order they came. What is over in a
 * moment does not wait for hours: one place more is for that.
 */
export class Turns {
  #taken = { long: 0, brief: 0 };
  #waiting: Waiting[] = [];

  constructor(readonly mostLong: number) {}

  /** Resolves with how to leave when it is the run's turn; until then the run is `queued` with its place. Rejects with `Withdrawn`, or 429 where too many wait. */
  take(run: Run, long: boolean): Promise<() => void> {
    return new Promise((start, fail) => {
      if (!this.#free(long)) refuseCrowd(this.#waiting.length, 'their turn');
      this.#waiting.push({ run, long, start, fail });
      this.#next();
    });
  }

  /** Takes a run out of the queue; false where it does not wait there. */
  withdraw(run: Run): boolean {
    const index = this.#waiting.findIndex((each) => each.run === run);
    const [gone] = index < 0 ? [] : this.#waiting.splice(index, 1);
    if (!gone) return false;
    delete run.queuePosition;
    gone.fail(new Withdrawn());
    this.#next();
    return true;
  }

  #free(long: boolean): boolean {
    return long ? this.#taken.long < this.mostLong : this.#taken.brief < 1;
  }

  #next(): void {
    for (const waiting of [...this.#waiting]) {
      if (!this.#free(waiting.long)) continue;
      const kind = waiting.long ? 'long' : 'brief';
      this.#waiting.splice(this.#waiting.indexOf(waiting), 1);
      this.#taken[kind]++;
      let left = false;
      delete waiting.run.queuePosition;
      waiting.run.status = 'running';
      waiting.run.message = 'It runs.';
      waiting.start(() => {
        if (left) return;
        left = true;
        this.#taken[kind]--;
        this.#next();
      });
    }
    this.#waiting.forEach(({ run, long }, index) => {
      run.status = 'queued';
      run.queuePosition = index + 1;
      run.message = long
        ? 'As many long actions as allowed run on this server: it waits for its turn.'
        : 'Another short action runs on this server: it waits for its turn.';
    });
  }
}
