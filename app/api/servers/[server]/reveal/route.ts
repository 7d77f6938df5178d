import { z } from 'zod';
import { ApiError, badInput } from '@/lib/access/errors';
import { exactMoment } from '@/lib/access/moment';
import { requireReveal, revealed, statementColumns } from '@/lib/access/query-text';
import { othersThan, route } from '@/lib/access/route';
import { queryTextOn } from '@/lib/access/server-access';
import { personOf } from '@/lib/access/user';
import { requests } from '@/lib/metrics/request';
import { findServer, readRow, requireTopic } from '@/lib/read';
import { runtime } from '@/lib/runtime';

const value = z.union([z.string().max(256), z.number(), z.boolean(), z.null()], 'must be a value of the row');

const body = z.strictObject({
  topic: z.string('must be the id of a topic').max(64),
  database: z.string('must be the name of a database').min(1, 'must not be empty').max(256).optional(),
  at: z.union([z.number().positive(), exactMoment], 'must be a time as ISO 8601 or epoch seconds').optional(),
  key: z.record(z.string().max(64), value, 'must hold the columns that tell the row'),
  column: z.string('must be the name of a column').max(64),
});

/**
 * `POST /api/servers/:server/reveal`: one statement's text with its values. Who saw it is on disk before it is told; passwords
 * stay masked.
 */
export const POST = route(
  { role: 'viewer', databases: 'filtered', body },
  async ({ params, body: { topic, database, at, key, column }, access, user }) => {
    requireReveal(access.queryText);
    const { config, connections } = findServer(params.server ?? '');
    if (!statementColumns(requireTopic(topic)).includes(column))
      throw badInput(`column: the topic ${topic} has no statement in it`, 'column');
    const moment = at === undefined ? undefined : String(at);
    const row = await readRow(access, config.id, topic, key, { database, at: moment });
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
  },
);
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
