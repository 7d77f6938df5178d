import type { LoadSample, Slice } from './load-sample';
import { bucketSeconds, memorySeconds } from './memory';
import { restKey } from './roll-up';

/** The load of ten seconds: `covered` seconds that samples stand for, and how long each slice was active. */
export type LoadBin = { at: number; covered: number; slices: Slice[]; seconds: Float32Array };

/** Slices that are told apart in one bin: what is more is one of its wait. */
const mostSlices = 5000;

/** The last hour of load of one server, in bins of 10 s aligned to the epoch; bounded. */
export class LoadMemory {
  #bins: LoadBin[] = [];
  #rest = new Map<string, Slice>();
  #open: { at: number; covered: number; slices: Map<Slice, number> } | undefined;

  /** Adds one sample. */
  add({ at, seconds, entries }: LoadSample): void {
    const bin = Math.floor(at / 1000 / bucketSeconds) * bucketSeconds;
    if (this.#open && this.#open.at !== bin) this.#close();
    this.#open ??= { at: bin, covered: 0, slices: new Map() };
    this.#open.covered += seconds;
    const { slices } = this.#open;
    for (const { slice } of entries) {
      const own = slices.size < mostSlices || slices.has(slice) ? slice : this.#restOf(slice.wait);
      slices.set(own, (slices.get(own) ?? 0) + seconds);
    }
  }

  /** The bins that begin from `from` to before `to` (epoch seconds), in the order they were made. */
  read({ from, to }: { from: number; to: number }): LoadBin[] {
    const bins = this.#open ? [...this.#bins, packed(this.#open)] : this.#bins;
    return bins.filter(({ at }) => at >= from && at < to);
  }

  #restOf(wait: string): Slice {
    const known = this.#rest.get(wait);
    if (known) return known;
    const rest = { wait, sid: restKey, user: null, application: null, database: null, client: null };
    this.#rest.set(wait, rest);
    return rest;
  }

  #close(): void {
    if (!this.#open) return;
    const { at } = this.#open;
    this.#bins.push(packed(this.#open));
    this.#open = undefined;
    // A clock that was set back left bins of a time to come: they go too.
    if (this.#bins.length > memorySeconds / bucketSeconds)
      this.#bins = this.#bins.filter((bin) => Math.abs(bin.at - at) < memorySeconds);
  }
}

function packed({ at, covered, slices }: { at: number; covered: number; slices: Map<Slice, number> }): LoadBin {
  return { at, covered, slices: [...slices.keys()], seconds: Float32Array.from(slices.values()) };
}
