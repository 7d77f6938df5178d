import type { AnyTopic } from '@/lib/topics/topic';
import type { Question } from './question';

type Options = {
  topics: Record<string, AnyTopic>;
  /** The database that is asked where none is named. */
  home: () => string;
  make: (topic: AnyTopic, database: string) => Question;
};

/** Every question that is known, by topic and database; a topic that asks nothing by itself has that of its base. */
export class Questions implements Iterable<Question> {
  readonly #options: Options;
  readonly #known = new Map<string, Question>();

  constructor(options: Options) {
    this.#options = options;
  }

  [Symbol.iterator](): Iterator<Question> {
    return this.#known.values();
  }

  /** The topic that is asked for a topic: most often itself. */
  baseOf(topic: AnyTopic): AnyTopic {
    return (topic.from && this.#options.topics[topic.from.topic]) ?? topic;
  }

  /** The question of a topic in a database, made where it is not known. */
  of(topic: AnyTopic, database: string | null): Question {
    const base = this.baseOf(topic);
    const known = this.find(base, database);
    if (known) return known;
    const made = this.#options.make(base, this.#databaseOf(base, database));
    this.#known.set(place(base, made.database), made);
    return made;
  }

  /** The same where it is known. */
  find(topic: AnyTopic, database: string | null): Question | undefined {
    const base = this.baseOf(topic);
    return this.#known.get(place(base, this.#databaseOf(base, database)));
  }

  forget({ topic, database }: Question): void {
    this.#known.delete(place(topic, database));
  }

  #databaseOf(topic: AnyTopic, database: string | null): string {
    return topic.scope === 'server' ? '' : (database ?? this.#options.home());
  }
}

function place(topic: AnyTopic, database: string): string {
  return `${topic.id}\n${database}`;
}
