import type { Known, Lookup, Raw } from '@/lib/topics/topic';

type Entry = { row: Raw | undefined; askedAt: number; usedAt: number };

const forgetAfterMs = 60 * 60_000;
const retrySeconds = 5;

/** What the lookups of one server remember, by lookup, database and key; times (ms) are of a clock that only goes on. */
export class Remembered {
  #entries = new Map<string, Map<string, Entry>>();
  #failedAt = new Map<string, number>();

  /** The keys of `keys` that are unknown or due to be asked again. */
  due(lookup: Lookup, database: string, keys: Iterable<string>, now = performance.now()): string[] {
    const failedAt = this.#failedAt.get(this.#place(lookup, database));
    if (failedAt !== undefined && now - failedAt < (lookup.retrySeconds ?? retrySeconds) * 1000) return [];
    const entries = this.#of(lookup, database);
    const due: string[] = [];
    for (const key of new Set(keys)) {
      const entry = entries.get(key);
      if (entry) entry.usedAt = now;
      if (!entry || now - entry.askedAt >= lookup.everySeconds * 1000) due.push(key);
    }
    return due;
  }

  /** Keeps the answer for `asked`; keys without a row are remembered as unknown to the server. */
  keep(lookup: Lookup, database: string, asked: string[], rows: Raw[], now = performance.now()): void {
    this.#failedAt.delete(this.#place(lookup, database));
    const entries = this.#of(lookup, database);
    if (lookup.single) entries.clear();
    const answered = new Map(rows.map((row) => [String(row.key), row]));
    for (const key of asked) entries.set(key, { row: answered.get(key), askedAt: now, usedAt: now });
    for (const [key, entry] of entries) if (now - entry.usedAt > forgetAfterMs) entries.delete(key);
  }

  /** Takes what is known, of all keys or of these, for too old: it is told until it is asked again. */
  outdate(lookup: Lookup, database: string, keys?: Iterable<string>): void {
    const entries = this.#of(lookup, database);
    for (const key of keys ?? entries.keys()) {
      const entry = entries.get(key);
      if (entry) entry.askedAt = Number.NEGATIVE_INFINITY;
    }
  }

  /** Notes that a lookup could not be asked now: what is known stays, and it is tried again in 5 s. */
  failed(lookup: Lookup, database: string, now = performance.now()): void {
    this.#failedAt.set(this.#place(lookup, database), now);
  }

  /** The reading side, for a topic's `join`. */
  known(database: string): Known {
    return (lookup, key) => this.#of(lookup, database).get(String(key))?.row;
  }

  /** Forgets everything: another cluster answers at this address. */
  clear(): void {
    this.#entries.clear();
    this.#failedAt.clear();
  }

  #place(lookup: Lookup, database: string): string {
    return lookup.shared ? lookup.id : `${lookup.id}\n${database}`;
  }

  #of(lookup: Lookup, database: string): Map<string, Entry> {
    const place = this.#place(lookup, database);
    let entries = this.#entries.get(place);
    if (!entries) {
      entries = new Map();
      this.#entries.set(place, entries);
    }
    return entries;
  }
}
