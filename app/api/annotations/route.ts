import { ApiError, badInput } from '@/lib/access/errors';
import { othersThan, reply, route } from '@/lib/access/route';
import { coversAll, serverFor, serversFor } from '@/lib/access/server-access';
import { personOf } from '@/lib/access/user';
import { annotate } from '@/lib/api/audit';
import { requests } from '@/lib/metrics/request';
import { runtime } from '@/lib/runtime';

const aheadMs = 5 * 60_000;
/** `POST /api/annotations`: a mark, such as a deployment, in the list of changes and on every chart; 201 with its id. */
export const POST = route(annotate, async ({ body: { title, server, at, detail = {} }, user }) => {
  const { audit } = runtime();
  const seen = serversFor(user);
  if (server === undefined && seen.length > 1)
    throw badInput(
      `server: name one of ${seen.map((each) => each.server.config.id).join(', ')}, or * for all.`,
      'server',
    );
  // A mark is about the server as a whole.
  const own = seen.filter(({ access }) => coversAll(access, 'operator', null));
  const all = server === undefined || server === '*';
  const named = all ? undefined : serverFor(user, server);
  const chosen = own.map((each) => each.server).filter((each) => all || each === named?.server);
  if (chosen.length === 0)
    throw new ApiError(
      403,
      'forbidden',
      `This needs the role operator on the whole server; ${user.name} does not have it.`,
    );
  const atMs = at === undefined ? Date.now() : at * 1000;
  if (atMs > Date.now() + aheadMs) throw badInput('at: must not be in the future', 'at');
  for (const { config, connections } of chosen)
    await audit
      .write({
        event: 'annotation',
        server: config.id,
        cluster: connections.capabilities?.systemIdentifier ?? null,
        requestId: requests.getStore()?.requestId ?? '',
        user: personOf(user),
        title,
        message: 'A mark was set.',
        at: new Date(atMs).toISOString(),
      })
      .catch((error: Error) => {
        throw new ApiError(503, 'audit_unwritable', `${error.message} The mark was not set.`);
      });
  const marks = await Promise.all(
    chosen.map(({ sampler }) =>
      sampler.history.changes.report({ kind: 'deploy', title, detail, actor: user.name, at: atMs }),
    ),
  );
  return reply(201, {
    id: marks[0]?.id,
    servers: chosen.map(({ config }) => config.id),
    stored: marks.every(({ stored }) => stored),
  });
});
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
