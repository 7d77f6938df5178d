import type { Raw } from '@/lib/topics/topic';

/** Sessions that work at once are many from this number on, and when they are so many times as many as usual. */
const manyFrom = 4;
const manyTimes = 2;
/** Over how long the usual number is taken. */
const usualMs = 10 * 60_000;
/** How long something that is new is looked at as closely as it gets. */
const newMs = 60_000;

/** What a look at the working and waiting sessions says: whether something stands out, is there anew, and since lately. */
export type Look = { close: boolean; anew: boolean; lately: boolean };

/** Tells when the sessions of a server deserve a closer look: somebody waits for a lock, or more work than usual. */
export class Attention {
  #known = new Set<string>();
  #usual: number | undefined;
  #lookedAt = 0;
  #newAt = Number.NEGATIVE_INFINITY;

  /** Takes the rows of the topic `load` as they were at `at` (epoch milliseconds). */
  look(rows: Raw[], at: number): Look {
    const usual = Math.max(1, this.#usual ?? rows.length);
    const waiting = new Set<number>();
    const blockers = new Set<number>();
    for (const row of rows) {
      const behind = (row.blocked_by as number[] | undefined) ?? [];
      if (row.wait_event_type === 'Lock' || behind.length > 0) waiting.add(row.pid as number);
      for (const pid of behind) blockers.add(pid);
    }
    const found = new Set([...waiting].map((pid) => `waits ${pid}`));
    for (const pid of blockers) if (!waiting.has(pid)) found.add(`root ${pid}`);
    if (rows.length >= manyFrom && rows.length > manyTimes * usual) found.add('many');
    const anew = [...found].some((one) => !this.#known.has(one));
    if (anew) this.#newAt = at;
    this.#known = found;
    const share = Math.min(1, Math.max(0, at - this.#lookedAt) / usualMs);
    this.#usual = this.#usual === undefined ? rows.length : this.#usual + share * (rows.length - this.#usual);
    this.#lookedAt = at;
    return { close: found.size > 0, anew, lately: at - this.#newAt < newMs };
  }
}

/** Bytes that may be stored: so many a day on the average, and so many at once; it can be overdrawn by one piece. */
export class Allowance {
  readonly #perMs: number;
  readonly #burst: number;
  #left: number;
  #at: number;

  constructor(perDay: number, burst: number, at: number) {
    this.#perMs = perDay / 86_400_000;
    this.#burst = burst;
    this.#left = burst;
    this.#at = at;
  }

  /** Whether anything is left at `at` (epoch milliseconds). */
  allows(at: number): boolean {
    this.#left = Math.min(this.#burst, this.#left + Math.max(0, at - this.#at) * this.#perMs);
    this.#at = at;
    return this.#left > 0;
  }

  /** Takes what was stored. */
  spend(bytes: number): void {
    this.#left -= bytes;
  }
}
