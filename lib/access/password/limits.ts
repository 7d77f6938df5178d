import { ApiError } from '../errors';

const windowMs = 15 * 60_000;
const failuresOfOne = 5;
const failuresOfAll = 50;

/** An attempt to sign in counts as failed until it is said to be right. */
export type Attempt = { succeeded(): void };

/**
 * How often a password may be tried: five failures in 15 minutes for a name, fifty for all names together, whoever asks
 * (an address can be made up). A browser that has signed in as that name before is counted by itself, so that strangers
 * who fail on purpose keep out only each other.
 */
export class SignInLimits {
  /** When attempts failed, oldest first; as many names as attempts at most. */
  readonly #failed = new Map<string, number[]>();

  /** Begins an attempt for a name, from a browser that is known to have been that person's; throws 429. */
  begin(name: string, browser: string | undefined): Attempt {
    const now = Date.now();
    this.#forget(now);
    const own = browser === undefined ? undefined : `browser ${browser}`;
    const keys = own !== undefined && this.#waitMs(own, failuresOfOne, now) === 0 ? [own] : [`name ${name}`, 'all'];
    const waitMs = Math.max(
      ...keys.map((key) => this.#waitMs(key, key === 'all' ? failuresOfAll : failuresOfOne, now)),
    );
    if (waitMs > 0) throw tooMany(waitMs);
    for (const key of keys) this.#failed.set(key, [...(this.#failed.get(key) ?? []), now]);
    return {
      succeeded: () => {
        for (const key of keys) this.#takeBack(key, now);
      },
    };
  }

  #waitMs(key: string, most: number, now: number): number {
    const failed = this.#failed.get(key) ?? [];
    const oldest = failed.at(-most);
    return oldest === undefined ? 0 : Math.max(1, oldest + windowMs - now);
  }

  #takeBack(key: string, at: number): void {
    const failed = this.#failed.get(key) ?? [];
    const index = failed.indexOf(at);
    if (index >= 0) failed.splice(index, 1);
  }

  #forget(now: number): void {
    for (const [key, failed] of this.#failed) {
      const left = failed.filter((at) => at > now - windowMs);
      if (left.length === 0) this.#failed.delete(key);
      else this.#failed.set(key, left);
    }
  }
}

/** 429 that says when to try again, and nothing of whose attempts they were. */
function tooMany(waitMs: number): ApiError {
  const minutes = Math.ceil(waitMs / 60_000);
  return new ApiError(
    429,
    'busy',
    `Too many sign-ins failed. Try again in ${minutes === 1 ? 'a minute' : `${minutes} minutes`}.`,
    undefined,
    { 'retry-after': String(Math.ceil(waitMs / 1000)) },
  );
}
