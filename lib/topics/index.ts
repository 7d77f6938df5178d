import { applicationPools } from './application-pools';
import { cacheHitRatio } from './cache-hit-ratio';
import { configuration } from './configuration';
import { connections } from './connections';
import { databaseSizesTopic } from './database-sizes';
import { databases } from './databases';
import { indexUsage } from './index-usage';
import { load } from './load';
import { locks } from './locks';
import { ownCost } from './own-cost';
import { partitions } from './partitions';
import { pgbouncerClients } from './pgbouncer-clients';
import { pgbouncerConfig } from './pgbouncer-config';
import { pgbouncerDatabases } from './pgbouncer-databases';
import { pgbouncerPools } from './pgbouncer-pools';
import { pgbouncerServers } from './pgbouncer-servers';
import { pgbouncerStats } from './pgbouncer-stats';
import { pools } from './pools';
import { progress } from './progress';
import { replication } from './replication';
import { schema } from './schema';
import { server } from './server';
import { sessions } from './sessions';
import { slowQueries } from './slow-queries';
import { statementCounters } from './statement-counters';
import { tableSizesTopic } from './table-sizes';
import { tables } from './tables';
import type { AnyTopic, RowOf, Series } from './topic';
import { wal } from './wal';

/** Every question pgdeck asks, by id: one line for each. */
export const topics = {
  connections,
  sessions,
  load,
  locks,
  progress,
  pools,
  'pgbouncer-pools': pgbouncerPools,
  'pgbouncer-stats': pgbouncerStats,
  'pgbouncer-clients': pgbouncerClients,
  'pgbouncer-servers': pgbouncerServers,
  'pgbouncer-databases': pgbouncerDatabases,
  'pgbouncer-config': pgbouncerConfig,
  'application-pools': applicationPools,
  databases,
  'database-sizes': databaseSizesTopic,
  wal,
  replication,
  'slow-queries': slowQueries,
  'statement-counters': statementCounters,
  tables,
  'table-sizes': tableSizesTopic,
  partitions,
  'index-usage': indexUsage,
  'cache-hit-ratio': cacheHitRatio,
  server,
  configuration,
  schema,
  'own-cost': ownCost,
} satisfies Record<string, AnyTopic>;

/** The id of a topic. */
export type TopicId = keyof typeof topics;

/** The row of a topic as readers get it, by the topic's id. */
export type Row<Id extends TopicId> = RowOf<(typeof topics)[Id]>;

/** The topic of an id that came from outside, or undefined. */
export function findTopic(id: string): AnyTopic | undefined {
  return Object.hasOwn(topics, id) ? topics[id as TopicId] : undefined;
}

/** The order in which series are listed. */
const seriesOrder = [
  'connections',
  'transactions',
  'active-sessions',
  'waiting-sessions',
  'cache',
  'temp',
  'deadlocks',
  'pools',
  'pool-waits',
  'pgbouncer-pools',
  'pgbouncer-maxwait',
  'pgbouncer-traffic',
  'blocks',
  'longest-transaction',
  'xid-age',
  'wal',
  'checkpoints',
  'buffers-written',
  'replication-lag',
  'replication-delay',
  'own-statements',
  'own-time',
  'statement-time',
  'own-work',
];

/** Every series with the topic that it is made from, in the order of the API. */
export function allSeries(): { topic: AnyTopic; series: Series }[] {
  return (Object.values(topics) as AnyTopic[])
    .flatMap((topic) => (topic.series ?? []).map((series: Series) => ({ topic, series })))
    .sort((a, b) => seriesOrder.indexOf(a.series.id) - seriesOrder.indexOf(b.series.id));
}
