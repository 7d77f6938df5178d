/** A map that keeps only the newest entries: the oldest goes when there are too many. */
export class Bounded<Value> {
  #entries = new Map<string, Value>();

  constructor(readonly most: number) {}

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    this.#entries.set(key, value);
    if (this.#entries.size > this.most) this.#entries.delete(this.#entries.keys().next().value as string);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Oldest first. */
  values(): Value[] {
    return [...this.#entries.values()];
  }
}
