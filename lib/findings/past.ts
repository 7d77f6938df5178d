import { checks } from '@/lib/checks/index';
import type { Limits } from '@/lib/config';
import type { Answer } from '@/lib/topics/topic';
import { type FindingsAnswer, FindingsKeeper } from './findings';

/** The verdict as of a moment (epoch seconds), from the answers that were kept nearest to it. */
export async function findingsAt(
  server: string,
  limits: Limits,
  at: number,
  answerOf: (topic: string) => Promise<Answer>,
): Promise<FindingsAnswer & { at: string }> {
  const topics = [...new Set(checks.flatMap((check) => check.topics as string[]))];
  const answers = new Map(await Promise.all(topics.map(async (topic) => [topic, await answerOf(topic)] as const)));
  const keeper = new FindingsKeeper(server, { latest: (topic) => answers.get(topic), subscribe: () => {} }, limits);
  return { at: new Date(at * 1000).toISOString(), ...keeper.judge(at * 1000) };
}
