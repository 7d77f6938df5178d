import type { PoolSettings } from '@/lib/config-resources';
import type { Attempts } from './attempts';
import { isOpen, type Place, type Places } from './places';
import type { PoolCounts } from './pool-counts';
import type { Session } from './session';

type Options = {
  settings: PoolSettings;
  counts: PoolCounts;
  places: Places;
  connect: (database: string, pinned: boolean, begins: () => void) => Promise<Session>;
  /** Opens a connection in a place; never throws. */
  fill: (place: Place, database: string) => Promise<void>;
  attempts: Pick<Attempts, 'nextAt'>;
};

const idleMs = 2 * 60_000;
/** After a renewal that failed. */
const againMs = 60_000;

/** Looks after the connections of a pool: ends those that have long been idle, renews old ones, opens missing ones. */
export class PoolCare {
  readonly #options: Options;
  #busy = false;
  #renewAt = 0;

  constructor(options: Options) {
    this.#options = options;
  }

  /** How many connections are older than they should be, because no other could be opened. */
  get overdue(): number {
    const limit = this.#options.settings.recycleMs + againMs;
    return this.#options.places.open.filter(({ openedAt }) => Date.now() - openedAt > limit).length;
  }

  /** Does what is to be done now; never throws. */
  async tend(): Promise<void> {
    if (this.#busy) return;
    this.#busy = true;
    try {
      this.#retire();
      await this.#renew();
      await this.#warmUp();
    } finally {
      this.#busy = false;
    }
  }

  #retire(): void {
    const { places, settings } = this.#options;
    let open = places.all.filter(isOpen).length;
    for (const place of places.all.slice(1).reverse()) {
      const { session } = place;
      if (!session || !places.isFree(place) || Date.now() - session.usedAt <= idleMs) continue;
      // A session keeps its database from being dropped or renamed: elsewhere none stays.
      if (open <= settings.min && places.isAtHome(place)) continue;
      session.close();
      open--;
    }
  }

  async #renew(): Promise<void> {
    const { places, settings, counts, connect } = this.#options;
    const aged = places.all.filter(
      (place) => isOpen(place) && !place.opening && Date.now() - (place.session?.openedAt ?? 0) > settings.recycleMs,
    );
    // Whoever asks there next opens another; only the home database has to be within reach all the time.
    for (const place of aged) if (!places.isAtHome(place) && places.isFree(place)) place.session?.close();
    const old = aged.find((place) => places.isAtHome(place));
    if (!old || Date.now() < this.#renewAt) return;
    // One connection more than the most, at a time.
    const moment = places.all.find((place) => place.momentary && (place.opening || isOpen(place)));
    if (moment && !places.isFree(moment)) return;
    moment?.session?.close();
    const { generation } = places;
    old.renewing = true;
    try {
      const session = await connect(places.home, old === places.all[0], () => {});
      if (generation !== places.generation) return session.close();
      places.put(old, session);
      counts.add('sampling', 'recycled');
    } catch {
      this.#renewAt = Date.now() + againMs;
    } finally {
      old.renewing = false;
    }
  }

  async #warmUp(): Promise<void> {
    const { places, settings, fill, attempts } = this.#options;
    for (const place of places.all) {
      if (Date.now() < attempts.nextAt) return;
      const open = places.all.filter((one) => !one.momentary && (isOpen(one) || one.opening));
      if (open.length >= settings.min) return;
      if (!isOpen(place) && !place.opening && !place.momentary) await fill(place, places.home);
    }
  }
}
