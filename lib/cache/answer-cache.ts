import { LRUCache } from 'lru-cache';
import type { Ttls } from '@/lib/config-resources';
import { PostgresProblem } from '@/lib/postgres/errors';

/** What is kept, each kind for a time of its own. */
export type Kind = keyof Ttls;

/** Where an answer is kept; its key is `{server}:{database}:{name}`, beside the kind. */
export type Place = { kind: Kind; server: string; database: string | null; name: string };

/** What was asked, and how old it is. */
export type Found<Value> = { value: Value; ageSeconds: number };

/** One kept answer, as it is told. */
export type KeptEntry = Place & { key: string; ageSeconds: number; bytes: number; expired: boolean };

/** What was kept of one kind of one server: how often it was there, and how old it is. */
export type KindFigures = {
  server: string;
  kind: Kind;
  entries: number;
  bytes: number;
  hits: number;
  misses: number;
  oldestSeconds: number | null;
  newestSeconds: number | null;
};

type Entry = Place & { value: object; askedAt: number; bytes: number };

/** What is being asked. */
type Flight = { place: Place; entry: Promise<Entry> };

/** The longest that somebody waits: the server itself gives a statement 4 s. */
const waitMs = 4500;

const slow = () =>
  new PostgresProblem({
    reason: 'timeout',
    sentence: 'The answer did not come in time.',
    hint: 'The question is still running, or waits for its turn; ask again in a moment.',
  });

/**
 * Answers that are not sampled, each kept as the server gave it: one flight for a key, bounded in bytes, errors never
 * kept. What somebody may see of it is chosen where it is read.
 */
export class AnswerCache {
  readonly seconds: Ttls;
  readonly maxBytes: number;
  readonly #now: () => number;
  readonly #entries: LRUCache<string, Entry>;
  readonly #flights = new Map<string, Flight>();
  readonly #counts = new Map<string, { server: string; kind: Kind; hits: number; misses: number }>();

  /** `now` is of a clock that only goes on (ms). */
  constructor({ seconds, maxBytes }: { seconds: Ttls; maxBytes: number }, now: () => number = () => performance.now()) {
    this.seconds = seconds;
    this.maxBytes = maxBytes;
    this.#now = now;
    this.#entries = new LRUCache({ maxSize: maxBytes, sizeCalculation: ({ bytes }) => bytes });
  }

  /**
   * What is kept at a place while it is not too old, else what `ask` brings; all who want it meanwhile wait for the same
   * asking, at most 4.5 s. `fresh` asks in any case. Throws what the asking threw.
   */
  async read<Value extends object>(
    place: Place,
    ask: () => Promise<Value>,
    { fresh = false }: { fresh?: boolean } = {},
  ): Promise<Found<Value>> {
    const at = placeKey(place);
    const kept = fresh ? undefined : this.#entries.get(at);
    if (kept && this.#age(kept) < this.seconds[place.kind]) {
      this.#count(place).hits++;
      return this.#found<Value>(kept);
    }
    const flight = this.#flights.get(at)?.entry;
    this.#count(place)[flight ? 'hits' : 'misses']++;
    return this.#found<Value>(await inTime(flight ?? this.#fly(at, place, ask)));
  }

  /** What is kept at a place, however old. */
  last<Value extends object>(place: Place): Found<Value> | undefined {
    const kept = this.#entries.peek(placeKey(place));
    return kept && this.#found<Value>(kept);
  }

  /** Forgets what has a key that begins so, also what is being asked; answers how many there were. */
  clear(prefix = '', forgets: (place: Place) => boolean = () => true): number {
    let cleared = 0;
    // Who waits gets what they asked for; it is not kept, for it may be of before.
    for (const [at, { place }] of this.#flights)
      if (keyOf(at).startsWith(prefix) && forgets(place)) this.#flights.delete(at);
    for (const [at, entry] of [...this.#entries.entries()])
      if (keyOf(at).startsWith(prefix) && forgets(entry) && this.#entries.delete(at)) cleared++;
    return cleared;
  }

  /** What is kept now under keys that begin so. */
  entries(prefix = ''): KeptEntry[] {
    return [...this.#entries.entries()]
      .filter(([at]) => keyOf(at).startsWith(prefix))
      .map(([at, entry]) => {
        const { kind, server, database, name, bytes } = entry;
        const ageSeconds = this.#age(entry);
        const expired = ageSeconds >= this.seconds[kind];
        return { key: keyOf(at), kind, server, database, name, ageSeconds: tenths(ageSeconds), bytes, expired };
      });
  }

  /** How often each kind of each server was there when it was wanted, and what is kept of it. */
  figures(): KindFigures[] {
    const entries = this.entries();
    return [...this.#counts.values()].map(({ server, kind, hits, misses }) => {
      const own = entries.filter((entry) => entry.server === server && entry.kind === kind);
      const ages = own.map(({ ageSeconds }) => ageSeconds);
      return {
        server,
        kind,
        entries: own.length,
        bytes: own.reduce((sum, { bytes }) => sum + bytes, 0),
        hits,
        misses,
        oldestSeconds: ages.length > 0 ? Math.max(...ages) : null,
        newestSeconds: ages.length > 0 ? Math.min(...ages) : null,
      };
    });
  }

  /** Forgets a server that is not watched any more, with its figures. */
  forget(server: string): void {
    this.clear(`${server}:`);
    for (const [at, counts] of this.#counts) if (counts.server === server) this.#counts.delete(at);
  }

  #fly<Value extends object>(at: string, place: Place, ask: () => Promise<Value>): Promise<Entry> {
    const { kind, server, database, name } = place;
    const flown = (): boolean => this.#flights.get(at)?.entry === flight;
    const flight = ask()
      .then((value): Entry => {
        const bytes = Buffer.byteLength(JSON.stringify(value)) + 2 * at.length;
        const entry = { kind, server, database, name, value, askedAt: this.#now(), bytes };
        if (flown()) this.#entries.set(at, entry);
        return entry;
      })
      .finally(() => {
        if (flown()) this.#flights.delete(at);
      });
    // Whoever gave up waiting does not hear of it.
    flight.catch(() => {});
    this.#flights.set(at, { place, entry: flight });
    return flight;
  }

  #found<Value extends object>(entry: Entry): Found<Value> {
    return { value: entry.value as Value, ageSeconds: tenths(this.#age(entry)) };
  }

  #age({ askedAt }: Entry): number {
    return Math.max(0, this.#now() - askedAt) / 1000;
  }

  #count({ server, kind }: Place) {
    const at = `${kind}\n${server}`;
    let counts = this.#counts.get(at);
    if (!counts) {
      counts = { server, kind, hits: 0, misses: 0 };
      this.#counts.set(at, counts);
    }
    return counts;
  }
}

const tenths = (seconds: number) => Math.round(seconds * 10) / 10;

/** The key that people know, with its kind before it. */
const placeKey = ({ kind, server, database, name }: Place) => `${kind}\n${keyText(server, database, name)}`;
const keyOf = (at: string) => at.slice(at.indexOf('\n') + 1);

/** `{server}:{database}:{name}`; a server's own has no database. */
export function keyText(server: string, database: string | null, name: string): string {
  return `${server}:${database ?? ''}:${name}`;
}

async function inTime<Value>(flight: Promise<Value>): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(slow()), waitMs);
  });
  return Promise.race([flight, late]).finally(() => clearTimeout(timer));
}
