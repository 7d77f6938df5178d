/** How fast something goes and when it would be done; null where that is not known. */
export type Speed = { ratePerSecond: number | null; etaSeconds: { low: number; high: number } | null };

const unknown: Speed = { ratePerSecond: null, etaSeconds: null };
const keepMs = 60_000;
const stretchMs = 4000;

/**
 * The pace of one phase from its successive figures: over the last minute the rate of each stretch of some seconds; the
 * fastest and the slowest of them make the band of the time that is left.
 */
export class Pace {
  #phase = '';
  #samples: { at: number; done: number }[] = [];

  /** Takes what is done now; another phase, or less than before, begins anew. */
  take(at: number, phase: string, done: number | null, total: number | null): Speed {
    const last = this.#samples.at(-1);
    if (phase !== this.#phase || done === null || (last && done < last.done)) this.#samples = [];
    this.#phase = phase;
    if (done === null) return unknown;
    this.#samples.push({ at, done });
    this.#samples = this.#samples.filter((sample) => at - sample.at <= keepMs);
    const rates = this.#rates();
    const first = this.#samples[0];
    if (!first || rates.length === 0) return unknown;
    const ratePerSecond = ((done - first.done) / (at - first.at)) * 1000;
    const [slowest, fastest] = [Math.min(...rates), Math.max(...rates)];
    // Where it stood still nobody can say when it ends.
    if (total === null || rates.length < 3 || slowest <= 0) return { ratePerSecond, etaSeconds: null };
    const left = Math.max(0, total - done);
    return { ratePerSecond, etaSeconds: { low: left / fastest, high: left / slowest } };
  }

  /** The rate of each stretch that lasted long enough, per second. */
  #rates(): number[] {
    let from = 0;
    return this.#samples.flatMap((sample, index) => {
      while (from + 1 < index && sample.at - (this.#samples[from + 1]?.at ?? 0) >= stretchMs) from++;
      const start = this.#samples[from];
      return start && sample.at - start.at >= stretchMs
        ? [((sample.done - start.done) / (sample.at - start.at)) * 1000]
        : [];
    });
  }
}
