/** What one kind of pgdeck's own statements has cost since it started; the row of topic `own-cost`. */
export type OwnStatement = { statement: string; calls: number; elapsed_ms: number; server_ms: number };

const tagged = /^\s*\w+\s*\/\* pgdeck:([a-z-]+) \*\//;

/** Counts pgdeck's own statements by the tag that they carry, with the time from sending to the answer. */
export class OwnStatements {
  #tags = new Map<string, string>();
  #counts = new Map<string, OwnStatement>();
  /** The quickest answer of all: what the way there and back takes. */
  #quickest = Number.POSITIVE_INFINITY;

  /** Counts one statement; `ms` is the time until it was answered or had failed. */
  add(text: string, ms: number): void {
    let tag = this.#tags.get(text);
    if (tag === undefined) {
      tag = tagged.exec(text)?.[1];
      // What is not tagged is built for one occasion: its text is not kept.
      if (tag === undefined) tag = 'other';
      else this.#tags.set(text, tag);
    }
    const counts = this.#counts.get(tag) ?? { statement: tag, calls: 0, elapsed_ms: 0, server_ms: 0 };
    counts.calls++;
    counts.elapsed_ms += ms;
    this.#quickest = Math.min(this.#quickest, ms);
    counts.server_ms += ms - this.#quickest;
    this.#counts.set(tag, counts);
  }

  /** Every tag with what it has cost. */
  figures(): OwnStatement[] {
    return [...this.#counts.values()].map((counts) => ({ ...counts }));
  }
}
