import type { Failing } from '@/lib/sampler/degraded';

const mostTopics = 5;

/** Why a server answers in part only, and what to do about the first of it; undefined where nothing fails. */
export function whyDegraded(failing: Failing[]): { reason: string; hint: string } | undefined {
  const [first] = failing;
  if (!first) return undefined;
  const sentences = [...new Set(failing.map(({ problem }) => problem.sentence))];
  const reasons = sentences.map((sentence) => {
    const told = failing.filter(({ problem }) => problem.sentence === sentence);
    const topics = [...new Set(told.flatMap(({ topic }) => topic ?? []))];
    return topics.length > 0 ? `Not answered: ${named(topics)}. ${sentence}` : `A connection failed: ${sentence}`;
  });
  return { reason: reasons.join(' '), hint: first.problem.hint };
}

function named(topics: string[]): string {
  const more = topics.length - mostTopics;
  return `${topics.slice(0, mostTopics).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
