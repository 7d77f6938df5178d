import { isDeepStrictEqual } from 'node:util';
import { type Clock, systemClock } from '@/lib/history/clock';
import { ServerHistory } from '@/lib/history/server-history';
import { Console } from '@/lib/pgbouncer/console';
import type { Capabilities } from '@/lib/postgres/capabilities';
import type { Problem } from '@/lib/postgres/errors';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import type { TopicId } from '@/lib/topics/index';
import type { Answer, AnyTopic } from '@/lib/topics/topic';
import { Budget, pacedEvent, weigh } from './budget';
import { type Failing, failingOf } from './degraded';
import { derivedAnswer } from './derived';
import type { Follow } from './follow';
import { Heartbeat } from './heartbeat';
import { Question } from './question';
import { Questions } from './questions';
import { Remembered } from './remembered';
import { isAsked, type Parts } from './source';
import { inTrouble } from './trouble';
import { Walk } from './walk';
import { within } from './within';

/** How a server is doing as a whole: not asked yet, answering, answering in part, or not at all. */
export type ServerState = 'starting' | 'ok' | 'degraded' | 'unreachable';

type Config = ServerConnections['config'];
type Listener = (topic: string, database: string | null) => void;
type Touched = (topics: string[], database: string | null) => void;
type Complain = (error: unknown, topic: string) => void;

/** Where these were touched, what the server can be asked for may be something else now. */
const decisive: ReadonlySet<string> = new Set<TopicId>(['schema', 'configuration']);

const tickMs = 250;
const forgetAfterMs = 10 * 60_000;
const readerWaitMs = 2000;
const firstAnswerWaitMs = 4500;
/** How often somebody may have a topic asked out of turn. */
export const forcedEveryMs = 5000;

/** The one loop that asks a server: viewers read what it knows, and never cause a statement more often than the cadence. */
export class Sampler {
  readonly history: ServerHistory;
  /** The console of the PgBouncer before the server. */
  readonly console: Console;
  /** How many reads a snapshot answered at once, and how many waited for an asking. */
  readonly reads = { hits: 0, misses: 0 };
  /** What ties it to other instances that watch the same server; undefined: there can be none. */
  follow: Follow | undefined;
  /** Told how long after its time each question was asked, milliseconds. */
  onAsked: ((lateMs: number) => void) | undefined;
  readonly #server: string;
  readonly #connections: ServerConnections;
  readonly #topics: Record<string, AnyTopic>;
  readonly #complain: Complain;
  readonly #questions: Questions;
  readonly #parts: Parts;
  readonly #listeners = new Set<Listener>();
  readonly #touched = new Set<Touched>();
  readonly #budget: Budget;
  readonly #walk: Walk;
  readonly #heartbeat: Heartbeat;
  readonly #clock: Clock;
  #timer: NodeJS.Timeout | undefined;
  /** How often history wanted more than the cadences bring. */
  #asked = 0;

  constructor(
    server: string,
    connections: ServerConnections,
    topics: Record<string, AnyTopic>,
    complain: Complain,
    history = new ServerHistory(server),
    budget: { percent: number; windowMs?: number } = { percent: 100 },
    clock = systemClock,
  ) {
    this.#server = server;
    this.history = history;
    this.#connections = connections;
    this.console = new Console(() => connections.config);
    this.#parts = {
      connections,
      console: this.console,
      remembered: new Remembered(),
      other: (id) => this.#known([id], null)[0],
    };
    this.#topics = topics;
    this.#complain = complain;
    this.#budget = new Budget(budget.percent, (change) => history.changes.add(pacedEvent(change)), budget.windowMs);
    this.#clock = clock;
    this.#heartbeat = new Heartbeat(connections);
    this.#questions = new Questions({
      topics,
      home: () => connections.config.read.database,
      make: (topic, database) => new Question(topic, database, this.#parts, () => this.#budget.factor, clock),
    });
    this.#walk = new Walk({
      topics: Object.values(topics).filter(({ everywhereSeconds }) => everywhereSeconds !== undefined),
      databases: () => this.#otherDatabases(),
      ask: (topic, database) => this.#visit(topic, database),
      trouble: () => inTrouble(connections, this.#questions, (question) => this.isHome(question)),
    });
    connections.onServerChange = (before, after) => this.#serverChanged(before, after);
    history.ask = (ids) => {
      if (this.#asked++ % this.#budget.factor === 0) this.refresh(ids.filter((id) => this.latest(id)?.status === 'ok'));
    };
  }

  /** Starts asking; what charts and checks need is asked from now on, the rest when somebody looks. */
  start(): void {
    for (const topic of Object.values(this.#topics)) if (topic.always) this.#questions.of(topic, null);
    this.#timer = setInterval(() => this.#tick(), tickMs);
    this.#tick();
  }

  /** Stops asking; questions under way end by their own timeouts. */
  stop(): void {
    clearInterval(this.#timer);
    this.console.close();
  }

  /**
   * A topic's answer: the snapshot while it is fresh, else what the (shared) asking brings within 2 s, else the last one
   * with its age; the very first one is waited for up to 4.5 s. `fresh` asks now, whatever the cadence says.
   */
  async read(
    topic: AnyTopic,
    database: string | null,
    options: { fresh?: boolean; waitMs?: number } = {},
  ): Promise<Answer> {
    const base = this.#questions.baseOf(topic);
    if (base !== topic) return derivedAnswer(topic, await this.read(base, database, options));
    const question = this.#questions.of(topic, database);
    question.viewedAt = this.#clock.elapsed();
    if (options.fresh) {
      question.forcedAt = this.#clock.elapsed();
      const probed = this.#connections.probe().catch(() => {});
      await within(probed, readerWaitMs);
      question.renew();
    }
    const waits = question.due() || question.asking !== undefined;
    this.reads[waits ? 'misses' : 'hits']++;
    if (this.follow?.covers(question)) await this.follow.read(question, options);
    else if (waits) {
      const waitMs = options.waitMs ?? (question.snapshot ? readerWaitMs : firstAnswerWaitMs);
      await within(this.#ask(question), waitMs);
    }
    return question.answer(this.#server);
  }

  /** Milliseconds since a topic was last asked for by force. */
  sinceForcedMs(topic: AnyTopic, database: string | null): number {
    const question = this.#questions.find(topic, database);
    return question ? this.#clock.elapsed() - question.forcedAt : Number.POSITIVE_INFINITY;
  }

  /** The topic's answer as it is known now, without asking. */
  latest(topicId: string, database: string | null = null): Answer | undefined {
    const topic = this.#topics[topicId];
    const question = topic && this.#questions.find(topic, database);
    if (!question?.snapshot && !question?.failure) return undefined;
    return derivedAnswer(topic as AnyTopic, question.answer(this.#server));
  }

  /** Calls `listener` with the topics that an action touched, and the database that it was in. */
  onTouched(listener: Touched): void {
    this.#touched.add(listener);
  }

  /** Asks again what an action touched, and tells those who keep something of it. */
  touched(topicIds: string[], database: string | null): void {
    for (const listener of this.#touched) listener(topicIds, database);
    this.renew(topicIds, database);
  }

  /**
   * Takes the chosen snapshots for too old: whoever reads one next waits for a new one. As with `fresh` each is asked so at
   * most every 5 s. Answers how many there were.
   */
  outdate(chosen: (topic: AnyTopic, database: string | null) => boolean): number {
    const now = this.#clock.elapsed();
    let count = 0;
    for (const question of this.#questions) {
      const { topic, database, snapshot } = question;
      if (!snapshot || !chosen(topic, database || null) || now - question.forcedAt < forcedEveryMs) continue;
      question.forcedAt = now;
      question.invalidate();
      count++;
    }
    return count;
  }

  /** Asks topics again now, those of which the answer is known. */
  refresh(topicIds: string[], database: string | null = null): void {
    for (const question of this.#known(topicIds, database)) {
      question.invalidate();
      this.#askAgain(question);
    }
  }

  /**
   * The same, and not only what changes all the time: also figures that are remembered between two askings, and what the
   * server can be asked for where that was missing or may be something else now.
   */
  renew(topicIds: string[], database: string | null = null): void {
    const questions = this.#known(topicIds, database);
    const again = () => {
      for (const question of questions) {
        question.renew();
        this.#askAgain(question);
      }
    };
    if (topicIds.some((id) => decisive.has(id)) || questions.some(({ lacks }) => lacks))
      void this.#connections
        .probe()
        .catch(() => {})
        .then(again);
    else again();
  }

  #known(topicIds: string[], database: string | null): Question[] {
    return topicIds.flatMap((id) => {
      const topic = this.#topics[id];
      return (topic && this.#questions.find(topic, database)) ?? [];
    });
  }

  #askAgain(question: Question): void {
    if (this.follow?.covers(question)) void this.follow.next(question, true);
    else void this.#ask(question);
  }

  /**
   * Goes by the configuration as it is now: where it names another PgBouncer, or another way to the server behind that, what
   * is known of the one before is told no more, and the one of now is asked at once.
   */
  reconfigured(before: Config): void {
    const place = ({ pgbouncer, action: { host, port, database } }: Config) => [pgbouncer, host, port, database];
    if (isDeepStrictEqual(place(before), place(this.#connections.config))) return;
    const all = [...this.#questions];
    const consoles = all.filter(({ topic }) => topic.console);
    // Whose figures are taken from theirs waits for them.
    const moved = [...consoles, ...all.filter(({ topic }) => topic.figures === 'applications')];
    for (const question of moved) question.moved();
    this.console.follow();
    for (const question of moved) {
      for (const listener of this.#listeners) listener(question.topic.id, question.database || null);
      if (this.follow?.covers(question)) void this.follow.next(question, true);
      else if (this.#needed(question) || question.watched()) void this.#ask(question);
    }
  }

  /** Every question that is known. */
  questions(): Iterable<Question> {
    return this.#questions;
  }

  /** Somebody looks at a topic through another instance. */
  view(topicId: string, database: string | null): void {
    const topic = this.#topics[topicId];
    if (topic) this.#questions.of(topic, database).viewedAt = this.#clock.elapsed();
  }

  /** Takes the answer that another instance got, so many milliseconds ago. */
  adopt(question: Question, answer: Pick<Question, 'snapshot' | 'failure'>, ageMs: number): void {
    question.adopt(answer, ageMs);
    const { topic, database, snapshot, failure } = question;
    if (snapshot && !failure)
      this.history.take(topic, database || null, snapshot, question.cadenceMs(), this.isHome(question));
    this.#follow(topic.id);
    for (const listener of this.#listeners) listener(topic.id, database || null);
  }

  /** Calls `listener` after each new answer of a topic. */
  subscribe(listener: Listener): void {
    this.#listeners.add(listener);
  }

  /** How the server is doing now. */
  state(): ServerState {
    if (this.problem) return 'unreachable';
    if (!this.#connections.capabilities) return 'starting';
    return this.failing().length > 0 ? 'degraded' : 'ok';
  }

  /** Why it answers in part only, if it does: what is not answered, and that no more connections can be opened. */
  failing(): Failing[] {
    return failingOf(this.#connections, this.#questions, (question) => this.#needed(question));
  }

  /** Why the server cannot be reached, by this instance or by the one that asks it. */
  get problem(): Problem | undefined {
    if (!this.follow?.following) return this.#connections.problem;
    return [...this.#questions].find(({ topic, failure }) => topic.sql && failure?.reason === 'unreachable')?.failure;
  }

  /** Milliseconds between two askings of a topic now. */
  cadenceMs(topic: AnyTopic, database: string | null): number {
    return this.#questions.of(topic, database).cadenceMs();
  }

  /** How many times less often the server is asked now, because pgdeck took more than its budget; 1: it keeps to it. */
  get slowedDown(): number {
    return this.#budget.factor;
  }

  #tick(): void {
    const now = this.#clock.elapsed();
    this.#heartbeat.tick(now);
    if (this.history.recording) this.#walk.tick(now);
    const elsewhere = this.follow?.following ?? false;
    for (const question of this.#questions) {
      const wanted = this.#needed(question) || question.watched(now);
      if (wanted && question.due(now) && !(elsewhere && isAsked(question.topic))) {
        const lateMs = question.lateMs(now);
        if (lateMs !== undefined) this.onAsked?.(lateMs);
        void this.#ask(question);
      }
      const forgotten = !wanted && !this.isHome(question) && now - question.viewedAt > forgetAfterMs;
      if (forgotten && !this.#walked(question)) this.#questions.forget(question);
    }
  }

  async #ask(question: Question): Promise<void> {
    const first = question.asking === undefined;
    try {
      await question.ask();
    } catch (error) {
      if (first) this.#complain(error, question.topic.id);
    }
    if (!first) return;
    if (!question.failure) this.#record(question);
    this.#follow(question.topic.id);
    for (const listener of this.#listeners) listener(question.topic.id, question.database || null);
  }

  /** What is made of another topic's rows is of the same moment as these. */
  #follow(id: string): void {
    for (const question of this.#questions) {
      if (question.topic.after !== id) continue;
      question.invalidate();
      void this.#ask(question);
    }
  }

  #record(question: Question): void {
    const { topic, snapshot } = question;
    if (!snapshot) return;
    weigh(this.#budget, topic, snapshot);
    const home = this.isHome(question);
    const everywhereMs = home ? 0 : 1000 * (topic.everywhereSeconds ?? 0);
    this.history.take(topic, question.database || null, snapshot, Math.max(question.cadenceMs(), everywhereMs), home);
  }

  /** Whether charts, checks or history need a question, also while nobody looks. */
  #needed(question: Question): boolean {
    const { always } = question.topic;
    return (always === true || (always === 'history' && this.history.recording)) && this.isHome(question);
  }

  /** Whether a question is of the whole server, or of the database that pgdeck connects to. */
  isHome({ database }: Question): boolean {
    return database === '' || database === this.#connections.config.read.database;
  }

  #otherDatabases(): string[] {
    const server = this.#connections.capabilities;
    // A pooler may know only some of them, and what it does not know looks like a server that is gone.
    if (!server || server.pooled) return [];
    return server.databases.filter((name) => name !== this.#connections.config.read.database);
  }

  #walked({ topic, database }: Question): boolean {
    return this.history.recording && this.#walk.covers(topic, database);
  }

  async #visit(topic: AnyTopic, database: string): Promise<boolean> {
    const question = this.#questions.of(topic, database);
    await this.#ask(question);
    question.rest();
    return !question.failure;
  }

  #serverChanged(before: Capabilities | undefined, after: Capabilities): void {
    this.history.identified(after);
    if (!before) return;
    this.history.restarted(before, after);
    if (before.systemIdentifier !== after.systemIdentifier) this.#parts.remembered.clear();
    for (const question of this.#questions) question.newEpoch();
  }
}
