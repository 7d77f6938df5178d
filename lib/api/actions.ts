import { z } from 'zod';
import {
  actionDescription,
  executeBody,
  fact,
  inTheWay,
  lockTaken,
  preview,
  previewBody,
  run,
} from '@/lib/actions/protocol';
import { target } from '@/lib/actions/target';
import { defineContract } from './contract';
import { ofRun, ofServer, oid } from './parts';

/** `GET /api/actions`: what pgdeck can do, with locks, rights and confirmation before a server raises it. */
export const actions = defineContract({
  method: 'GET',
  path: '/api/actions',
  title: 'List actions',
  summary: 'What pgdeck can do: targets, options, locks, rights, and how much has to be confirmed.',
  role: 'viewer',
  answers: {
    200: { what: 'The catalogue.', json: z.strictObject({ actions: z.array(actionDescription) }) },
  },
});

/** `POST …/actions/preview`: what an action would do; nothing is executed. */
export const previewAction = defineContract({
  method: 'POST',
  path: '/api/servers/{server}/actions/preview',
  title: 'Preview an action',
  summary:
    'What an action would do: the exact SQL, its locks, who would wait, warnings and how to take it back. Nothing is executed. A preview can be run for two minutes.',
  role: 'operator',
  databases: 'filtered',
  heavy: true,
  params: ofServer,
  body: previewBody,
  answers: { 200: { what: 'The preview.', json: preview } },
  failures: {
    409: 'The target is not what it was (`target_changed`), or there is nothing to do.',
    422: 'It cannot be done to this target.',
  },
});

/** `POST …/actions/execute`: runs a preview; 200 when it ended within 3.5 s, else 202 and a run to look at. */
export const executeAction = defineContract({
  method: 'POST',
  path: '/api/servers/{server}/actions/execute',
  title: 'Run a preview',
  summary:
    'Runs exactly what was previewed. Once the SQL was sent, a failure is an answer with the status failed or cancelled.',
  role: 'operator',
  databases: 'filtered',
  params: ofServer,
  body: executeBody,
  answers: {
    200: { what: 'It ended within 3.5 s.', json: run },
    202: { what: 'It runs, or waits for its turn or for approval: ask GET /api/runs/{run}.', json: run },
  },
  failures: {
    409: 'The target is not what it was (`target_changed`), or something is being done to it (`already_running`).',
    410: 'The preview is too old (`preview_expired`) or was run before (`preview_used`).',
    422: 'What was typed is not what has to be typed (`confirm_mismatch`); the preview stays good.',
  },
});

/** One thing that an action can be done to, in words and as a preview wants it. */
export const choice = z
  .strictObject({ label: z.string(), detail: z.string(), target })
  .meta({ id: 'Choice', description: 'One thing that an action can be done to.' });

/** `GET …/actions/choices`: what an action can be done to, at most 50. */
export const actionChoices = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/actions/choices',
  title: 'Choices of a target',
  summary: 'What an action can be done to, at most 50: the rest is found by a text in the name.',
  role: 'operator',
  heavy: true,
  databases: 'filtered',
  params: ofServer,
  query: z.strictObject({
    kind: z
      .string()
      .min(1)
      .max(64)
      .describe('A kind of target that can be listed: relation, index, database, setting …'),
    database: z.string().max(256).optional().describe('Where to look; missing: the database that pgdeck acts in.'),
    search: z.string().max(100).optional().describe('A text in the name.'),
    relkinds: z
      .string()
      .regex(/^[rpmfS]{1,5}$/, 'must be up to five of the letters r, p, m, f and S')
      .optional()
      .describe('Only relations of these kinds, letters as pg_class.relkind has them.'),
    partition: z
      .enum(['true', 'false'])
      .transform((word) => word === 'true')
      .optional()
      .describe('Only partitions, or none.'),
  }),
  answers: {
    200: {
      what: 'The choices.',
      json: z.strictObject({
        choices: z.array(choice),
      }),
    },
  },
});

/** What an index of a table can be made of, and what is set of the table. */
export const indexFormAnswer = z
  .strictObject({
    relation: z.string().describe('The table as it is written in SQL.'),
    partitioned: z.boolean(),
    parameters: z
      .array(z.string())
      .describe('Its storage parameters, as `name=value`; those of its TOAST table begin with `toast.`.'),
    methods: z.array(z.string()),
    columns: z.array(
      z.strictObject({
        attnum: z.int(),
        name: z.string(),
        type: z.string(),
        opclasses: z.array(
          z.strictObject({
            oid: z.int(),
            name: z.string(),
            method: z.string(),
            isDefault: z.boolean().describe('What is taken where none is named.'),
          }),
        ),
      }),
    ),
  })
  .meta({ id: 'IndexForm', description: 'What an index of a table can be made of.' });

/** `GET …/actions/index-form`: what an index of a table can be made of. */
export const indexForm = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/actions/index-form',
  title: 'Form of an index',
  summary: 'What an index of a table can be made of: methods, columns and their operator classes.',
  role: 'operator',
  heavy: true,
  params: ofServer,
  query: z.strictObject({
    database: z.string().min(1).max(256).describe('The database of the table.'),
    oid: oid.describe('The OID of the table.'),
  }),
  answers: { 200: { what: 'What it can be made of.', json: indexFormAnswer } },
});

const mostCharacters = 100 * 1024;

/** The answer to "What would this DDL block?"; nothing of the text is ever run. */
export const ddlAnswer = z
  .strictObject({
    executed: z.literal(false),
    statements: z.array(
      z.strictObject({
        sql: z.string(),
        kind: z.string().describe('What it is: CREATE INDEX CONCURRENTLY'),
        supported: z.boolean().describe('False: which locks it takes is not known here.'),
        locks: z.array(lockTaken),
        rewrites: z.boolean().nullable().describe('Whether a table is written anew; null: not known.'),
        inTransaction: z.boolean().describe('False: it cannot run in a transaction block.'),
        waitsFor: z.array(inTheWay),
        wouldQueue: z.array(inTheWay),
        estimates: z.array(fact),
        warnings: z.array(z.string()),
        saferWay: z.string().optional(),
      }),
    ),
  })
  .meta({ id: 'DdlAnswer', description: 'What each statement would lock and block. Nothing of the text was run.' });

/** `POST …/ddl`: what the statements of a text would lock and block; nothing of it is run. */
export const ddl = defineContract({
  method: 'POST',
  path: '/api/servers/{server}/ddl',
  title: 'What would this DDL block?',
  summary: 'What the statements of a text would lock and block now, and who would wait; nothing of it is run.',
  role: 'operator',
  heavy: true,
  params: ofServer,
  body: z.strictObject({
    database: z.string().min(1).max(256).describe('The database that it would be run in.'),
    sql: z.string().min(1).max(mostCharacters).describe('The statements.'),
  }),
  answers: { 200: { what: 'What each statement would block.', json: ddlAnswer } },
  failures: { 422: 'The text is not SQL that PostgreSQL would read.' },
});

/** `GET /api/runs[?server=]`: what runs, waits and ran, newest first; also what other instances run now. */
export const runs = defineContract({
  method: 'GET',
  path: '/api/runs',
  title: 'List runs',
  summary: 'What runs, waits and ran, newest first; also what other instances of pgdeck run now.',
  role: 'viewer',
  query: z.strictObject({ server: z.string().max(100).optional().describe('Only those of this server.') }),
  answers: { 200: { what: 'The runs.', json: z.strictObject({ runs: z.array(run) }) } },
});

/** `GET /api/runs/:run`: one run with its progress. */
export const oneRun = defineContract({
  method: 'GET',
  path: '/api/runs/{run}',
  title: 'One run',
  summary: 'One run with its progress, or how it ended.',
  role: 'viewer',
  params: ofRun,
  answers: { 200: { what: 'The run.', json: run } },
});

const nothing = z.strictObject({}).optional();

/** `POST /api/runs/:run/cancel`: stops a run; answers with the run. */
export const cancelRun = defineContract({
  method: 'POST',
  path: '/api/runs/{run}/cancel',
  title: 'Cancel a run',
  summary: 'Stops a run that runs or waits; answers with the run as it is after at most 3.5 s.',
  role: 'operator',
  params: ofRun,
  body: nothing,
  answers: { 200: { what: 'The run.', json: run } },
  failures: { 409: 'It has ended, or cannot be stopped now (`nothing_to_cancel`).' },
});

/** `POST /api/runs/:run/approve`: the second person's yes; answers with the run. */
export const approveRun = defineContract({
  method: 'POST',
  path: '/api/runs/{run}/approve',
  title: 'Approve a run',
  summary: "The second person's yes to what waits for approval, where PGDECK_APPROVAL asks for one.",
  role: 'admin',
  params: ofRun,
  body: nothing,
  answers: { 200: { what: 'The run.', json: run } },
  failures: { 409: 'It does not wait for approval.' },
});
