import { z } from 'zod';
import { badInput } from '@/lib/access/errors';
import { moment } from '@/lib/access/moment';
import { othersThan, route } from '@/lib/access/route';
import { isStatementId, loadBys } from '@/lib/history/load-filter';
import { bucketSeconds } from '@/lib/history/memory';
import { readSeries } from '@/lib/read-history';
import { seriesCsv } from './csv';

const query = z.object({
  from: moment.optional(),
  to: moment.optional(),
  step: z.coerce
    .number('must be a number of seconds')
    .int('must be a whole number of seconds')
    .min(bucketSeconds, `must be at least ${bucketSeconds} seconds`)
    .max(604_800, 'must be at most a week (604800 seconds)')
    .optional(),
  format: z.enum(['json', 'csv'], 'must be json or csv').default('json'),
  by: z.enum(loadBys, `must be one of ${loadBys.join(', ')}`).optional(),
  filter: z.string().max(4000, 'is too long').optional(),
  sid: z.string().refine(isStatementId, 'must be the id of a statement, as GET …/top?by=statement gives it').optional(),
  database: z.string().optional(),
  oid: z.coerce
    .number('must be an OID')
    .int('must be an OID')
    .min(1, 'must be an OID')
    .max(4_294_967_295, 'must be an OID')
    .optional(),
});

/** `GET /api/servers/:server/series/:series?from=&to=&step=&format=`: one chart's points; missing ends are the last hour. */
export const GET = route(
  { role: 'viewer', databases: 'filtered', query },
  async ({ params, query: { format, from, to, step, ...of }, access }) => {
    const { server = '', series = '' } = params;
    const end = to ?? Math.floor(Date.now() / 1000);
    const range = {
      from: from ?? end - 3600,
      to: end,
      // Buckets are aligned to the epoch, so a step is a whole number of them.
      step: step && Math.ceil(step / bucketSeconds) * bucketSeconds,
    };
    if (range.from >= range.to) throw badInput('from: must be before to', 'from');
    const answer = await readSeries(access, server, series, range, of);
    if (format === 'json') return answer;
    return new Response(seriesCsv(answer), {
      headers: {
        'content-type': 'text/csv; charset=utf-8',
        'content-disposition': `attachment; filename="${fileName(server, series)}"`,
      },
    });
  },
);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');

const fileName = (server: string, series: string) => `pgdeck-${server.replace(/[^\w.-]/g, '_')}-${series}.csv`;
