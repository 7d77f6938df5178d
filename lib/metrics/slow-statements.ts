import type { Logger } from './log';

/** A statement of pgdeck's own that was answered, or failed, after so many milliseconds. */
export type Asked = { tag: string; ms: number };

const stretchMs = 60_000;

type Stretch = { count: number; longestMs: number; totalMs: number; from: number };

/**
 * Logs pgdeck's own slow statements to one server: at most one line in a minute for each tag, with how many there were since
 * the line before, the longest, and their time together. The first is told at once, the rest when the minute is over.
 */
export class SlowStatements {
  readonly #server: string;
  readonly #limits: { warnMs: number; errorMs: number };
  readonly #log: Pick<Logger, 'warn' | 'error'>;
  readonly #clock: () => number;
  readonly #told = new Map<string, number>();
  readonly #open = new Map<string, Stretch>();

  constructor(
    server: string,
    limits: { warnMs: number; errorMs: number },
    log: Pick<Logger, 'warn' | 'error'>,
    clock: () => number = () => performance.now(),
  ) {
    this.#server = server;
    this.#limits = limits;
    this.#log = log;
    this.#clock = clock;
  }

  /** Takes note of a statement. */
  note({ tag, ms }: Asked): void {
    if (ms < this.#limits.warnMs) return;
    const now = this.#clock();
    const stretch = this.#open.get(tag) ?? { count: 0, longestMs: 0, totalMs: 0, from: now };
    stretch.count++;
    stretch.longestMs = Math.max(stretch.longestMs, ms);
    stretch.totalMs += ms;
    if (!this.#open.has(tag)) {
      this.#open.set(tag, stretch);
      const wait = stretchMs - (now - (this.#told.get(tag) ?? Number.NEGATIVE_INFINITY));
      if (wait > 0) setTimeout(() => this.#tell(tag), wait).unref();
      else this.#tell(tag);
    }
  }

  #tell(tag: string): void {
    const stretch = this.#open.get(tag);
    if (!stretch) return;
    const now = this.#clock();
    this.#open.delete(tag);
    this.#told.set(tag, now);
    const { count, longestMs, totalMs, from } = stretch;
    this.#log[longestMs >= this.#limits.errorMs ? 'error' : 'warn'](
      {
        server: this.#server,
        topic: tag,
        count,
        longestMs: Math.round(longestMs),
        totalMs: Math.round(totalMs),
        stretchSeconds: Math.round((now - from) / 1000),
      },
      "pgdeck's own statement was slow",
    );
  }
}
