import { z } from 'zod';

/** How much has to be confirmed before an action runs: nothing more, a second step, or typed text. */
export type Confirm = 'click' | 'step' | 'typed';

const whole = (most: number) =>
  z
    .number('must be a number')
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(most, `must be at most ${most}`);
const microseconds = z.string().regex(/^\d{1,18}$/, 'must be microseconds since the epoch, as text');
const name = z.string().min(1, 'must not be empty').max(256, 'is longer than a name can be');

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
    state: z.enum(['idle in transaction', 'idle'], 'must be "idle in transaction" or "idle"'),
    older_than_seconds: whole(31_536_000),
    datname: name.optional(),
    usename: name.optional(),
    application_name: name.optional(),
  }),
});

/** One table, materialized view or the like, by database and OID. */
export const relationTarget = z.strictObject({
  kind: z.literal('relation'),
  database: name,
  oid: whole(4_294_967_295),
});

/** What an action is done to: identity only, never a name to be quoted or SQL. */
export const target = z.discriminatedUnion(
  'kind',
  [backendTarget, backendsTarget, relationTarget],
  'is not a known kind',
);

/** Body of `POST /api/servers/:server/actions/preview`. */
export const previewBody = z.strictObject({
  action: z.string('must be the id of an action').max(64),
  target,
  options: z.record(z.string(), z.unknown()).optional(),
});

/** Body of `POST /api/servers/:server/actions/execute`. */
export const executeBody = z.strictObject({
  previewId: z.string('must be the id of a preview').min(1).max(64),
  idempotencyKey: z.string('must be a text that is new for each execution').min(1).max(128),
  confirmText: z.string().max(256).optional(),
});

export type BackendTarget = z.infer<typeof backendTarget>;
export type BackendsTarget = z.infer<typeof backendsTarget>;
export type RelationTarget = z.infer<typeof relationTarget>;
export type Target = z.infer<typeof target>;
export type TargetKind = Target['kind'];
export type PreviewBody = z.infer<typeof previewBody>;
export type ExecuteBody = z.infer<typeof executeBody>;

/** A session as a preview froze it; microseconds since the epoch as text. */
export type Member = {
  pid: number;
  backend_start_us: string;
  query_start_us: string | null;
  /** Who it is, in words: role, database, application, state and for how long. */
  title: string;
};

/** A session that stands in the way of a lock, or would stand behind it. */
export type InTheWay = {
  pid: number | null;
  mode: string | null;
  granted: boolean | null;
  seconds: number | null;
  sentence: string;
};

/** Answer of `preview`: what would be done, to whom, and what it would cause. Nothing was executed. */
export type Preview = {
  previewId: string;
  /** ISO 8601; two minutes after the preview. */
  expiresAt: string;
  action: string;
  /** The question as a title: "Terminate session 4711?" */
  title: string;
  target: Target;
  /** What happens, in one or two sentences. */
  effect: string;
  /** Who and what it is: identity, age, what it holds. */
  facts: { label: string; value: string }[];
  /** The statements exactly as they will be sent. */
  sql: string[];
  /** The PostgreSQL role that they run as. */
  role: string;
  /** How the target is checked again when it runs. */
  guard: string;
  locks: { relation: string; mode: string }[];
  waitsFor: InTheWay[];
  wouldQueue: InTheWay[];
  warnings: string[];
  confirm: Confirm;
  /** What has to be typed where `confirm` is `typed`. */
  confirmText?: string;
  members?: Member[];
  undo?: { sql: string };
};

export type RunStatus =
  | 'queued'
  | 'awaiting_approval'
  | 'running'
  | 'done'
  | 'done_with_warnings'
  | 'nothing_done'
  | 'failed'
  | 'cancelled'
  | 'unknown';

/** What became of one session of a bulk action. */
export type MemberResult = { pid: number; status: RunStatus; message: string };

/** How far a running action is; `fraction` between 0 and 1, null where PostgreSQL does not tell. */
export type RunProgress = { phase: string; done: number | null; total: number | null; fraction: number | null };

/** One execution: answer of `execute` and of `GET /api/runs/:run`; times ISO 8601. */
export type Run = {
  runId: string;
  server: string;
  action: string;
  title: string;
  target: Target;
  user: string;
  status: RunStatus;
  message: string;
  warnings: string[];
  /** Whether the catalog or the list of sessions showed the result; null while it runs or where it cannot be told. */
  verified: boolean | null;
  sqlstate?: string;
  sql: string[];
  role: string;
  members?: MemberResult[];
  startedAt: string;
  endedAt: string | null;
  progress: RunProgress | null;
  /** Whether `POST /api/runs/:run/cancel` can stop it now. */
  cancellable: boolean;
};

/** One action of `GET /api/actions`; `options` is a JSON schema. */
export type ActionDescription = {
  id: string;
  title: string;
  summary: string;
  targetKinds: TargetKind[];
  options: unknown;
  locks: { object: string; mode: string; blocks: string }[];
  rights: string;
  role: string;
  confirm: Confirm;
};

/** One line of the audit as `GET /api/audit` gives it. */
export type AuditEntry = {
  ts: string;
  seq: number;
  event: string;
  server?: string;
  runId?: string;
  requestId?: string;
  user?: { name: string; role: string; mode: string };
  action?: string;
  title?: string;
  target?: unknown;
  role?: string;
  sql?: string[];
  result?: {
    status: string;
    message: string;
    sqlstate?: string;
    verified: boolean | null;
    ms: number;
    warnings: string[];
    members?: MemberResult[];
  };
  [more: string]: unknown;
};
