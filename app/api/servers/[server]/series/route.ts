import { othersThan, route } from '@/lib/access/route';
import { seriesList } from '@/lib/api/history';
import { listSeries } from '@/lib/read-history';

/** `GET /api/servers/:server/series`: which figures are kept over time and may be seen, and what each is asked by. */
export const GET = route(seriesList, ({ access }) => ({ series: listSeries(access) }));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
