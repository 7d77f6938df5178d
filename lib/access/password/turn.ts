import { ApiError } from '../errors';

const mostWaiting = 8;

/** One after the other, for what takes a processor for a while; throws 429 where too many wait already. */
export class Turn {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  async take<T>(work: () => Promise<T>): Promise<T> {
    if (this.#waiting >= mostWaiting)
      throw new ApiError(429, 'busy', 'Many people sign in just now. Try again in a moment.', undefined, {
        'retry-after': '3',
      });
    this.#waiting++;
    const turn = this.#last.then(work).finally(() => {
      this.#waiting--;
    });
    this.#last = turn.catch(() => {});
    return turn;
  }
}
