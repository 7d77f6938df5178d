import { z } from 'zod';
import { exactMoment } from '@/lib/access/moment';
import { othersThan, route } from '@/lib/access/route';
import { findingsAt } from '@/lib/findings/past';
import { findServer, readTopic } from '@/lib/read';
import { runtime } from '@/lib/runtime';

const query = z.object({ at: exactMoment.optional() });

/** `GET /api/servers/:server/findings[?at=]`: the verdict now or as of a moment, what was found and what could not be judged. */
export const GET = route({ role: 'viewer', query }, ({ params, query: { at }, access }) => {
  const server = findServer(params.server ?? '');
  if (at === undefined) return server.findings.current();
  const answerOf = (topic: string) => readTopic(access, server.config.id, topic, { at: String(at) });
  return findingsAt(server.config.id, runtime().config.limits, at, answerOf);
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
