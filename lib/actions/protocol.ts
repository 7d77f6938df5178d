import { z } from 'zod';
import { relationFit } from './fits';
import { target, targetKind } from './target';

/** How much has to be confirmed before an action runs: nothing more, a second step, or typed text. */
export const confirm = z.enum(['click', 'step', 'typed']);

/** Body of `POST /api/servers/:server/actions/preview`. */
export const previewBody = z
  .strictObject({
    action: z
      .string('must be the id of an action')
      .max(64)
      .describe('The id of an action, as GET /api/actions lists it.'),
    target,
    options: z.record(z.string(), z.unknown()).optional().describe('As the action describes them.'),
  })
  .meta({ id: 'PreviewBody', description: 'What is to be done, and to what.' });

/** Body of `POST /api/servers/:server/actions/execute`. */
export const executeBody = z
  .strictObject({
    previewId: z.string('must be the id of a preview').min(1).max(64).describe('The preview that is to be run.'),
    idempotencyKey: z
      .string('must be a text that is new for each execution')
      .min(1)
      .max(128)
      .describe(
        'A text of your own, new for each execution: the same one gets the same answer, and nothing runs twice.',
      ),
    confirmText: z.string().max(256).optional().describe('What the preview wants typed, where `confirm` is `typed`.'),
  })
  .meta({ id: 'ExecuteBody' });

/** A session as a preview froze it; microseconds since the epoch as text. */
export const member = z
  .strictObject({
    pid: z.int(),
    backend_start_us: z.string().describe('When it began, in microseconds since 1970.'),
    query_start_us: z.string().nullable().describe('When its statement began, in microseconds since 1970.'),
    title: z.string().describe('Who it is, in words: role, database, application, state and for how long.'),
  })
  .meta({ id: 'Member', description: 'A session as a preview froze it.' });

/** A lock that a statement takes. */
export const lockTaken = z
  .strictObject({
    relation: z.string(),
    mode: z.string().describe('As PostgreSQL names it: ACCESS EXCLUSIVE, SHARE …'),
    blocks: z.string().optional().describe('What others cannot do meanwhile, in words.'),
  })
  .meta({ id: 'LockTaken', description: 'A lock that a statement takes.' });

/** A session that stands in the way of a lock, or would stand behind it. */
export const inTheWay = z
  .strictObject({
    pid: z.int().nullable(),
    mode: z.string().nullable(),
    granted: z.boolean().nullable(),
    seconds: z.number().nullable(),
    sentence: z.string().describe('Who it is and what it does, in words.'),
  })
  .meta({ id: 'InTheWay', description: 'A session that stands in the way of a lock, or would stand behind it.' });

/** One thing that is known, in words. */
export const fact = z
  .strictObject({ label: z.string(), value: z.string() })
  .meta({ id: 'Fact', description: 'One thing that is known, in words.' });

/** The statements that take something back, and the preview that leads to them. */
export const undo = z
  .strictObject({ sql: z.string(), body: previewBody })
  .meta({ id: 'Undo', description: 'What takes it back, and the preview that leads there.' });

/** What was left behind and what cleans it up, as the next action to preview. */
export const nextAction = z
  .strictObject({ title: z.string(), body: previewBody })
  .meta({ id: 'NextAction', description: 'What was left behind, and the preview of what cleans it up.' });

/** A figure of the target before and after, in words: `Size`, `3.1 GB`, `1.2 GB`. */
export const figure = z
  .strictObject({ label: z.string(), before: z.string().nullable(), after: z.string().nullable() })
  .meta({ id: 'Figure', description: 'A figure of the target before and after, in words.' });

/** An earlier run of the same action on this server. */
export const pastRun = z
  .strictObject({
    runId: z.string(),
    target: z.string(),
    startedAt: z.string(),
    ms: z.number(),
    bytes: z.number().nullable(),
  })
  .meta({ id: 'PastRun', description: 'An earlier run of the same action on this server.' });

/** Answer of `preview`: what would be done, to whom, and what it would cause. Nothing was executed. */
export const preview = z
  .strictObject({
    previewId: z.string(),
    executed: z.literal(false).describe('A preview changes nothing.'),
    expiresAt: z.string().describe('ISO 8601; two minutes after the preview.'),
    action: z.string(),
    title: z.string().describe('The question as a title: "Terminate session 4711?"'),
    target,
    effect: z.string().describe('What happens, in one or two sentences.'),
    facts: z.array(fact).describe('Who and what it is: identity, age, what it holds.'),
    estimates: z.array(fact).describe('How much work it is and what limits it: bytes, time of past runs, free slots.'),
    past: z.array(pastRun).describe('Earlier runs of the same kind, newest first.'),
    inTransaction: z.boolean().describe('False: it cannot run in a transaction block.'),
    onlyShown: z.literal(true).optional().describe('A plan to be read: it is never run from here.'),
    needsApproval: z.literal(true).optional().describe('Somebody else with the role admin has to approve it first.'),
    sql: z.array(z.string()).describe('The statements exactly as they will be sent.'),
    role: z.string().describe('The PostgreSQL role that they run as.'),
    guard: z.string().describe('How the target is checked again when it runs.'),
    locks: z.array(lockTaken),
    waitsFor: z.array(inTheWay).describe('Who it would wait for.'),
    wouldQueue: z.array(inTheWay).describe('Who would wait behind it.'),
    warnings: z.array(z.string()),
    confirm: confirm.describe('How much has to be confirmed.'),
    confirmText: z.string().optional().describe('What has to be typed where `confirm` is `typed`.'),
    members: z.array(member).optional().describe('The sessions that it is about, frozen.'),
    undo: undo.optional(),
  })
  .meta({ id: 'Preview', description: 'What would be done, to whom, and what it would cause. Nothing was executed.' });

/** How far an execution is, or how it ended. */
export const runStatus = z
  .enum([
    'queued',
    'awaiting_approval',
    'running',
    'done',
    'done_with_warnings',
    'nothing_done',
    'failed',
    'cancelled',
    'unknown',
  ])
  .meta({ id: 'RunStatus' });

/** What became of one session of a bulk action. */
export const memberResult = z
  .strictObject({ pid: z.int(), status: runStatus, message: z.string() })
  .meta({ id: 'MemberResult', description: 'What became of one session of a bulk action.' });

/** How far a running action is. */
export const runProgress = z
  .strictObject({
    phase: z.string(),
    done: z.number().nullable(),
    total: z.number().nullable(),
    unit: z
      .enum(['blocks', 'rows', 'bytes', 'tables', 'indexes', 'partitions', 'sessions', 'statistics'])
      .nullable()
      .describe('What `done` and `total` count.'),
    fraction: z.number().nullable().describe('Between 0 and 1; null where PostgreSQL does not tell.'),
    ratePerSecond: z.number().nullable(),
    etaSeconds: z.strictObject({ low: z.number(), high: z.number() }).nullable().describe('A band, never one number.'),
    step: z
      .strictObject({ index: z.int(), count: z.int(), title: z.string() })
      .nullable()
      .describe('Which of several statements runs, from 1.'),
    waitsFor: z
      .array(inTheWay)
      .describe('Who it waits for: holders of locks, or of snapshots that are older than the build.'),
    waitingBehind: z.int().describe('Sessions that wait behind it now.'),
    details: z.array(fact).describe('Figures of this kind of work: index passes, cost delay, dead rows.'),
  })
  .meta({ id: 'RunProgress', description: 'How far a running action is.' });

/** One execution: answer of `execute` and of `GET /api/runs/:run`; times ISO 8601. */
export const run = z
  .strictObject({
    runId: z.string(),
    server: z.string(),
    action: z.string(),
    title: z.string(),
    target,
    databases: z
      .array(z.string())
      .nullable()
      .optional()
      .describe('The databases that it is about; null: the server as a whole; missing: not known.'),
    user: z.string(),
    status: runStatus,
    message: z.string(),
    warnings: z.array(z.string()),
    verified: z
      .boolean()
      .nullable()
      .describe(
        'Whether the catalog or the list of sessions showed the result; null while it runs or where it cannot be told.',
      ),
    sqlstate: z.string().optional(),
    sql: z.array(z.string()),
    role: z.string().describe('The PostgreSQL role that it runs as.'),
    members: z.array(memberResult).optional(),
    figures: z.array(figure).optional().describe('What it changed, in figures before and after.'),
    undo: undo.optional(),
    next: z.array(nextAction).optional().describe('What it left behind and how to clean it up.'),
    past: z.array(pastRun).optional().describe('Earlier runs of the same kind, newest first.'),
    queuePosition: z.int().optional().describe('1: the next to run; only where `status` is `queued`.'),
    approvedBy: z.string().optional(),
    schedule: z.string().optional().describe('The schedule that it was run for.'),
    elsewhere: z.string().optional().describe('The other pgdeck that runs it; missing: this one.'),
    startedAt: z.string(),
    endedAt: z.string().nullable(),
    progress: runProgress.nullable(),
    cancellable: z.boolean().describe('Whether POST /api/runs/{run}/cancel can stop it now.'),
  })
  .meta({ id: 'Run', description: 'One execution of an action; times are ISO 8601.' });

/** What an action is about. */
export const actionGroup = z.enum(['sessions', 'tables', 'indexes', 'partitions', 'statistics', 'settings', 'server']);

/** One action of `GET /api/actions`. */
export const actionDescription = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    summary: z.string(),
    targetKinds: z.array(targetKind),
    relations: relationFit.optional().describe('Which relations it fits, where not all.'),
    group: actionGroup.describe('Where it stands in lists.'),
    options: z.record(z.string(), z.unknown()).describe('A JSON schema.'),
    locks: z.array(z.strictObject({ object: z.string(), mode: z.string(), blocks: z.string() })),
    rights: z.string().describe("What pgdeck's PostgreSQL role must be allowed to do, in words."),
    role: z.enum(['viewer', 'operator', 'admin']).describe('The role that somebody needs here.'),
    confirm,
  })
  .meta({ id: 'Action', description: 'Something that pgdeck can do.' });

/** One line of the audit as `GET /api/audit` gives it; lines of other versions may have more. */
export const auditEntry = z
  .looseObject({
    ts: z.string().describe('ISO 8601.'),
    seq: z.int(),
    event: z.string(),
    server: z.string().optional(),
    runId: z.string().optional(),
    requestId: z.string().optional(),
    user: z.strictObject({ name: z.string(), role: z.string(), mode: z.string() }).optional(),
    action: z.string().optional(),
    title: z.string().optional(),
    target: z.unknown().optional(),
    databases: z
      .array(z.string())
      .nullable()
      .optional()
      .describe('The databases that it is about; null: the server as a whole.'),
    prev: z.string().optional().describe('SHA-256 of the line before: the chain by which a change is seen.'),
    cluster: z.string().nullable().optional().describe('The system identifier of the server.'),
    instance: z.string().optional().describe('The pgdeck that wrote it, where the lines of all are read.'),
    message: z.string().optional(),
    at: z.union([z.string(), z.number()]).optional().describe('The moment that it is about.'),
    options: z.unknown().optional().describe('Those of the action.'),
    work: z.unknown().optional().describe('What was planned, where it has several steps.'),
    adoption: z.unknown().optional().describe('By what the run is known again after a restart.'),
    approvedBy: z.string().optional(),
    schedule: z.string().optional().describe('The title of the schedule that it is about, or was run for.'),
    scheduleId: z.string().optional(),
    cron: z.string().optional(),
    timeZone: z.string().optional(),
    change: z.unknown().optional().describe('What of the schedule was changed.'),
    missed: z.int().optional().describe('How many times of the schedule passed by.'),
    method: z.string().optional().describe('Of a request that was refused, as the following.'),
    path: z.string().optional(),
    code: z.string().optional(),
    status: z.int().optional(),
    unwritten: z.int().optional().describe('How many more were refused that have no line.'),
    file: z.string().optional().describe('The file of PGDECK_CONFIG, as the following.'),
    problems: z.array(z.string()).optional(),
    keys: z.array(z.string()).optional().describe('What was changed in it of a server.'),
    textSha256: z.string().optional().describe('Of the text that was shown with its values.'),
    role: z.string().optional(),
    sql: z.array(z.string()).optional(),
    result: z
      .strictObject({
        status: z.string(),
        message: z.string(),
        sqlstate: z.string().optional(),
        verified: z.boolean().nullable(),
        ms: z.number(),
        warnings: z.array(z.string()),
        members: z.array(memberResult).optional(),
        figures: z.array(figure).optional(),
        undo: undo.optional(),
        next: z.array(nextAction).optional(),
      })
      .optional(),
  })
  .meta({
    id: 'AuditEntry',
    description: 'One line of the audit: who did what; lines of other versions may have more.',
  });

export type Confirm = z.infer<typeof confirm>;
export type PreviewBody = z.infer<typeof previewBody>;
export type ExecuteBody = z.infer<typeof executeBody>;
export type Member = z.infer<typeof member>;
export type LockTaken = z.infer<typeof lockTaken>;
export type InTheWay = z.infer<typeof inTheWay>;
export type Fact = z.infer<typeof fact>;
export type Undo = z.infer<typeof undo>;
export type NextAction = z.infer<typeof nextAction>;
export type Figure = z.infer<typeof figure>;
export type PastRun = z.infer<typeof pastRun>;
export type Preview = z.infer<typeof preview>;
export type RunStatus = z.infer<typeof runStatus>;
export type MemberResult = z.infer<typeof memberResult>;
export type RunProgress = z.infer<typeof runProgress>;
export type Run = z.infer<typeof run>;
export type ActionGroup = z.infer<typeof actionGroup>;
export type ActionDescription = z.infer<typeof actionDescription>;
export type AuditEntry = z.infer<typeof auditEntry>;
