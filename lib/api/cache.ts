import { z } from 'zod';
import { defineContract } from './contract';

const counted = {
  entries: z.int(),
  hits: z.int().describe('Reads that were answered by what was there, or by an asking that was under way.'),
  misses: z.int().describe('Reads that the server was asked for.'),
  hitRate: z.number().nullable().describe('Hits of all reads, between 0 and 1; null: nothing was read.'),
};

const ages = {
  oldestSeconds: z.number().nullable(),
  newestSeconds: z.number().nullable(),
};

const kind = z.enum(['lists', 'settings', 'schema', 'definitions']).meta({ id: 'KeptKind' });

const prefix = z
  .string()
  .max(300)
  .describe(
    'Only what has a key that begins so: `{server}:`, `{server}:{database}:`, `{server}:{database}:public.orders` …',
  );

/** `GET /api/health/cache`: what is in memory of the servers, how often it was there when it was wanted, and how old it is. */
export const cacheHealth = defineContract({
  method: 'GET',
  path: '/api/health/cache',
  title: 'Health of the caches',
  summary:
    'Snapshots of topics and what else is kept for a while, with hits, misses and ages; of the servers that you may see as a whole.',
  role: 'viewer',
  query: z.strictObject({ prefix: prefix.optional() }),
  answers: {
    200: {
      what: 'The caches.',
      json: z.strictObject({
        snapshots: z
          .strictObject({
            ...counted,
            servers: z.array(z.strictObject({ server: z.string(), ...counted, ...ages })),
          })
          .describe('Answers of topics, sampled on their cadences; a miss waited for an asking.'),
        kept: z
          .strictObject({
            ...counted,
            bytes: z.int(),
            maxBytes: z.int().describe('At most so many bytes are kept; what was read longest ago goes first.'),
            kinds: z.array(
              z.strictObject({
                server: z.string(),
                kind,
                ttlSeconds: z.number().describe('How long it is taken for good.'),
                bytes: z.int(),
                ...counted,
                ...ages,
              }),
            ),
          })
          .describe('Answers that are not sampled.'),
        entries: z
          .array(
            z.strictObject({
              cache: z.enum(['snapshots', 'kept']),
              key: z.string().describe('`{server}:{database}:{name}`; what is about the whole server has no database.'),
              server: z.string(),
              database: z.string().nullable(),
              kind: kind.nullable().describe('Null: a snapshot.'),
              ageSeconds: z.number(),
              bytes: z.int().nullable().describe('Null: not known of snapshots.'),
              expired: z.boolean().describe('It is asked anew when it is read next.'),
            }),
          )
          .describe('At most 1,000, by their keys.'),
        entriesLeftOut: z.int(),
      }),
    },
  },
});

/** `POST /api/health/cache/clear`: forgets what is kept. */
export const clearCache = defineContract({
  method: 'POST',
  path: '/api/health/cache/clear',
  title: 'Clear the caches',
  summary:
    'Forgets what is kept and takes snapshots for too old: whoever reads one next waits for a new one. A snapshot is asked out of turn at most every 5 s. Of the servers where you are operator; written to the audit.',
  role: 'operator',
  body: z.strictObject({ prefix: prefix.optional() }),
  answers: {
    200: {
      what: 'How many there were.',
      json: z.strictObject({ cleared: z.strictObject({ snapshots: z.int(), kept: z.int() }) }),
    },
  },
});
