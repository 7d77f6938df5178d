import type { Answer, AnyTopic } from '@/lib/topics/topic';
import type { HistoryStatus } from './answers';
import { momentSpan, momentTimes, readMoment } from './read-moment';
import { isStoreSlow, type Reader } from './reader';

/** What answers of the past are read from. */
export type PastSource = {
  reader: Reader;
  store: { readonly on: boolean };
  status(): Pick<HistoryStatus, 'kind' | 'reason'>;
};

const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
/** A moment for readers, e.g. 2026-11-21 03:12:07 UTC. */
const inWords = (seconds: number) => `${iso(seconds).slice(0, 19).replace('T', '\u00a0')}\u00a0UTC`;

/** A topic's answer as of a moment (epoch seconds): the nearest that was kept, or why there is none. */
export async function pastAnswer(
  source: PastSource,
  server: string,
  topic: AnyTopic,
  database: string | null,
  at: number,
): Promise<Answer> {
  const envelope = { topic: topic.id, server, database, at: iso(at) };
  const none = (hint: string): Answer => ({ ...envelope, status: 'unavailable', reason: 'history', hint });
  if (!topic.moments) return none(`${topic.title} of the past are not kept. Charts of the time around it are.`);
  try {
    return await kept();
  } catch (error) {
    if (isStoreSlow(error)) return none(error.message);
    if (source.store.on) throw error;
    return none(offSentence(source));
  }

  async function kept(): Promise<Answer> {
    if (!source.store.on) return none(offSentence(source));
    const { reader } = source;
    const number = await reader.serverId(server);
    const found = number === undefined ? undefined : await readMoment(reader, number, topic, database, at);
    if (!found) {
      const span = number === undefined ? undefined : await momentSpan(reader, number, topic.id, database);
      return none(absent(topic, at, span));
    }
    const { sampledAt, windowSeconds, partial, rows } = found.snapshot;
    const distanceSeconds = Math.round(sampledAt / 100 - at * 10) / 10;
    return {
      ...envelope,
      distanceSeconds,
      status: 'ok',
      sampledAt: new Date(sampledAt).toISOString(),
      ageSeconds: Math.max(0, -distanceSeconds),
      windowSeconds,
      rows,
      ...(partial && { partial }),
    };
  }
}

function offSentence(source: PastSource): string {
  const { kind, reason } = source.status();
  if (kind === 'off') return 'Nothing is stored: PGDECK_HISTORY is off. What was is not known.';
  return reason ?? 'The history store is being started; try again in a moment.';
}

function absent(topic: AnyTopic, at: number, span: { from: number; to: number } | undefined): string {
  if (!span) return `No moment of ${topic.title} is kept yet: one is taken every ${every(topic)}.`;
  const range = `Moments of ${topic.title} are kept from ${inWords(span.from)} to ${inWords(span.to)}`;
  if (at < span.from) return `${range}: this one is older than what is kept.`;
  if (at > span.to) return `${range}: none is kept of this time yet.`;
  return `${range}, but none near this one: pgdeck was not running then, or did not reach the server.`;
}

function every({ moments }: AnyTopic): string {
  const seconds = moments?.everySeconds ?? 0;
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} minutes`;
}

/** The times at which moments of a topic were kept, and the neighbours of one; null: there is none. */
export async function keptTimes(
  source: PastSource,
  server: string,
  topic: AnyTopic,
  database: string | null,
  asked: { from: number; to: number } | { at: number },
  most: number,
) {
  const { reader } = source;
  const number = await reader.serverId(server);
  const times = (range: Parameters<typeof momentTimes>[4]) =>
    number === undefined ? [] : momentTimes(reader, number, topic.id, database, range, most);
  if ('from' in asked) return { moments: await times(asked) };
  const [[before], [after]] = await Promise.all([times({ before: asked.at }), times({ after: asked.at })]);
  return { before: before?.at ?? null, after: after?.at ?? null };
}
