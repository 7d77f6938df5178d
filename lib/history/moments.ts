import { log } from '@/lib/metrics/log';
import { topics } from '@/lib/topics/index';
import type { AnyTopic } from '@/lib/topics/topic';
import { Allowance, Attention, type Look } from './attention';
import { packAnswer } from './moment-body';
import type { ServerHistory, Snapshot } from './server-history';
import type { StoredRow } from './stored-row';

const columns = [
  ['topic', 'int4'],
  ['database', 'int4'],
  ['rows', 'int4'],
  ['partial', 'bool'],
  ['body', 'bytea'],
] as const;
/** Moments taken because something stood out are kept as long as samples, quiet ones as long as minutes. */
const tables = { close: { name: 'moment_raw', columns }, quiet: { name: 'moment_1m', columns } };

const megabyte = 1024 * 1024;
/** What a server may take of the store with its moments, each kind for itself: none of them pushes out the others. */
const bytes = {
  quiet: { perDay: 3 * megabyte, burst: megabyte },
  others: { perDay: 1.5 * megabyte, burst: megabyte },
  close: { perDay: 2.5 * megabyte, burst: 2 * megabyte },
};
/** What a row of the store takes besides its body. */
const rowBytes = 100;
/** Between two close moments at least; what is new is not looked at more often either. */
const leastMs = 2000;
/** Long after it began, the same thing is looked at so many times less often. */
const steadyTimes = 2;
/** How old an answer may be to belong to a moment, and how long one is waited for. */
const closeAgeMs = 1500;
/** A look comes up to a second early or late. */
const slackMs = 1000;
const quietAgeMs = 5000;
const answerMs = 3000;
/** Those that are kept together, the others each by itself, and what is taken because something stands out. */
type Kind = keyof typeof bytes;
type Taking = { at: number; close: boolean; topics: AnyTopic[]; missing: Set<string>; timer: NodeJS.Timeout };

/**
 * Decides which answers of one server are kept as a whole for the time machine. Topics that have `closeSeconds` are
 * kept together, with one time; the others each by themselves.
 */
export class Moments {
  readonly #ask: (topics: string[]) => void;
  readonly #store: (row: StoredRow) => void;
  readonly #together: AnyTopic[];
  readonly #literals: boolean;
  readonly #phaseMs: number;
  readonly #attention = new Attention();
  readonly #latest = new Map<string, Snapshot>();
  readonly #keptAt = new Map<string, number>();
  readonly #allowances: Record<Kind, Allowance>;
  #taking: Taking | undefined;
  readonly #closeAt = new Map<string, number>();

  constructor(options: {
    topics: AnyTopic[];
    literals: boolean;
    /** Asks topics of the whole server anew. */
    ask: (topics: string[]) => void;
    /** Takes each moment; it goes with the next batch. */
    store: (row: StoredRow) => void;
    phaseSeconds?: number;
    now?: number;
  }) {
    const now = options.now ?? Date.now();
    this.#ask = options.ask;
    this.#store = options.store;
    this.#together = options.topics.filter(({ moments, scope }) => moments?.closeSeconds && scope === 'server');
    this.#literals = options.literals;
    this.#phaseMs = (options.phaseSeconds ?? 0) * 1000;
    this.#allowances = {
      quiet: new Allowance(bytes.quiet.perDay, bytes.quiet.burst, now),
      others: new Allowance(bytes.others.perDay, bytes.others.burst, now),
      close: new Allowance(bytes.close.perDay, bytes.close.burst, now),
    };
  }

  /** Takes a good answer; `now` in epoch milliseconds. */
  take(topic: AnyTopic, database: string | null, snapshot: Snapshot, now = Date.now()): void {
    if (topic.id === 'load') this.#look(this.#attention.look(snapshot.rows, snapshot.sampledAt), now);
    if (!topic.moments) return;
    if (this.#together.includes(topic)) {
      this.#latest.set(topic.id, snapshot);
      if (this.#taking?.missing.delete(topic.id) && this.#taking.missing.size === 0) this.#finish();
      const [first] = this.#together;
      if (first && this.#due(first, null, now) && this.#allowances.quiet.allows(now)) this.#begin(false, now);
      return;
    }
    if (!this.#due(topic, database, now) || !this.#allowances.others.allows(now)) return;
    this.#keptAt.set(place(topic, database), now);
    this.#keep(topic, database, snapshot, snapshot.sampledAt, 'others');
  }

  #look({ close, anew, lately }: Look, now: number): void {
    if (!close) return;
    const seconds = Math.min(...this.#together.map(({ moments }) => moments?.closeSeconds ?? Number.POSITIVE_INFINITY));
    const every = anew ? leastMs : seconds * 1000 * (lately ? 1 : steadyTimes);
    const last = Math.max(...this.#together.map(({ id }) => this.#closeAt.get(id) ?? 0));
    if (Math.abs(now - last) >= every && this.#allowances.close.allows(now)) this.#begin(true, now, anew);
  }

  /** Times are cut into pieces of the topic's length, so that those of different topics meet. */
  #due(topic: AnyTopic, database: string | null, now: number): boolean {
    const kept = this.#keptAt.get(place(topic, database));
    if (kept === undefined) return true;
    const everyMs = (topic.moments?.everySeconds ?? 0) * 1000;
    const piece = (at: number) => Math.floor((at - this.#phaseMs) / everyMs);
    // Not only later: the clock may have been set back.
    return piece(now) !== piece(kept);
  }

  #begin(close: boolean, now: number, anew = false): void {
    if (this.#taking) return;
    const oldest = now - (close ? closeAgeMs : quietAgeMs);
    // Those with a longer time of their own are left out of some close moments.
    const topics = this.#together.filter(
      ({ id, moments }) =>
        !close || anew || Math.abs(now - (this.#closeAt.get(id) ?? 0)) >= (moments?.closeSeconds ?? 0) * 1000 - slackMs,
    );
    const missing = topics.filter(({ id }) => (this.#latest.get(id)?.sampledAt ?? 0) < oldest).map(({ id }) => id);
    for (const topic of topics)
      if (close) this.#closeAt.set(topic.id, now);
      else this.#keptAt.set(place(topic, null), now);
    const timer = setTimeout(() => this.#finish(), answerMs);
    timer.unref();
    this.#taking = { at: now, close, topics, missing: new Set(missing), timer };
    if (missing.length === 0) this.#finish();
    else this.#ask(missing);
  }

  #finish(): void {
    const taking = this.#taking;
    if (!taking) return;
    this.#taking = undefined;
    clearTimeout(taking.timer);
    const oldest = taking.at - (taking.close ? closeAgeMs : quietAgeMs);
    for (const topic of taking.topics) {
      const snapshot = this.#latest.get(topic.id);
      if (!snapshot || snapshot.sampledAt < oldest) continue;
      this.#keep(topic, null, snapshot, taking.at, taking.close ? 'close' : 'quiet');
    }
  }

  #keep(topic: AnyTopic, database: string | null, snapshot: Snapshot, at: number, kind: Kind): void {
    const { mostRows } = topic.moments ?? {};
    packAnswer(topic, snapshot, { literals: this.#literals, mostRows }).then(
      (packed) => {
        this.#allowances[kind].spend(packed.body.length + rowBytes);
        this.#store({
          table: kind === 'close' ? tables.close : tables.quiet,
          // Whole seconds: a moment is found again by what an address says of it.
          ts: Math.round(at / 1000),
          words:
            database === null
              ? [['topic', topic.id]]
              : [
                  ['topic', topic.id],
                  ['database', database],
                ],
          values: (id) => [id('topic', topic.id), id('database', database), packed.rows, packed.partial, packed.body],
          bytes: packed.body.length + rowBytes,
        });
      },
      (error) => log.error({ err: error, topic: topic.id }, 'a moment could not be kept'),
    );
  }
}

/** Keeps the moments of a server for as long as it is recorded. */
export function keepMoments(server: ServerHistory, literals: boolean): void {
  const moments = new Moments({
    topics: Object.values(topics),
    literals,
    ask: (ids) => server.ask?.(ids),
    store: (row) => server.recorder.add(row),
    // Many servers are not kept in the same second.
    phaseSeconds: [...server.id].reduce((sum, letter) => sum + (letter.codePointAt(0) ?? 0), 0) % 60,
  });
  server.onTake((topic, database, snapshot) => {
    if (server.recording) moments.take(topic, database, snapshot);
  });
}

function place(topic: AnyTopic, database: string | null): string {
  return `${topic.id}\n${database ?? ''}`;
}
