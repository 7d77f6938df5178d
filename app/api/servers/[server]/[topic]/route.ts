import { othersThan, route } from '@/lib/access/route';
import type { ServerAccess } from '@/lib/access/server-access';
import { snapshotAnswer } from '@/lib/access/snapshot-answer';
import { topic as contract } from '@/lib/api/topics';
import { statementFor } from '@/lib/postgres/capabilities';
import { baseOf, describedDatabase, findServer, readTopic, requireTopic } from '@/lib/read';
import type { ColumnMeta } from '@/lib/topics/column';
import type { ConsoleQuestion } from '@/lib/topics/console';

/** `GET /api/servers/:server/:topic`: the topic's answer; with `?describe=1` its words, SQL and columns. */
export const GET = route(contract, async ({ params: { server, topic }, query, access, request }) => {
  if (query.describe === '1') return describeTopic(access, server, topic, query.database);
  return snapshotAnswer(request, await readTopic(access, server, topic, query));
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');

function describeTopic(access: ServerAccess, serverId: string, topicId: string, database: string | undefined) {
  const server = findServer(serverId);
  const topic = requireTopic(topicId);
  const { sql, requires } = baseOf(topic);
  const { capabilities } = server.connections;
  const shape = topic.row.shape as Record<string, { meta(): Partial<ColumnMeta> | undefined }>;
  return {
    id: topic.id,
    title: topic.title,
    summary: topic.summary,
    scope: topic.scope,
    sources: topic.sources,
    cadenceSeconds: topic.cadenceSeconds,
    currentCadenceSeconds: server.sampler.cadenceMs(topic, describedDatabase(access, server, topic, database)) / 1000,
    sql: topic.console
      ? commandsOf(topic.console)
      : (sql && capabilities && statementFor(sql, requires, capabilities)) || null,
    columns: Object.fromEntries(
      Object.entries(shape).map(([name, column]) => {
        const { meaning = '', unit = null } = column.meta() ?? {};
        return [name, { meaning, unit }];
      }),
    ),
  };
}

/** What is sent to the console of PgBouncer instead of a statement. */
function commandsOf({ show }: ConsoleQuestion): string {
  return show
    .map(({ command, since }) => `SHOW ${command};${since ? ` -- from PgBouncer 1.${since} on` : ''}`)
    .join('\n');
}
