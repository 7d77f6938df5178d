import type { Session } from './session';

/** From this share of its most connections on a pool counts as full. */
export const fullFrom = 0.8;

/** What a question is: quick and of the home database, slow, or of another database. */
export type Lane = 'pinned' | 'slow' | 'walking';

/** A place for one connection. */
export type Place = {
  lanes: Lane[];
  /** It has no share in the most connections: what is opened here is closed as soon as it is idle. */
  momentary: boolean;
  session: Session | undefined;
  /** The database that a connection is being opened to, instead of the one that is there. */
  opening: string | undefined;
  /** Another connection is being opened, while the one that is there goes on. */
  renewing: boolean;
};

/** The places of a pool, and the connections in them: which are lent, and which end when they come back. */
export class Places {
  readonly #most: number;
  readonly #home: () => string;
  #all: Place[];
  #leased = new Set<Session>();
  #leaving = new Set<Session>();
  #fullSince: number | undefined;
  /** Goes up when every connection is replaced: what was begun before is of no use any more. */
  generation = 0;

  /** `home`: the database of the questions that name none. */
  constructor(most: number, home: () => string) {
    this.#most = most;
    this.#home = home;
    this.#all = placesFor(most);
  }

  /** The home database. */
  get home(): string {
    return this.#home();
  }

  /** Every place; the first is the pinned one. */
  get all(): readonly Place[] {
    return this.#all;
  }

  /** Every open connection, also those that are about to end. */
  get open(): Session[] {
    return [...this.#all.flatMap(({ session }) => session ?? []), ...this.#leaving].filter(({ closed }) => !closed);
  }

  /** Whether a connection to the home database is open that is asked often enough to know that the server lives. */
  get warm(): boolean {
    return this.#all.some((place) => place.lanes.join() !== 'walking' && this.isAtHome(place));
  }

  /** Whether a connection carries a question now. */
  isLent(session: Session): boolean {
    return this.#leased.has(session);
  }

  /** How many connections carry a question now. */
  get lent(): number {
    return this.#leased.size;
  }

  /** Whether a place has a connection that nobody uses. */
  isFree(place: Place): boolean {
    return isOpen(place) && place.opening === undefined && !this.#leased.has(place.session as Session);
  }

  /** Whether a place has a connection to the home database. */
  isAtHome(place: Place): boolean {
    return isOpen(place) && place.session?.database === this.home;
  }

  /** Whether a place will soon have a connection to a database that it has not now. */
  isComing(place: Place, database: string): boolean {
    return place.opening === database || (place.renewing && !isOpen(place) && database === this.home);
  }

  /** For how many milliseconds four fifths of the most connections have carried questions, without a break. */
  fullMs(now = performance.now()): number {
    return this.#fullSince === undefined ? 0 : now - this.#fullSince;
  }

  /** Lends a connection. */
  lend(session: Session, now = performance.now()): void {
    this.#leased.add(session);
    if (this.#leased.size >= fullFrom * this.#most) this.#fullSince ??= now;
  }

  /** Takes a connection back, which may end now. */
  takeBack(session: Session): void {
    this.#leased.delete(session);
    if (this.#leaving.delete(session)) session.close();
  }

  /** Looks whether it is still full, after whoever waited got what came back. */
  settle(): void {
    if (this.#leased.size < fullFrom * this.#most) this.#fullSince = undefined;
  }

  /** Puts a connection in a place; the one that was there ends when nobody uses it. */
  put(place: Place, session: Session): void {
    if (place.session) this.#end(place.session);
    place.session = session;
  }

  /** Every place is empty; the connections end when nobody uses them. */
  clear(): void {
    this.generation++;
    for (const { session } of this.#all) if (session) this.#end(session);
    this.#all = placesFor(this.#most);
  }

  #end(session: Session): void {
    if (this.#leased.has(session)) this.#leaving.add(session);
    else session.close();
  }
}

/** Whether a place has a connection. */
export function isOpen({ session }: Place): boolean {
  return session?.closed === false;
}

/** The pinned one, one for slow questions, one for other databases; what is more is for both in turns. */
function placesFor(most: number): Place[] {
  const place = (lanes: Lane[], momentary = false): Place => ({
    lanes,
    momentary,
    session: undefined,
    opening: undefined,
    renewing: false,
  });
  if (most === 1) return [place(['pinned', 'slow']), place(['walking'], true)];
  if (most === 2) return [place(['pinned']), place(['slow', 'walking'])];
  return [
    place(['pinned']),
    ...Array.from({ length: most - 1 }, (_, index) => place([index % 2 === 0 ? 'slow' : 'walking'])),
  ];
}
