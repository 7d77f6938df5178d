import { z } from 'zod';
import { exactMoment } from '@/lib/access/moment';
import { defineContract } from './contract';
import { ofServer, unavailableReason } from './parts';

/** What one of pgdeck's roles may do on a server. */
export const roleRights = z.discriminatedUnion('status', [
  z.strictObject({
    use: z.enum(['reading', 'acting']),
    status: z.literal('ok'),
    role: z.string().describe('The PostgreSQL role.'),
    database: z.string(),
    superuser: z.boolean(),
    rights: z.array(
      z
        .strictObject({
          id: z.string(),
          title: z.string(),
          lets: z.string().describe('What it is good for.'),
          has: z.boolean(),
          optional: z.boolean(),
          without: z.string().optional().describe('What does not work where it is lacking.'),
          missing: z.array(z.string()).optional(),
          grantSql: z.string().optional().describe('What grants it, where it is lacking.'),
        })
        .meta({ id: 'Right', description: 'One right of a PostgreSQL role as it is now.' }),
    ),
  }),
  z.strictObject({
    use: z.enum(['reading', 'acting']),
    status: z.literal('unavailable'),
    role: z.string(),
    reason: unavailableReason,
    hint: z.string(),
  }),
]);

/** Answer of `GET /api/servers/:server/rights`. */
export const rightsAnswer = z
  .strictObject({
    askedAt: z.string().describe('ISO 8601.'),
    same: z.boolean().describe('One role does both.'),
    reading: roleRights,
    acting: roleRights,
  })
  .meta({ id: 'RightsAnswer' });

/** `GET /api/servers/:server/rights`: what the database roles that pgdeck was given may do, and the grant of what they lack. */
export const rights = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/rights',
  title: "pgdeck's database roles",
  summary:
    'What the PostgreSQL roles that pgdeck was given may do on this server, and the SQL that grants what they lack. Asked over their own connections; who asks within 10 s shares one answer.',
  role: 'admin',
  heavy: true,
  params: ofServer,
  answers: { 200: { what: 'The rights of both roles.', json: rightsAnswer } },
});

const value = z.union([z.string().max(256), z.number(), z.boolean(), z.null()]);

/** `POST /api/servers/:server/reveal`: one statement's text with its values; who saw it is on disk before it is told. */
export const reveal = defineContract({
  method: 'POST',
  path: '/api/servers/{server}/reveal',
  title: "Reveal a statement's values",
  summary:
    'The text of one statement with its values, for who may see them. Who saw it is in the audit before it is told; passwords stay masked.',
  role: 'viewer',
  databases: 'filtered',
  params: ofServer,
  body: z.strictObject({
    topic: z.string().max(64).describe('The topic that has the row.'),
    database: z.string().min(1).max(256).optional().describe('For topics of one database.'),
    at: z
      .union([z.number().positive(), exactMoment], 'must be a time as ISO 8601 or epoch seconds')
      .optional()
      .describe('A moment of the past: ISO 8601 or epoch seconds.'),
    key: z
      .record(z.string().max(64), value)
      .describe("The topic's columns that tell the row, with their values; or `sid` of a statement."),
    column: z.string().max(64).describe('The column with the text.'),
  }),
  answers: { 200: { what: 'The text.', json: z.strictObject({ text: z.string() }) } },
});
