import { ApiError, badInput } from '@/lib/access/errors';
import { requireReveal, revealed, statementColumns } from '@/lib/access/query-text';
import { othersThan, route } from '@/lib/access/route';
import { queryTextOn } from '@/lib/access/server-access';
import { personOf } from '@/lib/access/user';
import { reveal } from '@/lib/api/access';
import { requests } from '@/lib/metrics/request';
import { findServer, readRow, requireTopic } from '@/lib/read';
import { runtime } from '@/lib/runtime';

/**
 * `POST /api/servers/:server/reveal`: one statement's text with its values. Who saw it is on disk before it is told; passwords
 * stay masked.
 */
export const POST = route(reveal, async ({ params, body: { topic, database, at, key, column }, access, user }) => {
  requireReveal(access.queryText);
  const { config, connections } = findServer(params.server);
  if (!statementColumns(requireTopic(topic)).includes(column))
    throw badInput(`column: the topic ${topic} has no statement in it`, 'column');
  const row = await readRow(access, config.id, topic, key, { database, at });
  const of = requireTopic(topic).databaseColumn;
  // Who may see values in one database may be a viewer of another.
  requireReveal(queryTextOn(access, of ? ((row[of] as string | null) ?? null) : null));
  const found = row[column];
  if (typeof found !== 'string') throw new ApiError(404, 'not_found', 'Its text is not known.');
  const { text, masked, sha256 } = await revealed(found);
  await runtime()
    .audit.write({
      event: 'text_revealed',
      server: config.id,
      cluster: connections.capabilities?.systemIdentifier ?? null,
      requestId: requests.getStore()?.requestId ?? '',
      user: personOf(user),
      title: 'Reveal the values of a statement',
      target: {
        kind: 'text',
        name: masked,
        topic,
        column,
        key,
        ...(database !== undefined && { database }),
        ...(at !== undefined && { at }),
      },
      textSha256: sha256,
      message: 'Its text was shown with its values.',
    })
    .catch((error: Error) => {
      throw new ApiError(503, 'audit_unwritable', `${error.message} The text was not shown.`);
    });
  return { text };
});
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
