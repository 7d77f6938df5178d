import { exchange } from '@/lib/access/embed/exchange';
import { othersThan, route } from '@/lib/access/route';
import { embedSession } from '@/lib/api/embed';

/** `POST /api/embed/session`: a portal's token, taken once, for ten minutes of what it allows. */
export const POST = route(embedSession, ({ body: { token } }) => exchange(token));
export const { GET, PUT, PATCH, DELETE, OPTIONS } = othersThan('POST');
