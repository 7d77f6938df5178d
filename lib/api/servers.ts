import { z } from 'zod';
import { defineContract } from './contract';
import { configRefused, unavailableReason } from './parts';

/** A server as `GET /api/servers` lists it; host, database and role only for admins, never the password. */
export const serverSummary = z
  .strictObject({
    id: z.string(),
    name: z.string(),
    state: z.enum(['starting', 'ok', 'degraded', 'unreachable']),
    demo: z.boolean().describe("True: it is pgdeck's own shop."),
    versionNum: z.int().nullable().describe("PostgreSQL's version as a number: 180004."),
    inRecovery: z.boolean().nullable().describe('True: a standby.'),
    databases: z.array(z.string()).describe('Those that you may see; the first is meant where none is named.'),
    tags: z.array(z.string()),
    environment: z.string().nullable(),
    problem: z
      .strictObject({
        reason: unavailableReason,
        sentence: z.string(),
        hint: z.string(),
        fixSql: z.string().optional(),
        sqlstate: z.string().optional(),
      })
      .nullable()
      .optional()
      .describe('Why it is not connected, where it is not.'),
    leaving: z
      .string()
      .optional()
      .describe('Why it is watched only until what runs on it has ended, in a sentence; nothing is begun on it.'),
    slowedDown: z
      .number()
      .describe(
        'How many times less often it is asked, because pgdeck took more than its budget; 1: it keeps its cadences.',
      ),
    host: z.string().optional().describe('Told to admins only, as the following.'),
    port: z.int().optional(),
    database: z.string().optional(),
    role: z.string().optional().describe('The PostgreSQL role that pgdeck reads as.'),
    actionRole: z.string().optional().describe('The PostgreSQL role that pgdeck acts as.'),
  })
  .meta({ id: 'Server', description: 'A watched server.' });

/** Answer of `GET /api/servers`. */
export const serversAnswer = z.strictObject({
  servers: z.array(serverSummary),
  configRefused: configRefused.optional().describe('For admins, while the file of PGDECK_CONFIG is not taken.'),
});

/** `GET /api/servers`: the watched servers that somebody may see. */
export const servers = defineContract({
  method: 'GET',
  path: '/api/servers',
  title: 'List servers',
  summary: 'The watched servers that you may see, with state, version and databases.',
  role: 'viewer',
  answers: {
    200: { what: 'The servers.', json: serversAnswer },
  },
});
