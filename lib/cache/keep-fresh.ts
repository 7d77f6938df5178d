import type { Sampler } from '@/lib/sampler/sampler';
import type { TopicId } from '@/lib/topics/index';
import type { Raw } from '@/lib/topics/topic';
import type { AnswerCache } from './answer-cache';

/** What an action may leave otherwise than it was described: without one of these it touched figures only. */
const described: ReadonlySet<string> = new Set<TopicId>(['tables', 'index-usage', 'partitions', 'schema', 'databases']);
const settings: ReadonlySet<string> = new Set<TopicId>(['configuration', 'server']);

/**
 * Forgets what is kept of a server when one of pgdeck's own actions has ended there, when the topic `schema` finds that
 * somebody changed a definition, and when another run of the server, or another cluster, answers.
 */
export function keepFresh(cache: AnswerCache, server: string, sampler: Sampler): void {
  const whole = `${server}:`;
  const of = (database: string | null) => (database === null ? whole : `${server}:${database}:`);
  sampler.onTouched((topics, database) => {
    // Who names nothing may have touched anything.
    if (topics.length === 0 || topics.some((id) => described.has(id))) cache.clear(of(database));
    if (topics.some((id) => settings.has(id)))
      cache.clear(whole, ({ kind }) => kind === 'settings' || kind === 'lists');
  });
  const fingerprints = new Map<string, string>();
  sampler.history.onTake((topic, database, { rows }) => {
    if (topic.id !== 'schema') return;
    const now = fingerprintOf(rows);
    // The first look says nothing of what was kept before it.
    if (fingerprints.get(database ?? '') !== now) cache.clear(of(database));
    fingerprints.set(database ?? '', now);
  });
  sampler.history.onRestart(() => {
    cache.clear(whole);
  });
}

const fingerprintOf = (rows: Raw[]) =>
  rows
    .map(({ schemaname, kind, fingerprint }) => JSON.stringify([schemaname, kind, fingerprint]))
    .sort()
    .join();
