import { z } from 'zod';
import { unreadQuery } from '@/lib/access/input';
import { defineContract } from './contract';
import { configRefused } from './parts';

/** `GET /api/health`: whether pgdeck answers; the one question that nobody has to sign in for. */
export const health = defineContract({
  method: 'GET',
  path: '/api/health',
  title: 'Liveness',
  summary: 'Whether pgdeck answers. Open to everybody, and tells nothing else.',
  role: 'open',
  query: unreadQuery,
  answers: {
    200: {
      what: 'pgdeck answers.',
      json: z.strictObject({
        status: z.literal('ok'),
        version: z.string(),
        uptimeSeconds: z.number().int().min(0),
      }),
    },
  },
});

/** `GET /api/health/ready`: 200 while pgdeck serves; the state of each server that one may see, and why where it is not reached or answers in part. */
export const ready = defineContract({
  method: 'GET',
  path: '/api/health/ready',
  title: 'Readiness',
  summary:
    '200 while pgdeck serves; in it the state of each server that you may see, and why where it is not reached or answers in part.',
  role: 'viewer',
  query: unreadQuery,
  answers: {
    200: {
      what: 'pgdeck serves.',
      json: z.strictObject({
        status: z.literal('ok'),
        servers: z.array(
          z.strictObject({
            id: z.string(),
            state: z.enum(['starting', 'ok', 'degraded', 'unreachable']),
            reachable: z.boolean(),
            reason: z
              .string()
              .optional()
              .describe('Why it is not reached, or what is not answered and why, in sentences.'),
            hint: z.string().optional().describe('What to do.'),
          }),
        ),
        audit: z.strictObject({
          writable: z.boolean().describe('False: no action is run, for nobody could say who did it.'),
          problem: z.string().optional(),
        }),
        configuration: z
          .strictObject({
            refused: configRefused.nullable(),
          })
          .optional()
          .describe('For admins, where a file names the servers.'),
      }),
    },
  },
});
