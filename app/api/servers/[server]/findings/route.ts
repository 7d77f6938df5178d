import { othersThan, route } from '@/lib/access/route';
import { findings } from '@/lib/api/findings';
import { readFindings } from '@/lib/read-findings';

/** `GET /api/servers/:server/findings[?at=]`: the verdict now or as of a moment, what was found and what could not be judged. */
export const GET = route(findings, ({ params, query: { at }, access }) => readFindings(access, params.server, at));
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
