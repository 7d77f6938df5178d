import { z } from 'zod';
import { defineContract } from './contract';

/** `GET /api/health`: whether pgdeck answers; the one question that nobody has to sign in for. */
export const health = defineContract({
  method: 'GET',
  path: '/api/health',
  title: 'Liveness',
  summary: 'Whether pgdeck answers. Open to everybody, and tells nothing else.',
  role: 'open',
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
