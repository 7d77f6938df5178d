import { othersThan, route } from '@/lib/access/route';
import { metrics } from '@/lib/api/metrics';
import { readMetrics } from '@/lib/read-metrics';

/** `GET /metrics`: what Prometheus reads, of the servers and databases that one may see; nothing is asked of them. */
export const GET = route(metrics, async ({ user }) => {
  const { text, contentType } = await readMetrics(user);
  return new Response(text, { headers: { 'content-type': contentType } });
});
export const { POST, PUT, PATCH, DELETE, OPTIONS } = othersThan('GET');
