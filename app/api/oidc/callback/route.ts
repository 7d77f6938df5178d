import { answerCallback } from '@/lib/access/oidc/answer';
import { othersThan, route } from '@/lib/access/route';
import { oidcCallback } from '@/lib/api/session';

export const GET = route(oidcCallback, ({ request }) => answerCallback(request));

export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
