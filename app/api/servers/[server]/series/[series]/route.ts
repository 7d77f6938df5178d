import { z } from 'zod';
import { ApiError } from '@/lib/access/errors';
import { othersThan, route } from '@/lib/access/route';
import { bucketSeconds } from '@/lib/history/memory';
import { readSeries } from '@/lib/read';

/** A moment as ISO 8601 or epoch seconds, in epoch seconds. */
const moment = z.string().transform((text, context) => {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000;
  if (Number.isFinite(seconds) && seconds > 0) return Math.floor(seconds);
  context.addIssue({ code: 'custom', message: 'must be a time as ISO 8601 or epoch seconds' });
  return z.NEVER;
});

const query = z.object({
  from: moment.optional(),
  to: moment.optional(),
  step: z.coerce
    .number('must be a number of seconds')
    .int('must be a whole number of seconds')
    .min(bucketSeconds, `must be at least ${bucketSeconds} seconds`)
    .max(86_400, 'must be at most a day (86400 seconds)')
    .optional(),
});

/** `GET /api/servers/:server/series/:series?from=&to=&step=`: one chart's points; missing ends are the last hour. */
export const GET = route({ role: 'viewer', query }, async ({ params, query: range }) => {
  const to = range.to ?? Math.floor(Date.now() / 1000);
  const from = range.from ?? to - 3600;
  if (from >= to) throw new ApiError(400, 'bad_input', 'from: must be before to', 'from');
  // Buckets are aligned to the epoch, so a step is a whole number of them.
  const step = range.step && Math.ceil(range.step / bucketSeconds) * bucketSeconds;
  return readSeries(params.server ?? '', params.series ?? '', { from, to, step });
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
