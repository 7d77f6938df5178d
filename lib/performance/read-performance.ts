import { ApiError, notFound } from '@/lib/access/errors';
import { type ServerAccess, serverFor, serversFor } from '@/lib/access/server-access';
import type { User } from '@/lib/access/user';
import { poolHealth } from '@/lib/metrics/pool-health';
import { databaseOf } from '@/lib/objects/kept';
import { readTopic } from '@/lib/read';
import type { Row, TopicId } from '@/lib/topics/index';
import type { Answer, Unavailable } from '@/lib/topics/topic';
import { recommendations, unusedIndexes } from './recommendations';

/** How many rows each part has at most. */
const most = 20;

type Sampled<Value> = { sampledAt: string; ageSeconds: number } & Value;

/** One part of the answer, or why it cannot be told now, with the last of it that is known. */
export type Part<Value> =
  | ({ status: 'ok' } & Sampled<Value>)
  | ({ status: 'unavailable'; last?: Sampled<Value> } & Pick<Unavailable, 'reason' | 'hint' | 'fixSql' | 'sqlstate'>);

/** How one database does, from snapshots: five topics in one answer, with what to look at. */
export async function readPerformance(
  user: User,
  asked: { server?: string | undefined; database?: string | undefined },
) {
  const id = asked.server ?? serversFor(user)[0]?.server.config.id;
  if (id === undefined) throw notFound('There is no server that you may see.');
  const { server, access } = serverFor(user, id);
  const database = databaseOf(server, access, asked.database);
  const read = <Id extends TopicId>(topic: Id, query: Record<string, string> = {}) =>
    readPart<Row<Id>>(access, id, topic, query);
  const [pools, databases, indexes, tables, statements] = await Promise.all([
    read('pools'),
    read('databases'),
    read('index-usage', { database }),
    read('table-sizes', { database, limit: String(most) }),
    read('slow-queries', { database, limit: String(most) }),
  ]);
  const whole = access.databases === undefined;
  const health = whole ? poolHealth(server.connections.judgedPools()) : undefined;
  const own = rowsOf(databases)?.find(({ datname }) => datname === database);
  return {
    server: id,
    database,
    pool: partOf(pools, (rows) => ({ pools: rows, warnings: health?.warnings ?? [] })),
    cacheHit: partOf(databases, (rows, windowSeconds) => ({ windowSeconds, ...cacheOf(rows, database) })),
    indexUsage: partOf(indexes, indexesOf),
    tableSizes: partOf(tables, (rows) => ({ tables: rows })),
    slowQueries: partOf(statements, (rows) => ({ statements: rows.map(statementOf) })),
    recommendations: recommendations({
      database,
      inRecovery: server.connections.capabilities?.inRecovery === true,
      ...(health && { pool: health.recommendations }),
      ...(own && { cache: own }),
      ...(databases.status === 'ok' && { windowSeconds: databases.windowSeconds }),
      ...optional('indexes', rowsOf(indexes)),
      ...optional('statements', rowsOf(statements)),
    }),
  };
}

/** A topic's answer; that somebody may not see it, for it is about other databases too, is a value here. */
async function readPart<R>(
  access: ServerAccess,
  server: string,
  topic: TopicId,
  query: Record<string, string>,
): Promise<Answer<R>> {
  try {
    return (await readTopic(access, server, topic, query)) as unknown as Answer<R>;
  } catch (error) {
    if (!(error instanceof ApiError) || error.status !== 403) throw error;
    return { topic, server, database: null, status: 'unavailable', reason: 'privilege', hint: error.message };
  }
}

/** The rows that are judged: those of now only. */
const rowsOf = <R>(answer: Answer<R>): R[] | undefined => (answer.status === 'ok' ? answer.rows : undefined);

function optional<Name extends string, Value>(name: Name, value: Value | undefined): { [Key in Name]?: Value } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: Value };
}

function partOf<R, Value>(answer: Answer<R>, make: (rows: R[], windowSeconds: number | null) => Value): Part<Value> {
  if (answer.status === 'ok') {
    const { sampledAt, ageSeconds, rows, windowSeconds } = answer;
    return { status: 'ok', sampledAt, ageSeconds, ...make(rows, windowSeconds) };
  }
  const { reason, hint, fixSql, sqlstate, last } = answer;
  return {
    status: 'unavailable',
    reason,
    hint,
    ...(fixSql !== undefined && { fixSql }),
    ...(sqlstate !== undefined && { sqlstate }),
    ...(last && { last: { sampledAt: last.sampledAt, ageSeconds: last.ageSeconds, ...make(last.rows, null) } }),
  };
}

function cacheOf(rows: Row<'databases'>[], database: string) {
  const row = rows.find(({ datname }) => datname === database);
  const [hit, read] = [row?.blks_hit_per_second ?? null, row?.blks_read_per_second ?? null];
  const share = (found: number, not: number) => (found + not > 0 ? found / (found + not) : null);
  return {
    hit_ratio: hit === null || read === null ? null : share(hit, read),
    hit_ratio_ever: row ? share(row.blks_hit, row.blks_read) : null,
    blks_hit_per_second: hit,
    blks_read_per_second: read,
    stats_reset_seconds: row?.stats_reset_seconds ?? null,
  };
}

function indexesOf(rows: Row<'index-usage'>[]) {
  const unused = unusedIndexes(rows);
  return {
    indexes: rows.length,
    size_bytes: rows.reduce((sum, row) => sum + row.size_bytes, 0),
    unused: unused.length,
    unused_bytes: unused.reduce((sum, row) => sum + row.size_bytes, 0),
    invalid: rows.filter((row) => !row.is_valid).length,
    largestUnused: unused.slice(0, most).map(({ indexrelid, schemaname, relname, indexrelname, size_bytes }) => ({
      indexrelid,
      schemaname,
      relname,
      indexrelname,
      size_bytes,
    })),
  };
}

function statementOf(row: Row<'slow-queries'>) {
  const { queryid, usename, query, calls, rows, total_exec_time, mean_exec_time, max_exec_time, share, hit_ratio } =
    row;
  return { queryid, usename, query, calls, rows, total_exec_time, mean_exec_time, max_exec_time, share, hit_ratio };
}
