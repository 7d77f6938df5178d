/** What one kind of pgdeck's own statements has cost since it started; the row of topic `own-cost`. */
export type OwnStatement = { statement: string; calls: number; elapsed_ms: number; server_ms: number };

const tagged = /^\s*\w+\s*\/\* pgdeck:([a-z-]+) \*\//;

/** Counts pgdeck's own statements by the tag that they carry, with the time from sending to the answer. */
export class OwnStatements {
  #tags = new Map<string, string>();
  #counts = new Map<string, OwnStatement>();
  /** The quickest answer of all: what the way there and back takes. */
  #quickest = Number.POSITIVE_INFINITY;

  /** The tag that a statement carries; `other` where it carries none. */
  tagOf(text: string): string {
    const known = this.#tags.get(text);
    if (known !== undefined) return known;
    const tag = tagged.exec(text)?.[1];
    // What is not tagged is built for one occasion: its text is not kept.
    if (tag !== undefined) this.#tags.set(text, tag);
    return tag ?? 'other';
  }

  /** Counts one statement; `ms` is the time until it was answered or had failed. */
  add(text: string, ms: number): void {
    const tag = this.tagOf(text);
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
