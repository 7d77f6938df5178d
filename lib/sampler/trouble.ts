import type { ServerConnections } from '@/lib/postgres/server-connections';
import type { Question } from './question';

/** Whether the server takes too long for a question, or something stands before what it asks. */
export const hangs = ({ failure }: Question) => failure?.reason === 'timeout' || failure?.reason === 'locked';

/** Whether a server should not be asked more than it must: it is hard to reach, hangs, or somebody waits for a lock. */
export function inTrouble(
  connections: ServerConnections,
  questions: Iterable<Question>,
  isHome: (question: Question) => boolean,
): boolean {
  if (connections.problem || connections.nextAttemptAt > Date.now()) return true;
  for (const question of questions) {
    const { topic, snapshot } = question;
    if (topic.always && topic.sql && isHome(question) && hangs(question)) return true;
    if (topic.id === 'load' && snapshot?.rows.some(({ wait_event_type }) => wait_event_type === 'Lock')) return true;
  }
  return false;
}
