import { z } from 'zod';
import { pools } from '@/lib/topics/pools';
import { defineContract } from './contract';

const poolStatus = z.enum(['ok', 'warning', 'critical']);

const pool = z.strictObject(pools.row.shape).meta({
  id: 'OwnPool',
  description: "One of pgdeck's own pools: a row of the topic pools without the rates.",
});

/** `GET /api/health/db`: how pgdeck's own connections are. */
export const healthDb = defineContract({
  method: 'GET',
  path: '/api/health/db',
  title: 'Own pools',
  summary:
    "The figures of pgdeck's own pools to each server that you may see as a whole, with warnings and what to do. No server is asked.",
  role: 'viewer',
  answers: {
    200: {
      what: 'How the pools are; the status is the worst of all servers.',
      json: z.strictObject({
        status: poolStatus,
        servers: z.array(
          z.strictObject({
            server: z.string(),
            state: z.enum(['starting', 'ok', 'degraded', 'unreachable']),
            status: poolStatus.describe('critical: the server is not reached.'),
            pools: z.array(pool),
            warnings: z.array(z.string()).describe('What is wrong, in sentences.'),
            recommendations: z.array(z.string()).describe('What to do about it.'),
          }),
        ),
      }),
    },
  },
});

/** `GET /api/health/db/test`: one real round trip to each server, or to one. */
export const healthDbTest = defineContract({
  method: 'GET',
  path: '/api/health/db/test',
  title: 'Round trip',
  summary:
    'One real question over the pool of each server that you may see as a whole, or of one. 503 with the name of the server and the reason where one does not answer.',
  role: 'viewer',
  heavy: true,
  query: z.strictObject({ server: z.string().optional().describe('The id of a server; missing: all.') }),
  answers: {
    200: {
      what: 'Every server answered.',
      json: z.strictObject({
        status: z.literal('ok'),
        servers: z.array(
          z.strictObject({
            server: z.string(),
            ok: z.literal(true),
            ms: z.number().min(0).describe('There and back, with the wait for a connection.'),
            serverTime: z.string().describe('What time it is on the server, ISO 8601.'),
            testedAt: z.string().describe('ISO 8601; who asks within a second shares one round trip.'),
          }),
        ),
      }),
    },
  },
});
