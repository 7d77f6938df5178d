import { z } from 'zod';
import { exactMoment, moment } from '@/lib/access/moment';
import { auditEntry } from '@/lib/actions/protocol';
import { defineContract } from './contract';
import { flag } from './parts';

/** The parameters that choose entries of the audit; times are ISO 8601 or epoch seconds. */
export const auditFilter = z.strictObject({
  event: z.string().max(40).optional().describe('result, denied, login_ok …; missing: all but previews.'),
  server: z.string().max(100).optional().describe('The id of a server; - for lines that are about none.'),
  action: z.string().max(64).optional().describe('The id of an action.'),
  user: z.string().max(200).optional().describe('Who did it.'),
  from: moment.optional().describe('ISO 8601 or epoch seconds.'),
  to: moment.optional().describe('ISO 8601 or epoch seconds; not included.'),
  status: z.string().max(40).optional().describe('How a run ended.'),
  search: z.string().max(200).optional().describe('A text in the line.'),
  fleet: flag
    .optional()
    .transform((value) => value === '1')
    .describe('1: the lines of every instance that copies them to the history store.'),
});

/** Answer of `GET /api/audit`; `next` is the `before` of the following page. */
export const auditAnswer = z
  .strictObject({
    entries: z.array(auditEntry).describe('Newest first.'),
    next: z.int().nullable().describe('The `before` of the following page; null: there is none.'),
    state: z.strictObject({
      writable: z.boolean(),
      problem: z.string().optional(),
      breaks: z
        .array(z.strictObject({ file: z.string(), line: z.int(), why: z.string() }))
        .describe('Where the chain of hashes does not hold: somebody changed a file.'),
      entries: z.int().describe('How many lines there are.'),
    }),
    copies: z
      .strictObject({ on: z.boolean(), waiting: z.int().nullable().optional(), problem: z.string().optional() })
      .describe('Whether lines are copied to the history store, and how many are not yet.'),
  })
  .meta({ id: 'AuditAnswer' });

/** `GET /api/audit`: who did what, newest first, by the filters; of servers where one is no admin one's own. */
export const audit = defineContract({
  method: 'GET',
  path: '/api/audit',
  title: 'Audit',
  summary: 'Who did what, newest first; of servers where you are no admin your own.',
  role: 'viewer',
  heavy: true,
  query: auditFilter.extend({
    limit: z.coerce.number().int().min(1).max(500).default(100).describe('At most so many lines.'),
    before: z.coerce.number().int().min(1).optional().describe('Only lines with a smaller number: `next` of a page.'),
  }),
  answers: { 200: { what: 'A page of lines.', json: auditAnswer } },
});

/** `GET /api/audit/export?format=jsonl|csv`: every entry of the filters as a file, newest first. */
export const auditExport = defineContract({
  method: 'GET',
  path: '/api/audit/export',
  title: 'Export the audit',
  summary: 'Every line of the filters as a file, newest first; of servers where you are no admin your own.',
  role: 'viewer',
  heavy: true,
  query: auditFilter.extend({
    format: z.enum(['jsonl', 'csv']).default('jsonl').describe('What is answered.'),
  }),
  answers: { 200: { what: 'The file.', media: ['application/jsonl', 'text/csv'] } },
});

const detailBytes = 4096;

/** `POST /api/annotations`: a mark, such as a deployment, in the list of changes and on every chart; 201 with its id. */
export const annotate = defineContract({
  method: 'POST',
  path: '/api/annotations',
  title: 'Set a mark',
  summary: 'A mark, such as a deployment, in the list of changes and on every chart.',
  role: 'operator',
  body: z.strictObject({
    title: z.string().trim().min(1).max(200),
    server: z
      .string()
      .min(1)
      .max(64)
      .optional()
      .describe('The id of a server, or * for all; may be missing where there is only one.'),
    at: z
      .union([z.number().positive(), exactMoment], 'must be a time as ISO 8601 or epoch seconds')
      .optional()
      .describe('When it was: ISO 8601 or epoch seconds; missing: now.'),
    detail: z
      .record(z.string(), z.unknown(), 'must be an object')
      .refine(
        (value) => Buffer.byteLength(JSON.stringify(value)) <= detailBytes,
        `must be at most ${detailBytes} bytes`,
      )
      .optional()
      .describe('What else there is to tell: version, link …; at most 4 KB.'),
  }),
  answers: {
    201: {
      what: 'The mark was set.',
      json: z.strictObject({
        id: z.string().describe('Of the mark on the first of the servers.'),
        servers: z.array(z.string()),
        stored: z.boolean().describe('False: it is known in memory only, for an hour.'),
      }),
    },
  },
});
