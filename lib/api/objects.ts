import { z } from 'zod';
import { defineContract } from './contract';
import { databaseName, flag, ofServer, oid, unavailableReason } from './parts';

/** What is kept for a while, or why it cannot be told now. */
function kept<Name extends string, Value extends z.ZodType, Of extends z.ZodRawShape>(
  name: Name,
  value: Value,
  of: Of,
) {
  const ageSeconds = z.number().describe('How long ago the server was asked.');
  const aged = { ageSeconds, [name]: value } as { ageSeconds: z.ZodNumber } & { [Key in Name]: Value };
  const ok = z.strictObject({ server: z.string(), ...of, status: z.literal('ok'), ...aged });
  const unavailable = z.strictObject({
    server: z.string(),
    ...of,
    status: z.literal('unavailable'),
    reason: unavailableReason,
    hint: z.string().describe('What to do about it.'),
    fixSql: z.string().optional(),
    sqlstate: z.string().optional(),
    last: z.strictObject(aged).optional().describe('The last that is known, where there is any.'),
  });
  return z.discriminatedUnion('status', [ok, unavailable]);
}

const fresh = flag.optional().describe('1: asks the server now. For operators, once in 5 s.');
const text = z
  .string()
  .nullable()
  .describe('Null: there is none, or you may not see it. Constants in it may be masked.');

/** What a table is made of. */
export const tableShape = z
  .strictObject({
    oid: z.int(),
    schemaname: z.string(),
    relname: z.string(),
    kind: z.enum(['table', 'partitioned table', 'materialized view', 'view', 'foreign table']),
    owner: z.string(),
    partition_of: z.string().nullable(),
    bound: z.string().nullable().describe('Of a partition: what it takes.'),
    partitions: z.array(
      z.strictObject({ relid: z.int(), schemaname: z.string(), relname: z.string(), bound: z.string().nullable() }),
    ),
    partitions_left_out: z.int().describe('Only the newest 200 are told.'),
    columns: z.array(
      z.strictObject({
        name: z.string(),
        type: z.string(),
        not_null: z.boolean(),
        default: text,
        identity: z.enum(['always', 'by default']).nullable(),
        generated: z.boolean(),
        collation: z.string().nullable(),
      }),
    ),
    indexes: z.array(
      z.strictObject({
        oid: z.int(),
        name: z.string(),
        definition: text,
        is_primary: z.boolean(),
        is_unique: z.boolean(),
        is_valid: z.boolean(),
        size_bytes: z.number(),
      }),
    ),
    constraints: z.array(
      z.strictObject({
        oid: z.int(),
        name: z.string(),
        type: z.string(),
        definition: text,
        validated: z.boolean(),
      }),
    ),
    n_live_tup: z.number(),
    total_bytes: z.number().describe('With indexes and TOAST; 0 of what holds no rows itself.'),
    heap_bytes: z.number(),
    index_bytes: z.number(),
    toast_bytes: z.number(),
  })
  .meta({ id: 'TableSchema', description: 'What a table is made of.' });

/** The definition of an object. */
export const definitionShape = z
  .strictObject({
    kind: z.enum(['index', 'view', 'function', 'constraint', 'trigger', 'rule', 'statistics']),
    oid: z.int(),
    name: z.string().describe('As it is written in SQL.'),
    definition: text,
  })
  .meta({ id: 'Definition', description: 'An object as PostgreSQL writes it.' });

/** A setting as the server keeps it. */
export const settingShape = z
  .strictObject({
    name: z.string(),
    setting: z.string().nullable(),
    unit: z.string().nullable(),
    category: z.string(),
    short_desc: z.string(),
    vartype: z.string(),
    context: z.string().describe('What a change of it takes: user, sighup, postmaster …'),
    source: z.string().nullable().describe('Where the value comes from.'),
    boot_val: z.string().nullable(),
    min_val: z.string().nullable(),
    max_val: z.string().nullable(),
    enumvals: z.array(z.string()).nullable(),
    pending_restart: z.boolean(),
  })
  .meta({ id: 'ServerSetting', description: 'A setting as the server keeps it; secrets are struck out.' });

/** `GET …/table`: what a table is made of. */
export const table = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/table',
  title: 'One table',
  summary:
    'Columns, indexes, constraints, partitions and size of a table, by its names or its OID. Kept for PGDECK_CACHE_SCHEMA_SECONDS, or until a definition changes.',
  role: 'viewer',
  databases: 'filtered',
  heavy: true,
  params: ofServer,
  query: z
    .strictObject({
      database: databaseName.max(256).optional().describe("Missing: the one of the server's address."),
      schema: z.string().min(1).max(256).optional().describe('With `table`.'),
      table: z.string().min(1).max(256).optional().describe('Its name, with `schema`.'),
      oid: oid.optional().describe('In place of schema and table.'),
      fresh,
    })
    .refine(({ schema, table, oid }) => (oid === undefined) !== (schema === undefined || table === undefined), {
      message: 'give schema and table, or oid',
      path: ['table'],
    }),
  answers: {
    200: {
      what: 'The table, or why it cannot be told now.',
      json: kept('table', tableShape, { database: z.string() }),
    },
  },
});

/** `GET …/definition`: an object as PostgreSQL writes it. */
export const definition = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/definition',
  title: 'One definition',
  summary:
    'An index, view, function, constraint, trigger, rule or statistics object as PostgreSQL writes it. Kept for PGDECK_CACHE_DEFINITIONS_SECONDS, or until a definition changes.',
  role: 'viewer',
  databases: 'filtered',
  heavy: true,
  params: ofServer,
  query: z.strictObject({
    database: databaseName.max(256).optional().describe("Missing: the one of the server's address."),
    kind: z.enum(['index', 'view', 'function', 'constraint', 'trigger', 'rule', 'statistics']).describe('What it is.'),
    oid: oid.describe('Its OID.'),
    fresh,
  }),
  answers: {
    200: {
      what: 'The definition, or why it cannot be told now.',
      json: kept('definition', definitionShape, { database: z.string() }),
    },
  },
});

/** `GET …/settings`: the settings of a server. */
export const settings = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/settings',
  title: 'Settings of a server',
  summary:
    "Every setting at the value that the server has for new sessions; passwords, keys and tokens are struck out. Those that pgdeck's own sessions are started with hide the server's value, and are left out. Kept for PGDECK_CACHE_SETTINGS_SECONDS.",
  role: 'viewer',
  heavy: true,
  params: ofServer,
  query: z.strictObject({ fresh }),
  answers: {
    200: {
      what: 'The settings, or why they cannot be told now.',
      json: kept('settings', z.array(settingShape), {}),
    },
  },
});
