import type { Target } from '@/lib/config';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { Sampler } from '@/lib/sampler/sampler';
import { topics } from '@/lib/topics/index';
import { ownMemorySql } from './backends';
import { watchedAs } from './watched-server';

/** pgdeck as it runs for one server, without the web around it, and people who have all its pages open. */
export class Watcher {
  readonly errors: string[] = [];
  readonly viewers: number;
  reads = 0;
  readonly #connections: ServerConnections;
  readonly #sampler: Sampler;
  readonly #timers = new Set<NodeJS.Timeout>();

  constructor(id: string, target: Target, viewers: number) {
    this.viewers = viewers;
    this.#connections = new ServerConnections(watchedAs(id, target), 2);
    this.#sampler = new Sampler(id, this.#connections, topics, (error, topic) =>
      this.errors.push(`${topic}: ${(error as Error).message}`),
    );
  }

  /** Starts asking, and each viewer reading every topic at its cadence, each in a rhythm of its own. */
  start(): void {
    this.#sampler.start();
    for (let viewer = 0; viewer < this.viewers; viewer++)
      for (const [id, topic] of Object.entries(topics)) {
        const everyMs = topic.cadenceSeconds * 1000;
        const read = async () => {
          this.reads++;
          const answer = await this.#sampler.read(topic, null);
          if (answer.status !== 'ok') this.errors.push(`${id}: ${answer.hint}`);
        };
        // The first look is early, as a page just opened; then each viewer comes in a rhythm of its own.
        const first = setTimeout(() => {
          this.#timers.delete(first);
          void read();
          this.#timers.add(setInterval(() => void read(), everyMs));
        }, Math.random() * Math.min(everyMs, 10_000));
        this.#timers.add(first);
      }
  }

  /** Milliseconds between two askings of a topic now. */
  cadenceMs(topic: keyof typeof topics): number {
    return this.#sampler.cadenceMs(topics[topic], null);
  }

  /** Bytes in the memory contexts of its backends. */
  async memoryBytes(): Promise<number> {
    const byPid = new Map<number, number>();
    for (const lane of ['pinned', 'slow'] as const)
      for (const { pid, bytes } of await this.#connections.ask<{ pid: number; bytes: number }>(
        lane,
        undefined,
        ownMemorySql,
      ))
        byPid.set(pid, bytes);
    return [...byPid.values()].reduce((sum, bytes) => sum + bytes, 0);
  }

  /** Stops reading and asking and closes the connections. */
  stop(): void {
    for (const timer of this.#timers) clearInterval(timer);
    this.#sampler.stop();
    this.#connections.close();
  }
}
