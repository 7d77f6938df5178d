import { othersThan, route } from '@/lib/access/route';
import { health } from '@/lib/api/health';
import { runtime } from '@/lib/runtime';

/** `GET /api/health`: whether pgdeck answers; the one question that nobody has to sign in for. */
export const GET = route(health, () => {
  const { version, startedAt } = runtime().launcher;
  return { status: 'ok' as const, version, uptimeSeconds: Math.max(0, Math.round((Date.now() - startedAt) / 1000)) };
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
