import { z } from 'zod';
import { exactMoment } from '@/lib/access/moment';
import { othersThan, route } from '@/lib/access/route';
import { readFindings } from '@/lib/read-findings';

const query = z.object({ at: exactMoment.optional() });

/** `GET /api/servers/:server/findings[?at=]`: the verdict now or as of a moment, what was found and what could not be judged. */
export const GET = route({ role: 'viewer', databases: 'filtered', query }, ({ params, query: { at }, access }) =>
  readFindings(access, params.server ?? '', at),
);
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
