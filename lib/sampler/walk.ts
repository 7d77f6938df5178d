import type { AnyTopic } from '@/lib/topics/topic';

type Options = {
  topics: AnyTopic[];
  /** The databases other than the one that is asked all the time. */
  databases: () => string[];
  /** Asks one topic in one database; answers whether that went well. */
  ask: (topic: AnyTopic, database: string) => Promise<boolean>;
  /** Whether the server has other worries now. */
  trouble: () => boolean;
};

const mostDatabases = 20;
const betweenMs = 5000;
/** A database that cannot be asked is tried again after so long. */
const failedMs = 60 * 60_000;

/** Goes through the other databases for history's sake: one after another, each now and then, never while there is trouble. */
export class Walk {
  readonly #options: Options;
  readonly #everyMs: number;
  readonly #nextAt = new Map<string, number>();
  #notBefore = 0;
  #walking = false;

  constructor(options: Options) {
    this.#options = options;
    this.#everyMs = 1000 * Math.min(...options.topics.map(({ everywhereSeconds }) => everywhereSeconds ?? 3600));
  }

  /** Whether it comes by this topic and database. */
  covers(topic: AnyTopic, database: string): boolean {
    return topic.everywhereSeconds !== undefined && this.#databases().includes(database);
  }

  /** Goes to the next database where it is time; `now` is of a clock that only goes on (ms). */
  tick(now: number): void {
    if (this.#walking || now < this.#notBefore || this.#options.topics.length === 0) return;
    const [next] = this.#databases()
      .filter((database) => (this.#nextAt.get(database) ?? 0) <= now)
      .sort((a, b) => (this.#nextAt.get(a) ?? 0) - (this.#nextAt.get(b) ?? 0));
    if (next === undefined || this.#options.trouble()) return;
    this.#walking = true;
    this.#notBefore = now + Math.max(betweenMs, this.#everyMs / (2 * mostDatabases));
    this.#nextAt.set(next, now + this.#everyMs);
    this.#visit(next, now).finally(() => {
      this.#walking = false;
    });
  }

  async #visit(database: string, now: number): Promise<void> {
    for (const topic of this.#options.topics) {
      if (this.#options.trouble()) return;
      if (await this.#options.ask(topic, database)) continue;
      this.#nextAt.set(database, now + failedMs);
      return;
    }
  }

  #databases(): string[] {
    return this.#options.databases().slice(0, mostDatabases);
  }
}
