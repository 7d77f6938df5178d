const windowMs = 5 * 60_000;
/** Enough for five minutes of more than ten a second; what is more makes the window shorter, never the memory larger. */
const most = 4096;

/** Measured values of the last five minutes. */
export class SlidingWindow {
  #values: { at: number; value: number }[] = [];

  /** Takes one value; `now` is of a clock that only goes on (ms). */
  add(value: number, now = performance.now()): void {
    this.#values.push({ at: now, value });
    // Cut now and then, not at each value.
    if (this.#values.length >= 2 * most) this.#values = this.#values.slice(-most);
  }

  /** How many there were, or how many of the last so many milliseconds. */
  count(now = performance.now(), withinMs = windowMs): number {
    return this.#kept(now).filter(({ at }) => now - at < withinMs).length;
  }

  /** The values under which these shares of all lie (nearest rank), or of those of the last so many milliseconds; null where there were none. */
  percentiles(shares: number[], now = performance.now(), withinMs = windowMs): (number | null)[] {
    const sorted = this.#kept(now)
      .filter(({ at }) => now - at < withinMs)
      .map(({ value }) => value)
      .sort((a, b) => a - b);
    return shares.map((share) => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? null);
  }

  #kept(now: number): { at: number; value: number }[] {
    const from = this.#values.findIndex(({ at }) => now - at < windowMs);
    this.#values = from === -1 ? [] : this.#values.slice(Math.max(from, this.#values.length - most));
    return this.#values;
  }
}
