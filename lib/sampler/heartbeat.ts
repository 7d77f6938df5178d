import type { ServerConnections } from '@/lib/postgres/server-connections';

const everyMs = 5000;
const probeMs = 60 * 60_000;

/** Signs of life on a server's connections every five seconds; once an hour what it can be asked for is looked at, too. */
export class Heartbeat {
  readonly #connections: ServerConnections;
  #beatAt = Number.NEGATIVE_INFINITY;
  #probedAt = Number.NEGATIVE_INFINITY;
  #beating = false;

  constructor(connections: ServerConnections) {
    this.#connections = connections;
  }

  /** To be called often, with the milliseconds of a clock that only goes on. */
  tick(now: number): void {
    // A connection that was cut is tried again at once, also while nobody looks; how often is the connections' affair.
    if (this.#beating || (now - this.#beatAt < everyMs && !this.#connections.lost)) return;
    this.#beating = true;
    this.#beatAt = now;
    const probe = now - this.#probedAt >= probeMs && this.#connections.capabilities !== undefined;
    if (probe) this.#probedAt = now;
    Promise.resolve(probe ? this.#connections.probe() : this.#connections.heartbeat())
      .catch(() => {})
      .finally(() => {
        this.#beating = false;
      });
  }
}
