import { unreadQuery } from '@/lib/access/input';
import { defineContract } from './contract';

/** `GET /metrics`: what Prometheus reads. */
export const metrics = defineContract({
  method: 'GET',
  path: '/metrics',
  title: 'Metrics',
  summary:
    "pgdeck's own figures and the key figures of the servers that you may see, as Prometheus reads them. From memory: no server is asked.",
  role: 'viewer',
  databases: 'filtered',
  query: unreadQuery,
  answers: { 200: { what: "Prometheus' text format 0.0.4.", media: ['text/plain; version=0.0.4; charset=utf-8'] } },
});
