import { badInput } from '@/lib/access/errors';
import { othersThan, route } from '@/lib/access/route';
import { series as contract } from '@/lib/api/history';
import { bucketSeconds } from '@/lib/history/memory';
import { readSeries } from '@/lib/read-history';
import { seriesCsv } from './csv';

/** `GET /api/servers/:server/series/:series?from=&to=&step=&format=`: one chart's points; missing ends are the last hour. */
export const GET = route(
  contract,
  async ({ params: { server, series }, query: { format, from, to, step, ...of }, access }) => {
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
