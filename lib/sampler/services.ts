import { PostgresProblem } from '@/lib/postgres/errors';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import { poolServices } from '@/lib/topics/pool-services';
import type { Partial, Raw } from '@/lib/topics/topic';
import type { Question } from './question';

/**
 * The rows of topic `application-pools`, from the newest answers of other topics: it asks nobody anything. Throws why
 * there are none where the connections of the server are not known.
 */
export async function servicesNow(
  own: Pick<ServerConnections, 'config' | 'mostByRole'>,
  other: (topicId: string) => Pick<Question, 'asking' | 'snapshot' | 'failure' | 'problem'> | undefined,
): Promise<{ rows: Raw[]; partial?: Partial[] }> {
  const connections = other('connections');
  // PgBouncer's answer of now beside connections of before would make direct ones of those that are gone with the server.
  await connections?.asking;
  if (connections?.problem) throw new PostgresProblem(connections.problem);
  if (!connections?.snapshot)
    throw new PostgresProblem({
      reason: 'timeout',
      sentence: 'The server has not answered yet.',
      hint: 'Its connections are being asked for.',
    });
  const { config } = own;
  const bouncer = config.pgbouncer && other('pgbouncer-pools');
  if (bouncer && !bouncer.snapshot) await bouncer.asking;
  const away = bouncer?.failure;
  return {
    rows: poolServices({
      connections: connections.snapshot.rows,
      applications: config.applications ?? [],
      own: own.mostByRole(),
      bouncer: away ? [] : (bouncer?.snapshot?.rows ?? []),
      cpus: config.cpus,
      spindles: config.spindles,
    }),
    ...(away && {
      partial: [
        {
          reason: away.reason,
          object: 'PgBouncer',
          blockedBy: [],
          hint: `What PgBouncer may open is not counted. ${away.sentence} ${away.hint}`,
        },
      ],
    }),
  };
}
