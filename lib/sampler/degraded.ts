import type { Problem } from '@/lib/postgres/errors';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import type { Question } from './question';
import { hangs } from './trouble';

/** A topic that has no answer though it needs one; without a topic: a connection that could not be opened. */
export type Failing = { topic: string | undefined; database: string | null; problem: Problem };

/** What fails of what has to be asked or hangs, and the attempt to connect that failed. */
export function failingOf(
  { nextAttemptAt, lastProblem }: Pick<ServerConnections, 'nextAttemptAt' | 'lastProblem'>,
  questions: Iterable<Question>,
  needed: (question: Question) => boolean,
): Failing[] {
  // How the PgBouncer before it is doing is another matter.
  const failing = [...questions].flatMap((question): Failing[] => {
    const { topic, database, failure } = question;
    if (!failure || topic.console || !(needed(question) || hangs(question))) return [];
    return [{ topic: topic.id, database: database || null, problem: failure }];
  });
  const isSpaced = lastProblem && nextAttemptAt > Date.now();
  return isSpaced ? [...failing, { topic: undefined, database: null, problem: lastProblem }] : failing;
}
