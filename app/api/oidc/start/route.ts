import { answerStart } from '@/lib/access/oidc/answer';
import { othersThan, route } from '@/lib/access/route';
import { oidcStart } from '@/lib/api/session';

export const GET = route(oidcStart, ({ query }) => answerStart(query.next, query.again !== undefined));

export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
