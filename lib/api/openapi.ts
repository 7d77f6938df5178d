import { z } from 'zod';
import { defineContract } from './contract';

/** `GET /api/openapi.json`: every route, made from the same shapes that check requests. */
export const openapi = defineContract({
  method: 'GET',
  path: '/api/openapi.json',
  title: 'This description',
  summary:
    'Every route with its parameters, bodies and answers as OpenAPI 3.1, made from the shapes that check requests.',
  role: 'viewer',
  answers: {
    200: {
      what: 'The document.',
      json: z.looseObject({
        openapi: z.literal('3.1.0'),
        info: z.looseObject({ title: z.string(), version: z.string() }),
        paths: z.record(z.string(), z.looseObject({})),
      }),
      headers: { ETag: 'Stands for the document.' },
    },
    304: { what: 'The document that If-None-Match names is still the one.', headers: { ETag: 'Stands for it.' } },
  },
});
