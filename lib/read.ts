import { ApiError, badInput } from '@/lib/access/errors';
import { checked } from '@/lib/access/input';
import { shownAnswer } from '@/lib/access/query-text';
import { homeOf, noDatabase, type ServerAccess, seesDatabase, serversFor } from '@/lib/access/server-access';
import { covers, isAdminOfAll, requireRole, type User } from '@/lib/access/user';
import { requireTopicRows, visibleAnswer } from '@/lib/access/visible-rows';
import { type TopicQuery, topicQuery } from '@/lib/api/topics';
import type { ServerSummary, ServersAnswer } from '@/lib/client/shapes';
import { keptTimes, pastAnswer } from '@/lib/history/past';
import { isStoreSlow } from '@/lib/history/reader';
import { runtime, type Server } from '@/lib/runtime';
import { derivedAnswer } from '@/lib/sampler/derived';
import { forcedEveryMs } from '@/lib/sampler/sampler';
import { findTopic, topics } from '@/lib/topics/index';
import type { Answer, AnyTopic, Raw } from '@/lib/topics/topic';

/** A watched server by its id; 404 when there is none. */
export function findServer(id: string): Server {
  const server = runtime().servers.get(id);
  if (!server) throw new ApiError(404, 'not_found', `There is no server "${id}". GET /api/servers lists them.`);
  return server;
}

/** The watched servers as `user` may see them: host, database and role (never the password) only for admins of all of it. */
export function listServers(user: User): ServersAnswer {
  const refused = runtime().fileServers?.refused;
  return { servers: summaries(user), ...(refused && isAdminOfAll(user) && { configRefused: refused }) };
}

function summaries(user: User): ServerSummary[] {
  return serversFor(user).map(({ server: { config, connections, sampler, leaving }, access }) => {
    const { capabilities } = connections;
    return {
      id: config.id,
      name: config.name,
      state: sampler.state(),
      demo: config.demo,
      versionNum: capabilities?.versionNum ?? null,
      inRecovery: capabilities?.inRecovery ?? null,
      databases: databasesOf(access, config, capabilities?.databases ?? []),
      tags: config.tags,
      environment: config.environment ?? null,
      problem: sampler.problem ?? null,
      ...(leaving !== undefined && { leaving }),
      slowedDown: sampler.slowedDown,
      ...(isAdmin(access) && {
        host: config.read.host,
        port: config.read.port,
        database: config.read.database,
        role: config.read.user,
        actionRole: config.action.user,
      }),
    };
  });
}

/** Those that somebody may see, the one first that is meant where none is named. */
function databasesOf(access: ServerAccess, config: Server['config'], names: string[]): string[] {
  const home = homeOf(access, config, names);
  const seen = names.filter((name) => seesDatabase(access, name));
  return seen.includes(home) ? [home, ...seen.filter((name) => name !== home)] : seen;
}

const isAdmin = (access: ServerAccess) => covers(access.roleOn(null) ?? 'viewer', 'admin');

/** A topic by its id; 404 when there is none. */
export function requireTopic(id: string): AnyTopic {
  const topic = findTopic(id);
  if (!topic)
    throw new ApiError(404, 'not_found', `There is no topic "${id}". There are: ${Object.keys(topics).join(', ')}.`);
  return topic;
}

const selections = new WeakMap<Raw[], Map<string, Raw[]>>();

/** The rows of a database (undefined: of all) that `params` choose, computed once per snapshot and choice. */
function select(topic: AnyTopic, rows: Raw[], database: string | undefined, params: Record<string, unknown>): Raw[] {
  const { databaseColumn: column } = topic;
  const isWithin = (row: Raw) => database === undefined || (column !== undefined && row[column] === database);
  if (!topic.select && database === undefined) return rows;
  let chosen = selections.get(rows);
  if (!chosen) {
    chosen = new Map();
    selections.set(rows, chosen);
  }
  const key = JSON.stringify([database, params]);
  let selected = chosen.get(key);
  if (!selected) {
    const within = rows.filter(isWithin);
    selected = topic.select ? (topic.select(within, params) as Raw[]) : within;
    chosen.set(key, selected);
    if (chosen.size > 50) chosen.delete(chosen.keys().next().value as string);
  }
  return selected;
}

/** The database to ask: null for a topic of the whole server, pgdeck's own where none is named; 404 when unknown. */
export function databaseFor(
  access: ServerAccess,
  server: Server,
  topic: AnyTopic,
  name: string | undefined,
): string | null {
  const database = pastDatabase(access, server, topic, name);
  if (database === null || database === server.config.read.database) return database;
  // Before the first connect nobody knows which there are: the question itself will tell.
  const known = server.connections.capabilities?.databases;
  if (known && !known.includes(database)) throw noDatabase(server.config.id, database);
  return database;
}

/** The database that a description is for, checked as if its rows were asked for. */
export function describedDatabase(
  access: ServerAccess,
  server: Server,
  topic: AnyTopic,
  name: string | undefined,
): string | null {
  // It may describe rows of the past, whose database is gone.
  databaseWithin(server, topic, name, true);
  return databaseFor(access, server, topic, name);
}

/** Of a topic of the whole server: the database whose rows are wanted, all where none is named; 400 where a row belongs to none, 404 where it is unknown and may not be one that is gone. */
function databaseWithin(
  server: Server,
  topic: AnyTopic,
  name: string | undefined,
  mayBeGone: boolean,
): string | undefined {
  if (topic.scope === 'database' || !name) return undefined;
  if (topic.databaseColumn === undefined)
    throw badInput(`database: ${topic.id} tells of the whole server. Leave it out.`, 'database');
  // The databases of PgBouncer have names of their own.
  const known = topic.console || mayBeGone ? undefined : server.connections.capabilities?.databases;
  if (known && !known.includes(name)) throw noDatabase(server.config.id, name);
  return name;
}

/** The database as it was called then: it may be gone by now. */
function pastDatabase(access: ServerAccess, server: Server, topic: AnyTopic, name: string | undefined): string | null {
  const database =
    topic.scope === 'server' ? null : name || homeOf(access, server.config, server.connections.capabilities?.databases);
  // Before the first connect nobody knows which there are, and where a session begins NUL ends the name.
  if (database?.includes('\0')) throw noDatabase(server.config.id, database);
  requireTopicRows(access, server.config.id, topic, database);
  return database;
}

/**
 * The one way to a topic's answer, for pages and route handlers, with rows and texts as `access` allows. `query` holds `database`,
 * `at`, `fresh` and the topic's own parameters; errors are `ApiError` (400 with its field, 404, 429), never a failure of
 * the watched server.
 */
export async function readTopic(
  access: ServerAccess,
  serverId: string,
  topicId: string,
  query: TopicQuery = {},
  options: { waitMs?: number } = {},
): Promise<Answer> {
  const server = findServer(serverId);
  const topic = requireTopic(topicId);
  const { database: name, at, fresh: anew, describe: _, ...params } = checked(topicQuery(topic), query, 'query');
  const fresh = anew === '1';
  const within = databaseWithin(server, topic, name, at !== undefined);
  const shown = (answer: Answer) =>
    shownAnswer(topic, chosen(topic, within, params, visibleAnswer(topic, answer, access)), access);
  if (at !== undefined) {
    if (fresh) throw badInput('at: what is past cannot be asked anew; leave out fresh', 'at');
    return shown(await readPast(access, server, topic, name, at));
  }
  const database = databaseFor(access, server, topic, name);
  if (fresh) requireRole({ name: access.user.name, role: access.roleOn(database) ?? access.role }, 'operator');
  if (fresh && server.sampler.sinceForcedMs(topic, database) < forcedEveryMs)
    throw new ApiError(429, 'busy', 'This was asked again less than 5 s ago. Wait a moment.');
  const answer = await server.sampler.read(topic, database, { fresh, ...options });
  return shown(answer);
}

/**
 * One row of a topic with the texts of its statements as they are: only for who may see them, which is to be asked before. `key` are
 * the topic's own columns (or `sid` of a statement); 404 where there is no such row any more.
 */
export async function readRow(
  access: ServerAccess,
  serverId: string,
  topicId: string,
  key: Raw,
  of: { database?: string | undefined; at?: number | undefined },
): Promise<Raw> {
  const server = findServer(serverId);
  const topic = requireTopic(topicId);
  const names = Object.keys(key);
  const bySid = names.join() === 'sid' && 'sid' in topic.row.shape;
  if (!bySid && [...names].sort().join() !== [...topic.key].sort().join())
    throw badInput(`key: must have ${topic.key.join(', ')}`, 'key');
  const now = async () => {
    const database = databaseFor(access, server, topic, of.database);
    // What the reader has before them, not what is there by now.
    return server.sampler.latest(topic.id, database) ?? server.sampler.read(topic, database);
  };
  const found = of.at === undefined ? await now() : await readPast(access, server, topic, of.database, of.at);
  const answer = visibleAnswer(topic, found, access);
  const rows = answer.status === 'ok' ? answer.rows : (answer.last?.rows ?? []);
  const row = rows.find((each) => names.every((name) => String(each[name]) === String(key[name])));
  if (!row) throw new ApiError(404, 'not_found', 'It is not there any more.');
  return row;
}

function chosen(
  topic: AnyTopic,
  database: string | undefined,
  params: Record<string, unknown>,
  answer: Answer,
): Answer {
  const rows = (all: Raw[]) => select(topic, all, database, params);
  if (answer.status === 'ok') return { ...answer, rows: rows(answer.rows) };
  if (answer.last) return { ...answer, last: { ...answer.last, rows: rows(answer.last.rows) } };
  return answer;
}

/** The topic whose rows another one's are made of: most often itself. */
export function baseOf(topic: AnyTopic): AnyTopic {
  return topic.from ? requireTopic(topic.from.topic) : topic;
}

async function readPast(
  access: ServerAccess,
  server: Server,
  topic: AnyTopic,
  name: string | undefined,
  at: number,
): Promise<Answer> {
  const database = pastDatabase(access, server, topic, name);
  return derivedAnswer(topic, await pastAnswer(runtime().history, server.config.id, baseOf(topic), database, at));
}

const mostMoments = 2000;

/** When answers of a topic were kept: next to a time, or in a range (epoch seconds); 503 while the store is off. */
export async function readMoments(
  access: ServerAccess,
  of: { server: string; topic: string; database: string | undefined },
  asked: { from: number; to: number } | { at: number },
) {
  const server = findServer(of.server);
  const topic = requireTopic(of.topic);
  const { history } = runtime();
  const database = pastDatabase(access, server, topic, of.database);
  if (!history.store.on) throw storeOff(history.store.state.reason);
  try {
    return await keptTimes(history, server.config.id, baseOf(topic), database, asked, mostMoments);
  } catch (error) {
    if (isStoreSlow(error)) throw storeOff(error.message);
    if (history.store.on) throw error;
    throw storeOff(history.store.state.reason);
  }
}

const storeOff = (reason: string | null) =>
  new ApiError(503, 'history_unavailable', reason ?? 'The history store is being started.', undefined, {
    'retry-after': '10',
  });
