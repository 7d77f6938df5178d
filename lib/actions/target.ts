import { z } from 'zod';

const whole = (most: number) => z.number().int().min(1).max(most);
/** More than a number of JavaScript holds exactly; whoever sends a number is told so, too. */
const ofDigits = (form: RegExp, words: string) => z.string(words).regex(form, words);
const microseconds = ofDigits(/^\d{1,18}$/, 'must be microseconds since the epoch, as text');
const identity = ofDigits(/^-?\d{1,20}$/, 'must be a whole number, as text');
const name = z.string().min(1, 'must not be empty').max(256, 'is longer than a name can be');
const oid = whole(4_294_967_295);

/** One session, by pid and start (and, to cancel, by the start of its statement), in microseconds as text. */
export const backendTarget = z.strictObject({
  kind: z.literal('backend'),
  pid: whole(2_147_483_647),
  backend_start_us: microseconds,
  query_start_us: microseconds.optional(),
});

/** All sessions in a state for longer than some seconds; the preview freezes who they are. */
export const backendsTarget = z.strictObject({
  kind: z.literal('backends'),
  filter: z.strictObject({
    state: z.enum(['idle in transaction', 'idle', 'active']),
    older_than_seconds: whole(31_536_000),
    datname: name.optional(),
    usename: name.optional(),
    application_name: name.optional(),
  }),
});

/** One table, materialized view, sequence or the like, by database and OID. */
export const relationTarget = z.strictObject({ kind: z.literal('relation'), database: name, oid });
/** One index, by database and OID. */
export const indexTarget = z.strictObject({ kind: z.literal('index'), database: name, oid });
/** One constraint, by database and OID. */
export const constraintTarget = z.strictObject({ kind: z.literal('constraint'), database: name, oid });
/** One statistics object (CREATE STATISTICS), by database and OID. */
export const statisticsTarget = z.strictObject({ kind: z.literal('statistics'), database: name, oid });
/** A whole database. */
export const databaseTarget = z.strictObject({ kind: z.literal('database'), database: name });
/** The server as a whole. */
export const serverTarget = z.strictObject({ kind: z.literal('server') });
/** One setting of the server. */
export const settingTarget = z.strictObject({ kind: z.literal('setting'), name });
/** One extension in a database, installed there or not. */
export const extensionTarget = z.strictObject({ kind: z.literal('extension'), database: name, name });
/** One replication slot. */
export const slotTarget = z.strictObject({ kind: z.literal('slot'), name });
/** One prepared transaction, by its identifier and when it was prepared. */
export const preparedTarget = z.strictObject({
  kind: z.literal('prepared'),
  gid: z.string().min(1, 'must not be empty').max(200, 'is longer than an identifier can be'),
  prepared_us: microseconds,
});
/** One statement of pg_stat_statements; identities as text. */
export const statementTarget = z.strictObject({
  kind: z.literal('statement'),
  userid: identity,
  dbid: identity,
  queryid: identity,
});
/** An ended run whose undo is wanted. */
export const runTarget = z.strictObject({ kind: z.literal('run'), runId: z.uuid('must be the id of a run') });

/** One database of the server's PgBouncer, by the name that its clients use. */
export const pgbouncerDatabaseTarget = z.strictObject({ kind: z.literal('pgbouncer-database'), name });
/** The server's PgBouncer as a whole. */
export const pgbouncerTarget = z.strictObject({ kind: z.literal('pgbouncer') });

/** What an action is done to: identity only, never a name to be quoted or SQL. */
export const target = z.discriminatedUnion('kind', [
  backendTarget,
  backendsTarget,
  relationTarget,
  indexTarget,
  constraintTarget,
  statisticsTarget,
  databaseTarget,
  serverTarget,
  settingTarget,
  extensionTarget,
  slotTarget,
  preparedTarget,
  statementTarget,
  runTarget,
  pgbouncerDatabaseTarget,
  pgbouncerTarget,
]);

/** The kinds of target by name. */
export const targetKind = z.enum(target.options.map(({ shape }) => shape.kind.value));

export type BackendTarget = z.infer<typeof backendTarget>;
export type BackendsTarget = z.infer<typeof backendsTarget>;
export type Target = z.infer<typeof target>;
export type TargetKind = Target['kind'];
/** The kinds that a command to PgBouncer's console is about. */
export type PoolerTarget = z.infer<typeof pgbouncerDatabaseTarget> | z.infer<typeof pgbouncerTarget>;
/** The kinds that a statement on a session of its own is run on: neither sessions nor what is PgBouncer's. */
export type WorkTarget = Exclude<Target, BackendTarget | BackendsTarget | PoolerTarget>;
