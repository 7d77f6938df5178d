import type { AnyTopic, Raw } from '@/lib/topics/topic';

/** A question may take one two-hundredth of the time between two of its askings. */
const share = 200;
const unwatchedMs = 10_000;
/** From here on a topic for history is asked in slots of the time of day: rows of the history then miss none. */
const slotsFromMs = 60_000;
/** What is usual is the mean of about so long. */
const usualMs = 10 * 60_000;
/** After something happened it is looked at closely for so long. */
const busyForMs = 10_000;

/** How often a topic is asked: by its cadence, by what happens, and by how long its answers take. */
export class Pace {
  readonly #topic: AnyTopic;
  #durations: number[] = [];
  #slot: number | undefined;
  #usual: { rows: number; samples: number; at: number } | undefined;
  #busyUntil = Number.POSITIVE_INFINITY;
  #askedAt = 0;
  /** Where in its slot it is asked: near the end, not all questions of all servers at the same moment. */
  readonly #beforeEndMs = 5000 + Math.random() * 15_000;

  constructor(topic: AnyTopic) {
    this.#topic = topic;
  }

  /** Milliseconds between two askings. */
  cadenceMs(watched: boolean): number {
    const { quiet, cadenceSeconds, always } = this.#topic;
    const sorted = [...this.#durations].sort((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    if (quiet) {
      // Its samples stand for the time between them, also while nobody looks. How long an answer takes is the way to the
      // server rather than its work: that may stretch it to the pace of quiet times, and no further.
      const base = (this.#askedAt < this.#busyUntil ? cadenceSeconds : quiet.cadenceSeconds) * 1000;
      return Math.max(base, Math.min(share * median, quiet.cadenceSeconds * 1000));
    }
    const base = cadenceSeconds * 1000;
    const stretched = Math.max(base, Math.min(share * median, Math.max(2 * base, 60_000)));
    return watched || always === 'history' ? stretched : Math.max(stretched, unwatchedMs);
  }

  /** Whether it is time to ask again, `sinceMs` after the last answer; `now` is the time of day. */
  due(now: number, sinceMs: number, cadenceMs: number): boolean {
    if (!this.#inSlots(cadenceMs)) return sinceMs >= cadenceMs;
    // The clock may have been set: never twice at once, never half as long again without.
    return sinceMs >= 1.5 * cadenceMs || (sinceMs >= 0.3 * cadenceMs && this.#slotOf(now) !== this.#slot);
  }

  /** Notes an answer; `ms` is how long the server took, missing where that says nothing about the next time. */
  asked(now: number, elapsed: number, rows: Raw[], ms: number | undefined): void {
    if (ms !== undefined) this.#durations = [...this.#durations.slice(-4), ms];
    this.#slot = this.#slotOf(now);
    this.#askedAt = elapsed;
    const { quiet } = this.#topic;
    if (!quiet) return;
    const usual = this.#usual;
    if (!usual || quiet.busy(rows, usual.rows)) this.#busyUntil = elapsed + busyForMs;
    // A plain mean at first, then one that forgets.
    const weight = usual ? Math.max(1 / (usual.samples + 1), 1 - Math.exp((usual.at - elapsed) / usualMs)) : 1;
    this.#usual = {
      rows: (usual?.rows ?? 0) * (1 - weight) + rows.length * weight,
      samples: (usual?.samples ?? 0) + 1,
      at: elapsed,
    };
  }

  #inSlots(cadenceMs: number): boolean {
    const base = this.#topic.cadenceSeconds * 1000;
    return this.#topic.always === 'history' && base >= slotsFromMs && cadenceMs === base;
  }

  #slotOf(now: number): number {
    return Math.floor((now + this.#beforeEndMs) / (this.#topic.cadenceSeconds * 1000));
  }
}
