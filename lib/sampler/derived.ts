import type { Answer, AnyTopic, Raw } from '@/lib/topics/topic';

const made = new WeakMap<Raw[], Map<string, Raw[]>>();

/** The answer of a topic that is made of another one's, with the time and age of that; any other one as it is. */
export function derivedAnswer(topic: AnyTopic, answer: Answer): Answer {
  if (!topic.from || answer.topic === topic.id) return answer;
  if (answer.status === 'ok') return { ...answer, topic: topic.id, rows: rowsOf(topic, answer.rows) };
  if (!answer.last) return { ...answer, topic: topic.id };
  return { ...answer, topic: topic.id, last: { ...answer.last, rows: rowsOf(topic, answer.last.rows) } };
}

/** Made once for each snapshot, however many read it. */
function rowsOf(topic: AnyTopic, rows: Raw[]): Raw[] {
  let all = made.get(rows);
  if (!all) {
    all = new Map();
    made.set(rows, all);
  }
  let derived = all.get(topic.id);
  if (!derived) {
    derived = topic.from?.derive(rows) ?? [];
    all.set(topic.id, derived);
  }
  return derived;
}
