import { answerCallback } from '@/lib/access/oidc/answer';
import { othersThan, route } from '@/lib/access/route';

export const GET = route({ role: 'open', heavy: true }, ({ request }) => answerCallback(request));

export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
