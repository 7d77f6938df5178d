import { runtime } from '@/lib/runtime';

const key = Symbol.for('pgdeck.once');
type Shared = { [key]?: WeakMap<object, Map<string, unknown>> };

/** What is made once in this process, however many copies of this code Next holds; it goes with the running config. */
export function once<T>(name: string, make: () => T): T {
  const all = globalThis as Shared;
  all[key] ??= new WeakMap();
  const { config } = runtime();
  let kept = all[key].get(config);
  if (!kept) {
    kept = new Map();
    all[key].set(config, kept);
  }
  if (!kept.has(name)) kept.set(name, make());
  return kept.get(name) as T;
}
