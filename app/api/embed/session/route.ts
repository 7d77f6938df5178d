import { z } from 'zod';
import { exchange } from '@/lib/access/embed/exchange';
import { othersThan, route } from '@/lib/access/route';

const body = z.strictObject({ token: z.string().min(1) });

/** `POST /api/embed/session`: a portal's token, taken once, for ten minutes of what it allows. */
export const POST = route({ role: 'open', body }, ({ body: { token } }) => exchange(token));
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
