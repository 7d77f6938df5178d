import { ApiError } from './errors';
import { once } from './once';
import type { User } from './user';

/** How many requests of one kind may be under way, of one person and of all, and how many more may wait for how long. */
export type Room = { perPerson: number; all: number; waiting: number; waitMs: number };

/** Gives a place back; a second call does nothing. */
export type Leave = () => void;

type Waiter = { who: string | undefined; enter: (leave: Leave) => void };

/** The places of one kind of request: who comes when they are taken waits a little, and is then sent away with 429. */
export class Places {
  readonly #room: Room;
  readonly #inside = new Map<string, number>();
  #count = 0;
  #waiting: Waiter[] = [];

  constructor(room: Room) {
    this.#room = room;
  }

  /**
   * Waits for a place; throws 429 `busy` where there is none in time, and the reason of `signal` where nobody waits any
   * more. Without `who` only the limit of all counts.
   */
  async enter(who: string | undefined, signal?: AbortSignal): Promise<Leave> {
    if (this.#isFree(who)) return this.#take(who);
    if (this.#waiting.length >= this.#room.waiting) throw this.#busy(who);
    signal?.throwIfAborted();
    return new Promise((resolve, reject) => {
      const waiter: Waiter = {
        who,
        enter: (leave) => {
          stop();
          resolve(leave);
        },
      };
      const giveUp = (why: () => unknown) => () => {
        this.#waiting = this.#waiting.filter((each) => each !== waiter);
        stop();
        reject(why());
      };
      const gone = giveUp(() => signal?.reason);
      const timer = setTimeout(
        giveUp(() => this.#busy(who)),
        this.#room.waitMs,
      );
      const stop = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', gone);
      };
      signal?.addEventListener('abort', gone, { once: true });
      this.#waiting.push(waiter);
    });
  }

  #hasOwn(who: string | undefined): boolean {
    return who === undefined || (this.#inside.get(who) ?? 0) < this.#room.perPerson;
  }

  #isFree(who: string | undefined): boolean {
    return this.#count < this.#room.all && this.#hasOwn(who);
  }

  #take(who: string | undefined): Leave {
    this.#add(who, 1);
    let left = false;
    return () => {
      if (left) return;
      left = true;
      this.#add(who, -1);
      this.#next();
    };
  }

  #add(who: string | undefined, change: 1 | -1): void {
    this.#count += change;
    if (who === undefined) return;
    const inside = (this.#inside.get(who) ?? 0) + change;
    if (inside === 0) this.#inside.delete(who);
    else this.#inside.set(who, inside);
  }

  /** The first in the line whose own places are not all taken. */
  #next(): void {
    const index = this.#waiting.findIndex(({ who }) => this.#isFree(who));
    const [waiter] = index < 0 ? [] : this.#waiting.splice(index, 1);
    waiter?.enter(this.#take(waiter.who));
  }

  #busy(who: string | undefined): ApiError {
    const message = !this.#hasOwn(who)
      ? `You have ${this.#room.perPerson} requests of this kind under way already. Ask again when one has ended.`
      : 'pgdeck has too many requests of this kind under way. Ask again in a moment.';
    return new ApiError(429, 'busy', message, undefined, { 'retry-after': '2' });
  }
}

/**
 * `read`: answered from memory or by one short question. A thousand browsers that poll send 1,800 in a second: where the process
 * stands still for half of one, all of those arrive together, and they may all come by one token.
 * `write`: bodies are read and kept; `open`: from people who are not known by then. `heavy`: asks much of the watched server or of the history.
 */
const rooms = {
  read: { perPerson: 1500, all: 3000, waiting: 0, waitMs: 0 },
  write: { perPerson: 30, all: 200, waiting: 0, waitMs: 0 },
  open: { perPerson: 100, all: 100, waiting: 0, waitMs: 0 },
  heavy: { perPerson: 6, all: 24, waiting: 50, waitMs: 2000 },
} satisfies Record<string, Room>;

/**
 * A place for a request, taken before its body is read: a slow body holds a place, a waiting request none of its body.
 * Where nobody signs in everybody has the same name, and only the limits of all count.
 */
export async function enter(user: User, kind: keyof typeof rooms, signal?: AbortSignal): Promise<Leave> {
  const places = once(`places-${kind}`, () => new Places(rooms[kind]));
  const isShared = user.mode === 'local' || user.mode === 'anonymous';
  return places.enter(isShared ? undefined : `${user.mode}:${user.name}`, signal);
}

/** A streamed answer whose place is given back when it was read to the end, or when nobody reads it any more. */
export function leaving(response: Response, leave: Leave, signal: AbortSignal): Response {
  const reader = response.body?.getReader();
  if (!reader || signal.aborted) {
    leave();
    return response;
  }
  signal.addEventListener('abort', leave, { once: true });
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (!done) return controller.enqueue(value);
        leave();
        controller.close();
      } catch (error) {
        leave();
        controller.error(error);
      }
    },
    async cancel(reason) {
      leave();
      await reader.cancel(reason);
    },
  });
  return new Response(body, response);
}
