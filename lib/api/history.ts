import { z } from 'zod';
import { exactMoment, moment } from '@/lib/access/moment';
import {
  changesAnswer,
  compareAnswer,
  comparedTopics,
  costAnswer,
  eventKinds,
  historyStatus,
  seriesAnswer,
  topAnswer,
} from '@/lib/history/answers';
import { isStatementId, loadBys } from '@/lib/history/load-filter';
import { bucketSeconds } from '@/lib/history/memory';
import { defineContract } from './contract';
import { databaseName, ofServer, oid } from './parts';

const from = moment.optional().describe('ISO 8601 or epoch seconds; missing: an hour before `to`.');
const to = moment.optional().describe('ISO 8601 or epoch seconds; missing: now.');
const by = z.enum(loadBys);
const filter = z
  .string()
  .max(4000, 'is too long')
  .optional()
  .describe('Parts joined by commas, each a way to slice, a colon and a value: class:lock,user:app.');

/** `GET /api/history`: how the store of the history is, for the servers that one may see; nothing is asked. */
export const history = defineContract({
  method: 'GET',
  path: '/api/history',
  title: 'State of the history',
  summary:
    'How the store of the history is: on or why not, its size, since when it remembers, who samples each server.',
  role: 'viewer',
  answers: { 200: { what: 'How it is.', json: historyStatus } },
});

/** `GET /api/servers/:server/series`: which figures are kept over time and may be seen, and what each is asked by. */
export const seriesList = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/series',
  title: 'List series',
  summary: 'Which figures are kept over time, and by what each is asked.',
  role: 'viewer',
  databases: 'filtered',
  params: ofServer,
  answers: {
    200: {
      what: 'The series.',
      json: z.strictObject({
        series: z.array(
          z.strictObject({
            id: z.string(),
            title: z.string(),
            unit: z.string().describe('Empty where columns have their own.'),
            columns: z.array(z.string()),
            cadenceSeconds: z.number(),
            parameters: z.array(z.string()).describe('What it is asked by, beside the range.'),
          }),
        ),
      }),
    },
  },
});

/** `GET /api/servers/:server/series/:series`: one chart's points; missing ends are the last hour. */
export const series = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/series/{series}',
  title: 'One series',
  summary: "One chart's points over a range.",
  role: 'viewer',
  databases: 'filtered',
  params: ofServer.extend({ series: z.string().describe('The id of a series.') }),
  query: z.strictObject({
    from,
    to,
    step: z.coerce
      .number()
      .int()
      .min(bucketSeconds)
      .max(604_800)
      .optional()
      .describe('Seconds between two points; missing: the smallest that gives at most 600 points.'),
    format: z.enum(['json', 'csv']).default('json').describe('What is answered.'),
    by: by.optional().describe('Only load: how it is stacked.'),
    filter,
    sid: z
      .string()
      .refine(isStatementId, 'must be the id of a statement, as GET …/top?by=statement gives it')
      .optional()
      .describe('Only statement: the id of one, as top?by=statement gives it.'),
    database: databaseName.optional().describe('Only table, index and database: which database.'),
    oid: oid.optional().describe('Only table and index: the OID of one.'),
  }),
  answers: { 200: { what: 'The points.', json: seriesAnswer, media: ['text/csv'] } },
  failures: { 422: 'What is asked for is not kept together (`not_combined`).' },
});

/** `GET /api/servers/:server/top`: what caused load; missing ends are the last hour. */
export const top = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/top',
  title: 'What caused load',
  summary: 'The statements, users, applications, clients, databases or waits that caused load in a range, worst first.',
  role: 'viewer',
  heavy: true,
  databases: 'filtered',
  params: ofServer,
  query: z.strictObject({ from, to, by: by.default('statement').describe('How it is sliced.'), filter }),
  answers: { 200: { what: 'What caused load.', json: topAnswer } },
  failures: { 422: 'What is asked for is not kept together (`not_combined`).' },
});

const longestDays = 31;

/** `from,to` as both ends of a window. */
const window = z
  .string('must be from,to')
  .transform((text, context) => {
    const ends = z.tuple([moment, moment]).safeParse(text.split(','));
    const [from, to] = ends.data ?? [0, 0];
    const refuse = (message: string) => {
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    };
    if (!ends.success) return refuse('must be from,to, each a time as ISO 8601 or epoch seconds');
    if (from >= to) return refuse('must begin before it ends');
    if (to - from > longestDays * 86_400) return refuse(`must be at most ${longestDays} days long`);
    return { from, to };
  })
  .describe(`A window as from,to: ISO 8601 or epoch seconds, at most ${longestDays} days.`);

/** `GET /api/servers/:server/compare`: two windows side by side. */
export const compare = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/compare',
  title: 'Compare two windows',
  summary: 'Statements, tables or waits in two windows side by side, the greatest change first.',
  role: 'viewer',
  heavy: true,
  params: ofServer,
  query: z.strictObject({
    topic: z.enum(comparedTopics).default('slow-queries').describe('What is compared.'),
    a: window,
    b: window,
  }),
  answers: { 200: { what: 'Both windows.', json: compareAnswer } },
});

/** `GET /api/servers/:server/moments`: the moments that were kept next to `at`, or those of a range. */
export const moments = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/moments',
  title: 'Kept moments',
  summary: 'At which moments the answers of a topic were kept: those of a range, or the ones next to `at`.',
  role: 'viewer',
  databases: 'filtered',
  params: ofServer,
  query: z.strictObject({
    at: exactMoment.optional().describe('ISO 8601 or epoch seconds; goes without `from` and `to`.'),
    from: exactMoment.optional().describe('ISO 8601 or epoch seconds; missing: an hour before `to`.'),
    to: exactMoment.optional().describe('ISO 8601 or epoch seconds; missing: now.'),
    topic: z.string().default('sessions').describe('The id of a topic.'),
    database: databaseName.optional().describe('For topics of one database.'),
  }),
  answers: {
    200: {
      what: 'The moments.',
      json: z.union([
        z.strictObject({
          moments: z.array(
            z.strictObject({
              at: z.number().describe('Epoch seconds.'),
              close: z.boolean().describe('True: kept because something stood out.'),
            }),
          ),
        }),
        z.strictObject({
          before: z.number().nullable().describe('Epoch seconds of the last one before.'),
          after: z.number().nullable().describe('Epoch seconds of the first one after.'),
        }),
      ]),
    },
  },
});

const mostEvents = 500;

/** `GET /api/servers/:server/changes`: what changed, newest first; missing ends are the last day. */
export const changes = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/changes',
  title: 'Changes',
  summary: 'What changed on a server, newest first: settings, restarts, schema, actions, deployments and more.',
  role: 'viewer',
  databases: 'filtered',
  params: ofServer,
  query: z.strictObject({
    from: exactMoment.optional().describe('ISO 8601 or epoch seconds; missing: a day before `to`.'),
    to: exactMoment.optional().describe('ISO 8601 or epoch seconds; missing: now.'),
    kind: z.enum(eventKinds).optional().describe('Only this kind.'),
    limit: z.coerce.number().int().min(1).max(mostEvents).default(100).describe('At most so many.'),
  }),
  answers: { 200: { what: 'A page of changes.', json: changesAnswer } },
});

/** `GET /api/servers/:server/cost`: what pgdeck itself cost a server; missing ends are the last hour. */
export const cost = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/cost',
  title: "pgdeck's own cost",
  summary: 'What pgdeck itself cost a server over a range: statements, time, blocks, connections, stored bytes.',
  role: 'viewer',
  params: ofServer,
  query: z.strictObject({ from, to }),
  answers: { 200: { what: 'What it cost.', json: costAnswer } },
});
