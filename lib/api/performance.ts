import { z } from 'zod';
import { defineContract } from './contract';
import { databaseName, unavailableReason } from './parts';

/** One part, or why it cannot be told now. */
function part(shape: z.ZodRawShape) {
  const sampled = { sampledAt: z.string().describe('ISO 8601.'), ageSeconds: z.number(), ...shape };
  return z.discriminatedUnion('status', [
    z.strictObject({ status: z.literal('ok'), ...sampled }),
    z.strictObject({
      status: z.literal('unavailable'),
      reason: unavailableReason,
      hint: z.string(),
      fixSql: z.string().optional(),
      sqlstate: z.string().optional(),
      last: z.strictObject(sampled).optional().describe('The last that is known, where there is any.'),
    }),
  ]);
}

const share = z.number().nullable();

/** `GET /api/performance/database`: how one database does, in one answer. */
export const databasePerformance = defineContract({
  method: 'GET',
  path: '/api/performance/database',
  title: 'How a database does',
  summary:
    "pgdeck's pools, cache hits, index usage, table sizes and slow statements of one database with recommendations: one answer from snapshots in place of five. What cannot be told is said in its place.",
  role: 'viewer',
  query: z.strictObject({
    server: z.string().max(100).optional().describe('The id of a server; missing: the first that you may see.'),
    database: databaseName.max(256).optional().describe("Missing: the one of the server's address."),
  }),
  answers: {
    200: {
      what: 'The figures and what to look at.',
      json: z.strictObject({
        server: z.string(),
        database: z.string(),
        pool: part({
          pools: z.array(z.looseObject({ pool: z.string() })).describe('Rows of the topic pools.'),
          warnings: z.array(z.string()),
        }),
        cacheHit: part({
          windowSeconds: z.number().nullable().describe('The time that the ratio and the rates are of.'),
          hit_ratio: share.describe("Blocks found in PostgreSQL's cache of all that were wanted, in that time."),
          hit_ratio_ever: share.describe('The same since the statistics began.'),
          blks_hit_per_second: z.number().nullable(),
          blks_read_per_second: z.number().nullable(),
          stats_reset_seconds: z.number().nullable(),
        }),
        indexUsage: part({
          indexes: z.int(),
          size_bytes: z.number(),
          unused: z.int().describe('Never used since the statistics began, and needed by no constraint or partition.'),
          unused_bytes: z.number(),
          invalid: z.int(),
          largestUnused: z.array(
            z.strictObject({
              indexrelid: z.int(),
              schemaname: z.string(),
              relname: z.string(),
              indexrelname: z.string(),
              size_bytes: z.number(),
            }),
          ),
        }),
        tableSizes: part({
          tables: z
            .array(
              z.looseObject({ relid: z.int(), schemaname: z.string(), relname: z.string(), total_bytes: z.number() }),
            )
            .describe('The 20 largest, as rows of the topic table-sizes.'),
        }),
        slowQueries: part({
          statements: z
            .array(
              z.strictObject({
                queryid: z.string(),
                usename: z.string().nullable(),
                query: z.string().nullable(),
                calls: z.number(),
                rows: z.number(),
                total_exec_time: z.number().describe('ms'),
                mean_exec_time: z.number().describe('ms'),
                max_exec_time: z.number().describe('ms'),
                share: share.describe('Of the time of all statements.'),
                hit_ratio: share,
              }),
            )
            .describe('At most 20 with a mean from 100 ms, by total time.'),
        }),
        recommendations: z.array(
          z
            .strictObject({
              about: z.enum(['pool', 'cache', 'statement', 'index']),
              object: z.string().nullable(),
              sentence: z.string(),
            })
            .meta({ id: 'Recommendation', description: 'What to look at, made from the figures.' }),
        ),
      }),
    },
  },
});
