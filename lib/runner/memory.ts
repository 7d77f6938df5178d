/** A map that keeps only the newest entries: the oldest that may go goes when there are too many. */
export class Bounded<Value> {
  #entries = new Map<string, Value>();

  constructor(
    readonly most: number,
    readonly mayGo: (value: Value) => boolean = () => true,
  ) {}

  get(key: string): Value | undefined {
    return this.#entries.get(key);
  }

  set(key: string, value: Value): void {
    this.#entries.set(key, value);
    for (const [each, held] of this.#entries) {
      if (this.#entries.size <= this.most) return;
      if (each !== key && this.mayGo(held)) this.#entries.delete(each);
    }
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** Oldest first. */
  values(): Value[] {
    return [...this.#entries.values()];
  }
}
