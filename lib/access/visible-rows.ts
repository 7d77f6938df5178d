import type { Answer, AnyTopic, Raw } from '@/lib/topics/topic';
import { requireDatabase, type ServerAccess, seesDatabase } from './server-access';

/** Rows as those see them who may see the same databases: chosen once, however many read them. */
const chosen = new WeakMap<Raw[], Map<string, Raw[]>>();

/** Throws 403 where a topic, or this part of it, is about databases that somebody may not see; 404 for one of those by name. */
export function requireTopicRows(
  access: ServerAccess,
  server: string,
  topic: AnyTopic,
  database: string | null | undefined,
): void {
  if (topic.scope === 'database' || topic.databaseColumn === undefined) requireDatabase(access, server, database);
}

/** A topic's answer without the rows of databases that somebody may not see; `requireTopicRows` comes before it. */
export function visibleAnswer(topic: AnyTopic, answer: Answer, access: ServerAccess): Answer {
  if (access.databases === undefined || topic.scope === 'database') return answer;
  if (answer.status === 'ok') return { ...answer, rows: visibleRows(topic, answer.rows, access) };
  if (!answer.last) return answer;
  return { ...answer, last: { ...answer.last, rows: visibleRows(topic, answer.last.rows, access) } };
}

function visibleRows(topic: AnyTopic, rows: Raw[], access: ServerAccess): Raw[] {
  const column = topic.databaseColumn;
  if (column === undefined) return [];
  let parts = chosen.get(rows);
  if (!parts) {
    parts = new Map();
    chosen.set(rows, parts);
  }
  const key = JSON.stringify([...(access.databases ?? [])].sort());
  let part = parts.get(key);
  if (!part) {
    part = rows.filter((row) => seesDatabase(access, row[column] as string | null));
    parts.set(key, part);
  }
  return part;
}
