import { z } from 'zod';
import { answerStart } from '@/lib/access/oidc/answer';
import { othersThan, route } from '@/lib/access/route';

export const GET = route(
  {
    role: 'open',
    heavy: true,
    query: z.strictObject({ next: z.string().optional(), again: z.literal('1').optional() }),
  },
  ({ query }) => answerStart(query.next, query.again !== undefined),
);

export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
