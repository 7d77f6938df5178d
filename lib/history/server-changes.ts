import { log, safeError } from '@/lib/metrics/log';
import type { AnyTopic } from '@/lib/topics/topic';
import type { ChangeEvent, ChangesAnswer } from './answers';
import type { Draft } from './draft';
import { type EventQuery, eventId, type Run, readEvents, writeEvents } from './event-table';
import { confirmState, loadState, packed, saveState } from './remembered-state';
import type { Snapshot } from './server-history';
import { type Watched, watchedBy } from './watched';

/** What changes need of the store. */
export type ChangesStore = { query: Run; transaction<T>(work: (run: Run) => Promise<T>): Promise<T> };

/** Where a server's changes are kept; undefined while the store is not on. */
export type ChangesPlace = () => { store: ChangesStore; serverId: number } | undefined;

/** An event as it is reported; `at` in epoch milliseconds, missing: now. */
export type NewEvent = {
  kind: ChangeEvent['kind'];
  title: string;
  detail?: Record<string, unknown>;
  actor?: string | null;
  at?: number;
};

type Kept = { event: ChangeEvent; written: boolean };
/** `storedAt`: the time that the store has beside it; undefined: it is not known what the store has. */
type Known = { state: unknown; seenAt: number; storedAt?: number | undefined };

/** One look at a state: `absentMs` without a look before is an absence. */
type Look = {
  watched: Watched;
  kind: string;
  database: string | null;
  /** False: a database other than the one that pgdeck connects to. */
  home: boolean;
  state: unknown;
  at: number;
  absentMs: number;
};

const mostKept = 500;
/** How often the store is told that a state still holds. */
const confirmMs = 5 * 60_000;
const tries = 3;
/** How long a report waits for the store. */
const reportMs = 2000;
/** So many cadences without a look are an absence: a change is then told with since when it may have been. */
const absence = 3;

/**
 * What changed on one server: one list of events, found by comparing states with the last known ones, and reported by
 * others. While the store is off they are kept here, and written when it is on; each is there once, also with several
 * instances and after a restart of pgdeck.
 */
export class ServerChanges {
  #place: ChangesPlace;
  #events: Kept[] = [];
  #states = new Map<string, Known>();
  #serverId: number | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  /** What was read of the store in this second, epoch seconds. */
  readonly #reads = new Map<string, Promise<ChangeEvent[]>>();
  #readsOf = 0;
  /** How often something was written from here. */
  #writes = 0;

  constructor(place: ChangesPlace) {
    this.#place = place;
  }

  /** Adds an event to the list. */
  add(event: NewEvent): ChangeEvent {
    const whole = eventOf(event);
    this.#keep(whole, false);
    this.#flush();
    return whole;
  }

  /** Adds an event and tells whether it is in the store: it may wait here for the store to come on. */
  async report(event: NewEvent): Promise<{ id: string; stored: boolean }> {
    const { id } = this.add(event);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, reportMs);
    });
    await Promise.race([this.#turn, late]).finally(() => clearTimeout(timer));
    return { id, stored: this.#events.some((kept) => kept.event.id === id && kept.written) };
  }

  /** Another cluster answers under this name: nothing that is known of the one before is compared with it. */
  replaced(before: string, after: string): void {
    this.#next(async () => this.#states.clear());
    this.add({
      kind: 'failover',
      title: 'Another cluster answers in place of the one before; its history begins anew',
      detail: { before: `system identifier ${before}`, after: `system identifier ${after}` },
    });
  }

  /** Compares a topic's answer with the last known state; does nothing for topics that tell of no changes. */
  take(topic: AnyTopic, database: string | null, snapshot: Snapshot, cadenceMs: number, home = true): void {
    if (this.#events.some(({ written }) => !written) && this.#place()) this.#flush();
    const watched = watchedBy(topic);
    const state = watched?.state(snapshot.rows, snapshot.partial ?? []);
    if (!watched || state === undefined) return;
    const kind = database === null ? topic.id : `${topic.id}:${database}`;
    const known = this.#states.get(kind);
    const calm = known && watched.same(known.state, state);
    // Most often nothing changed and the store need not be told.
    if (calm && known.storedAt !== undefined && (watched.timed || snapshot.sampledAt - known.storedAt < confirmMs)) {
      known.seenAt = snapshot.sampledAt;
      if (this.#sameServer()) return;
    }
    const look = { watched, kind, database, home, state, at: snapshot.sampledAt, absentMs: absence * cadenceMs };
    this.#next(() => this.#compare(look));
  }

  /** Writes what is kept, where the store is on. */
  #flush(): void {
    this.#next(async () => {
      const place = this.#open();
      const unwritten = this.#events.filter(({ written }) => !written);
      if (!place || unwritten.length === 0) return;
      await place.store.transaction((run) =>
        writeEvents(
          run,
          place.serverId,
          unwritten.map(({ event }) => event),
        ),
      );
      for (const kept of unwritten) kept.written = true;
      this.#writes++;
    });
  }

  /** Resolves when what was taken and added so far has been compared and written, or could not be. */
  async settled(): Promise<void> {
    await this.#turn;
  }

  /** What the store has of a range and one more, which tells whether there are others: asked once a second for all pages that are open. */
  #stored(place: NonNullable<ReturnType<ChangesPlace>>, { from, to, kind, limit }: EventQuery): Promise<ChangeEvent[]> {
    const second = Math.floor(Date.now() / 1000);
    if (second !== this.#readsOf) this.#reads.clear();
    this.#readsOf = second;
    const query = { from, to, kind, limit: limit + 1 };
    // What has been written since is not in what was read before.
    const key = JSON.stringify([place.serverId, this.#writes, query]);
    const known = this.#reads.get(key) ?? readEvents(place.store.query, place.serverId, query);
    this.#reads.set(key, known);
    return known;
  }

  /** Events of a range, newest first, a page at a time. */
  async read(query: EventQuery): Promise<ChangesAnswer> {
    const { limit, kind, from, to } = query;
    const place = this.#open();
    const stored = place && (await this.#stored(place, query).catch(() => undefined));
    const found = new Map((stored ?? []).map((event) => [event.id, event]));
    for (const { event, written } of this.#events)
      if (!(stored && written) && event.at >= from && event.at < to && (kind === undefined || event.kind === kind))
        found.set(event.id, event);
    const sorted = [...found.values()].sort((a, b) => b.at - a.at || a.id.localeCompare(b.id));
    const last = sorted[limit - 1]?.at ?? from;
    return { events: sorted.filter(({ at }) => at >= last), next: sorted.length > limit ? last : null };
  }

  #open(): ReturnType<ChangesPlace> {
    const place = this.#place();
    if (place && place.serverId !== this.#serverId) {
      // Another cluster answers under this name: what was known is of the one before.
      if (this.#serverId !== undefined) this.#states.clear();
      this.#serverId = place.serverId;
    }
    return place;
  }

  #sameServer(): boolean {
    const place = this.#place();
    return !place || place.serverId === this.#serverId;
  }

  #next(work: () => Promise<void>): void {
    this.#turn = this.#turn.then(work).catch((error) => {
      log.warn({ err: safeError(error) }, 'changes of a server could not be written; they are kept and tried again');
    });
  }

  #keep(event: ChangeEvent, written: boolean): void {
    if (this.#events.some((kept) => kept.event.id === event.id)) return;
    this.#events.push({ event, written });
    if (this.#events.length > mostKept) this.#events.shift();
  }

  #tell(look: Look, drafts: Draft[], seenAt: number): ChangeEvent[] {
    const since = look.at - seenAt > look.absentMs ? { since: new Date(seenAt).toISOString() } : {};
    const place = look.home ? '' : ` (database ${look.database})`;
    return drafts.map(({ at, detail, title, ...draft }) =>
      eventOf({
        ...draft,
        title: `${title}${place}`,
        detail: at === undefined ? { ...detail, ...since } : detail,
        at: at ?? look.at,
      }),
    );
  }

  async #compare(look: Look): Promise<void> {
    for (let attempt = 0; attempt < tries; attempt++) {
      const place = this.#open();
      if (!place) return this.#compareHere(look);
      if (await this.#compareThere(look, place)) return;
      // Somebody else wrote this state since it was read here.
      const known = this.#states.get(look.kind);
      if (known) known.storedAt = undefined;
    }
  }

  /** Without the store: against what this process knows; a state that only the store holds whole waits for it. */
  #compareHere(look: Look): void {
    const { watched, kind, database, state, at } = look;
    if (watched.small) return;
    const known = this.#states.get(kind);
    const calm = known && watched.same(known.state, state);
    if (known && !calm) {
      const drafts = watched.changes(known.state, state, database, known.seenAt);
      for (const event of this.#tell(look, drafts, known.seenAt)) this.#keep(event, false);
    }
    // What the store has is compared with once more when it is on.
    this.#states.set(kind, { state, seenAt: at, storedAt: calm ? known.storedAt : undefined });
  }

  /** Against what the store has, in one transaction with the events; false where somebody else has written since. */
  async #compareThere(look: Look, { store, serverId }: { store: ChangesStore; serverId: number }): Promise<boolean> {
    const { watched, kind, database, state, at } = look;
    const known = this.#states.get(kind);
    const calm = known !== undefined && watched.same(known.state, state);
    const heldAt = known?.storedAt;
    if (calm && heldAt !== undefined) {
      const confirmed = watched.timed || (await confirmState(store.query, serverId, kind, at, heldAt));
      if (confirmed) this.#states.set(kind, { ...known, seenAt: at, storedAt: watched.timed ? heldAt : at });
      return confirmed;
    }
    let before: { state: unknown; seenAt: number } | undefined = watched.small ? undefined : known;
    let storedAt = heldAt;
    if (heldAt === undefined || watched.small) {
      const stored = await loadState(store.query, serverId, kind);
      if (heldAt !== undefined && stored?.takenAt !== heldAt) return false;
      storedAt = stored?.takenAt;
      if (stored)
        before = { state: stored.state, seenAt: heldAt === undefined ? stored.takenAt : (known?.seenAt ?? at) };
    }
    const drafts = before ? watched.changes(before.state, state, database, before.seenAt) : [];
    const events = this.#tell(look, drafts, before?.seenAt ?? at).filter((event) => !this.#told(event, before?.seenAt));
    const body = await packed(state);
    const saved = await store.transaction(async (run) => {
      if (!(await saveState(run, serverId, kind, { body, takenAt: at }, storedAt))) return false;
      await writeEvents(run, serverId, events);
      return true;
    });
    if (!saved) return false;
    for (const event of events) this.#keep(event, true);
    this.#writes++;
    this.#states.set(kind, { state: watched.small ? watched.small(state) : state, seenAt: at, storedAt: at });
    return true;
  }

  /** Whether it was told while the store was off, since what the store knows. */
  #told({ kind, title }: ChangeEvent, since: number | undefined): boolean {
    return this.#events.some(
      ({ event }) => event.kind === kind && event.title === title && since !== undefined && event.at * 1000 > since,
    );
  }
}

function eventOf({ kind, title, detail = {}, actor = null, at = Date.now() }: NewEvent): ChangeEvent {
  const event = { at: Math.round(at) / 1000, kind, title, detail, actor };
  return { id: eventId(event), ...event };
}
