import { ApiError } from '@/lib/access/errors';
import { type ServerAccess, seesDatabase } from '@/lib/access/server-access';
import { visibleAnswer } from '@/lib/access/visible-rows';
import type { FindingsAnswer } from '@/lib/findings/findings';
import { findingsAt } from '@/lib/findings/past';
import { findServer, readTopic, requireTopic } from '@/lib/read';
import { runtime, type Server } from '@/lib/runtime';
import type { Answer } from '@/lib/topics/topic';

/** The verdict on a server now, or as of a moment (epoch seconds), of what somebody may see of it. */
export async function readFindings(access: ServerAccess, serverId: string, at?: number): Promise<FindingsAnswer> {
  const server = findServer(serverId);
  const { databases } = access;
  if (at === undefined)
    return databases === undefined
      ? server.findings.current()
      : server.findings.part(databases, (topic) => latestOf(access, server, topic));
  const { limits } = runtime().config;
  return findingsAt(serverId, limits, at, (topic) => answerAt(access, server, topic, at), databases);
}

function latestOf(access: ServerAccess, server: Server, topicId: string): Answer | undefined {
  const topic = requireTopic(topicId);
  const answer = server.sampler.latest(topicId);
  const seen = topic.scope === 'database' ? seesDatabase(access, server.config.read.database) : topic.databaseColumn;
  return seen ? answer && visibleAnswer(topic, answer, access) : unseen(server, topicId);
}

/** Checks look at the database that pgdeck connects to, whatever somebody would get where they name none. */
async function answerAt(access: ServerAccess, server: Server, topicId: string, at: number): Promise<Answer> {
  const { database } = server.config.read;
  const within = requireTopic(topicId).scope === 'database' && { database };
  try {
    return await readTopic(access, server.config.id, topicId, { at, ...within });
  } catch (error) {
    if (error instanceof ApiError && access.databases !== undefined) return unseen(server, topicId);
    throw error;
  }
}

function unseen(server: Server, topic: string): Answer {
  return {
    topic,
    server: server.config.id,
    database: null,
    status: 'unavailable',
    reason: 'privilege',
    hint: 'pgdeck judges this for the database that it connects to, or for the whole server, and you may see neither.',
  };
}
