import { checks } from '@/lib/checks/index';
import type { Limits } from '@/lib/config';
import type { Answer } from '@/lib/topics/topic';
import { type FindingsAnswer, FindingsKeeper } from './findings';

/**
 * The verdict as of a moment (epoch seconds), from the answers that were kept nearest to it; of `databases` only, where the
 * answers are what somebody sees who may see no others.
 */
export async function findingsAt(
  server: string,
  limits: Limits,
  at: number,
  answerOf: (topic: string) => Promise<Answer>,
  databases?: ReadonlySet<string>,
): Promise<FindingsAnswer & { at: string }> {
  const topics = [...new Set(checks.flatMap((check) => check.topics as string[]))];
  const answers = new Map(await Promise.all(topics.map(async (topic) => [topic, await answerOf(topic)] as const)));
  const latest = (topic: string) => answers.get(topic);
  const keeper = new FindingsKeeper(server, { latest, subscribe: () => {} }, limits);
  const judged = databases ? keeper.part(databases, latest, at * 1000) : keeper.judge(at * 1000);
  return { at: new Date(at * 1000).toISOString(), ...judged };
}
