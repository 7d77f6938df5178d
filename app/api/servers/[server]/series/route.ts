import { othersThan, route } from '@/lib/access/route';
import { findServer } from '@/lib/read';
import { allSeries } from '@/lib/topics/index';

/** `GET /api/servers/:server/series`: which figures are kept over time. */
export const GET = route({ role: 'viewer' }, async ({ params }) => {
  findServer(params.server ?? '');
  return {
    series: allSeries().map(({ series, topic }) => ({
      id: series.id,
      title: series.title,
      unit: series.unit,
      columns: series.columns,
      cadenceSeconds: topic.cadenceSeconds,
    })),
  };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
