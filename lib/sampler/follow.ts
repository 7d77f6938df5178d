import type { Instances } from '@/lib/history/instances';
import {
  forgetUnwanted,
  type Place,
  publish,
  readLatest,
  readWanted,
  type Wanted,
  want,
  wantedForMs,
} from '@/lib/history/latest';
import type { Store } from '@/lib/history/store';
import type { Question } from './question';
import type { Sampler } from './sampler';
import { isAsked } from './source';
import { within } from './within';

const lookMs = 1000;
/** What comes later than this after its time is waited for. */
const lateMs = 2000;
const readerWaitMs = 2000;
const firstAnswerWaitMs = 4500;
/** While somebody waits for an answer. */
const soonMs = 200;
const wantAgainMs = 4000;
const forgetEveryMs = 60_000;
/** A load sample each second is of use only where somebody looks at it. */
const onlyViewed = new Set(['load']);

type Options = {
  sampler: Sampler;
  store: Pick<Store, 'on' | 'query' | 'now'>;
  instances: Instances;
  /** What of a statement's text may be stored. */
  mask: (text: string) => string;
  complain: (error: unknown) => void;
};

/**
 * One server among several instances: the one that has its lease asks it and passes on what the others want; the others
 * tell what they want, and show what they are given. Without a store that says so, each asks by itself.
 */
export class Follow {
  readonly #options: Options;
  /** Questions whose next answer somebody waits for, with those who wait. */
  readonly #awaited = new Map<Question, (() => void)[]>();
  /** Holder: what others want. Follower: what this one has told, and when. */
  readonly #passedOn = new Set<string>();
  readonly #told = new Map<string, Wanted & { at: number }>();
  readonly #freshAt = new Map<string, number>();
  readonly #changed = new Set<string>();
  #adoptedAt = new Map<string, number>();
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;
  #looking = false;
  #publishing = false;
  #forgotAt = 0;

  constructor(options: Options) {
    this.#options = options;
    options.sampler.subscribe((topic, database) => this.#answered(keyOf({ topic, database: database ?? '' })));
  }

  /** Begins to look what others want, or have. */
  start(): void {
    this.#soon(lookMs);
  }

  /** Looks no more; who waits for an answer is let go. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    this.#release(() => true);
  }

  /** Whether another instance asks this server. */
  get following(): boolean {
    const { instances, sampler } = this.#options;
    return instances.elsewhere(sampler.history) !== undefined;
  }

  /** Whether the answers of a question come from another instance. */
  covers(question: Question): boolean {
    return isAsked(question.topic) && this.following;
  }

  /** Waits until a question has an answer that is new enough for a reader, at most 2 s, 4.5 s for the first. */
  async read(question: Question, { fresh, waitMs }: { fresh?: boolean; waitMs?: number }): Promise<void> {
    const known = question.snapshot !== undefined || question.failure !== undefined;
    const late = question.ageMs() > 1000 * question.topic.cadenceSeconds + lateMs;
    if (known && !late && !fresh) return;
    await within(this.next(question, fresh), waitMs ?? (known ? readerWaitMs : firstAnswerWaitMs));
  }

  /** Waits for a question's next answer from the instance that asks; `fresh`: it is to ask now. */
  next(question: Question, fresh = false): Promise<void> {
    if (fresh) this.#freshAt.set(keyOf(placeOf(question)), this.#options.store.now());
    return new Promise((resolve) => {
      this.#awaited.set(question, [...(this.#awaited.get(question) ?? []), resolve]);
      this.#soon(0);
    });
  }

  #soon(ms: number): void {
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    this.#timer = setTimeout(() => void this.#look(), ms);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    if (this.#looking) return;
    this.#looking = true;
    const { store, instances, sampler, complain } = this.#options;
    try {
      const { serverId } = sampler.history;
      if (!store.on || serverId === undefined) this.#reset();
      else if (this.following) await this.#follow(serverId);
      else if (instances.others && instances.holds(sampler.history)) await this.#lead(serverId);
      else this.#reset();
    } catch (error) {
      if (store.on) complain(error);
    } finally {
      this.#looking = false;
      this.#soon(this.#awaited.size > 0 ? soonMs : lookMs);
    }
  }

  #reset(): void {
    this.#passedOn.clear();
    this.#told.clear();
    this.#adoptedAt.clear();
    this.#release(() => true);
  }

  #release(which: (question: Question) => boolean): void {
    for (const [question, waiting] of this.#awaited) {
      if (!which(question)) continue;
      this.#awaited.delete(question);
      for (const resolve of waiting) resolve();
    }
  }

  async #follow(serverId: number): Promise<void> {
    const { store, sampler } = this.#options;
    this.#passedOn.clear();
    const questions = new Map<string, Question>();
    for (const question of sampler.questions()) {
      const { topic } = question;
      const needed = topic.always === true && !onlyViewed.has(topic.id) && sampler.isHome(question);
      if (isAsked(topic) && (needed || question.watched())) questions.set(keyOf(placeOf(question)), question);
    }
    await this.#tell(serverId, questions);
    const now = store.now();
    const news = await readLatest(
      store.query,
      serverId,
      [...questions].map(([key, question]) => ({
        ...placeOf(question),
        // What was published long ago for somebody else is not what is known now.
        since: this.#adoptedAt.get(key) ?? now - Math.max(wantedForMs, 2000 * question.topic.cadenceSeconds),
      })),
    );
    for (const { publishedAt, ageMs, ...published } of news) {
      const key = keyOf(published);
      const question = questions.get(key);
      if (!question || this.#adoptedAt.get(key) === publishedAt) continue;
      const freshAt = this.#freshAt.get(key);
      this.#adoptedAt.set(key, publishedAt);
      sampler.adopt(question, published, ageMs + Math.max(0, store.now() - publishedAt));
      if (freshAt !== undefined && publishedAt < freshAt) continue;
      this.#freshAt.delete(key);
      this.#release((awaited) => awaited === question);
    }
  }

  /** Tells what is wanted where that is new, or would be forgotten. */
  async #tell(serverId: number, questions: Map<string, Question>): Promise<void> {
    const { store } = this.#options;
    const now = store.now();
    const list = [...questions].flatMap(([key, question]) => {
      const told = this.#told.get(key);
      const freshAt = this.#freshAt.get(key) ?? 0;
      const watched = question.watched();
      if (told && now - told.at < wantAgainMs && told.freshAt >= freshAt && (told.viewedAt > 0 || !watched)) return [];
      return [{ ...placeOf(question), viewedAt: watched ? now : 0, freshAt }];
    });
    if (list.length === 0) return;
    await want(store.query, serverId, list, now);
    for (const wanted of list) this.#told.set(keyOf(wanted), { ...wanted, at: now });
  }

  async #lead(serverId: number): Promise<void> {
    const { store, sampler } = this.#options;
    const now = store.now();
    this.#told.clear();
    this.#adoptedAt.clear();
    this.#release(() => true);
    const wanted = await readWanted(store.query, serverId, now);
    const before = new Set(this.#passedOn);
    this.#passedOn.clear();
    for (const { topic, database, viewedAt, freshAt } of wanted) {
      const key = keyOf({ topic, database });
      this.#passedOn.add(key);
      if (!before.has(key)) this.#changed.add(key);
      if (now - viewedAt < wantedForMs) sampler.view(topic, database || null);
      if (freshAt > (this.#freshAt.get(key) ?? now - wantedForMs)) sampler.renew([topic], database || null);
      this.#freshAt.set(key, Math.max(freshAt, now - wantedForMs));
    }
    for (const key of this.#freshAt.keys()) if (!this.#passedOn.has(key)) this.#freshAt.delete(key);
    await this.#publish();
    if (now - this.#forgotAt < forgetEveryMs) return;
    this.#forgotAt = now;
    await forgetUnwanted(store.query, serverId, now);
  }

  #answered(key: string): void {
    if (!this.#passedOn.has(key)) return;
    this.#changed.add(key);
    this.#publish().catch(this.#options.complain);
  }

  async #publish(): Promise<void> {
    const { store, sampler, mask } = this.#options;
    const { serverId } = sampler.history;
    if (this.#publishing || this.#changed.size === 0 || serverId === undefined || !store.on) return;
    this.#publishing = true;
    try {
      while (this.#changed.size > 0) {
        const list = [...sampler.questions()].flatMap((question) => {
          const place = placeOf(question);
          if (!this.#changed.has(keyOf(place))) return [];
          const { snapshot, failure } = question;
          return snapshot || failure ? [{ ...place, snapshot, failure, ageMs: question.ageMs() }] : [];
        });
        this.#changed.clear();
        if (list.length > 0) await publish(store.query, serverId, list, store.now(), mask);
      }
    } finally {
      this.#publishing = false;
    }
  }
}

function placeOf({ topic, database }: Question): Place {
  return { topic: topic.id, database };
}

function keyOf({ topic, database }: Place): string {
  return `${topic}\n${database}`;
}
