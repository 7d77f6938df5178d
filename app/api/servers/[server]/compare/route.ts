import { z } from 'zod';
import { moment } from '@/lib/access/moment';
import { othersThan, route } from '@/lib/access/route';
import { comparedTopics } from '@/lib/history/read-compare';
import { readCompareOf } from '@/lib/read-history';

const longestDays = 31;

/** `from,to` as both ends of a window. */
const window = z.string('must be from,to').transform((text, context) => {
  const ends = z.tuple([moment, moment]).safeParse(text.split(','));
  const [from, to] = ends.data ?? [0, 0];
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  if (!ends.success) return refuse('must be from,to, each a time as ISO 8601 or epoch seconds');
  if (from >= to) return refuse('must begin before it ends');
  if (to - from > longestDays * 86_400) return refuse(`must be at most ${longestDays} days long`);
  return { from, to };
});

const query = z.object({
  topic: z.enum(comparedTopics, `must be one of ${comparedTopics.join(', ')}`).default('slow-queries'),
  a: window,
  b: window,
});

/** `GET /api/servers/:server/compare?topic=&a=from,to&b=from,to`: two windows side by side. */
export const GET = route({ role: 'viewer', heavy: true, query }, ({ params, query: { topic, a, b }, access }) =>
  readCompareOf(access, params.server ?? '', topic, a, b),
);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
