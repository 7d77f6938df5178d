import { notFound } from '@/lib/access/errors';
import { route } from '@/lib/access/route';

const unknown = () => {
  throw notFound('There is nothing at this path.');
};

export const GET = route({ role: 'viewer' }, unknown);
export const POST = route({ role: 'viewer' }, unknown);
export const PUT = route({ role: 'viewer' }, unknown);
export const PATCH = route({ role: 'viewer' }, unknown);
export const DELETE = route({ role: 'viewer' }, unknown);
export const OPTIONS = route({ role: 'viewer' }, unknown);
