import { othersThan, route } from '@/lib/access/route';
import type { ServerAccess } from '@/lib/access/server-access';
import { statementFor } from '@/lib/postgres/capabilities';
import { databaseFor, findServer, readTopic, requireTopic } from '@/lib/read';
import type { Raw } from '@/lib/topics/topic';

const written = new WeakMap<Raw[], string>();

/** Rows as JSON, written once per snapshot however many read it. */
function rowsJson(rows: Raw[]): string {
  let json = written.get(rows);
  if (json === undefined) {
    json = JSON.stringify(rows);
    written.set(rows, json);
  }
  return json;
}

/** `GET /api/servers/:server/:topic`: the topic's answer; with `?describe=1` its words, SQL and columns. */
export const GET = route({ role: 'viewer', databases: 'filtered' }, async ({ params, query, access }) => {
  const { server = '', topic = '' } = params;
  if (query.describe === '1') return describeTopic(access, server, topic, query.database);
  const answer = await readTopic(access, server, topic, query);
  if (answer.status !== 'ok') return answer;
  const { rows, ...envelope } = answer;
  return new Response(`${JSON.stringify(envelope).slice(0, -1)},"rows":${rowsJson(rows)}}`, {
    headers: { 'content-type': 'application/json' },
  });
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');

function describeTopic(access: ServerAccess, serverId: string, topicId: string, database: string | undefined) {
  const server = findServer(serverId);
  const topic = requireTopic(topicId);
  const { capabilities } = server.connections;
  const shape = topic.row.shape as Record<string, { meta(): Record<string, unknown> | undefined }>;
  return {
    id: topic.id,
    title: topic.title,
    summary: topic.summary,
    scope: topic.scope,
    sources: topic.sources,
    cadenceSeconds: topic.cadenceSeconds,
    currentCadenceSeconds: server.sampler.cadenceMs(topic, databaseFor(access, server, topic, database)) / 1000,
    sql: (topic.sql && capabilities && statementFor(topic.sql, topic.requires, capabilities)) || null,
    columns: Object.fromEntries(
      Object.entries(shape).map(([name, column]) => {
        const { meaning = '', unit = null } = column.meta() ?? {};
        return [name, { meaning, unit }];
      }),
    ),
  };
}
