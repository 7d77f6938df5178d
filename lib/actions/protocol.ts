import { z } from 'zod';
import type { RelationFit } from './fits';
import { type Target, type TargetKind, target } from './target';

/** How much has to be confirmed before an action runs: nothing more, a second step, or typed text. */
export type Confirm = 'click' | 'step' | 'typed';

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

/** A lock that a statement takes; `blocks` says in words what others cannot do meanwhile. */
export type LockTaken = { relation: string; mode: string; blocks?: string };

/** A session that stands in the way of a lock, or would stand behind it. */
export type InTheWay = {
  pid: number | null;
  mode: string | null;
  granted: boolean | null;
  seconds: number | null;
  sentence: string;
};

/** One thing that is known, in words. */
export type Fact = { label: string; value: string };

/** The statements that take something back, and the preview that leads to them. */
export type Undo = { sql: string; body: PreviewBody };

/** What was left behind and what cleans it up, as the next action to preview. */
export type NextAction = { title: string; body: PreviewBody };

/** A figure of the target before and after, in words: `Size`, `3.1 GB`, `1.2 GB`. */
export type Figure = { label: string; before: string | null; after: string | null };

/** An earlier run of the same action on this server. */
export type PastRun = { runId: string; target: string; startedAt: string; ms: number; bytes: number | null };

/** Answer of `preview`: what would be done, to whom, and what it would cause. Nothing was executed. */
export type Preview = {
  previewId: string;
  /** Always false: a preview changes nothing. */
  executed: false;
  /** ISO 8601; two minutes after the preview. */
  expiresAt: string;
  action: string;
  /** The question as a title: "Terminate session 4711?" */
  title: string;
  target: Target;
  /** What happens, in one or two sentences. */
  effect: string;
  /** Who and what it is: identity, age, what it holds. */
  facts: Fact[];
  /** How much work it is and what limits it: bytes, time from past runs, standbys, free slots, settings. */
  estimates: Fact[];
  /** Earlier runs of the same kind, newest first. */
  past: PastRun[];
  /** False: it cannot run in a transaction block. */
  inTransaction: boolean;
  /** True: a plan to be read; it is never run from here. */
  onlyShown?: true;
  /** True: somebody else with the admin role has to approve it before it runs. */
  needsApproval?: true;
  /** The statements exactly as they will be sent. */
  sql: string[];
  /** The PostgreSQL role that they run as. */
  role: string;
  /** How the target is checked again when it runs. */
  guard: string;
  locks: LockTaken[];
  waitsFor: InTheWay[];
  wouldQueue: InTheWay[];
  warnings: string[];
  confirm: Confirm;
  /** What has to be typed where `confirm` is `typed`. */
  confirmText?: string;
  members?: Member[];
  undo?: Undo;
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

/**
 * How far a running action is; `fraction` between 0 and 1, null where PostgreSQL does not tell. `etaSeconds` is a band,
 * `details` are figures of this kind of work: index passes, cost delay, dead rows.
 */
export type RunProgress = {
  phase: string;
  done: number | null;
  total: number | null;
  unit: 'blocks' | 'rows' | 'bytes' | 'tables' | 'indexes' | 'partitions' | 'sessions' | 'statistics' | null;
  fraction: number | null;
  ratePerSecond: number | null;
  etaSeconds: { low: number; high: number } | null;
  /** Which of several statements runs: from 1. */
  step: { index: number; count: number; title: string } | null;
  /** Who it waits for: holders of locks, or of snapshots that are older than the build. */
  waitsFor: InTheWay[];
  /** Sessions that wait behind it now. */
  waitingBehind: number;
  details: Fact[];
};

/** One execution: answer of `execute` and of `GET /api/runs/:run`; times ISO 8601. */
export type Run = {
  runId: string;
  server: string;
  action: string;
  title: string;
  target: Target;
  /** The databases that it is about; null: the server as a whole; missing: not known. */
  databases?: string[] | null;
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
  /** What it changed, in figures before and after. */
  figures?: Figure[];
  undo?: Undo;
  /** What it left behind and how to clean it up. */
  next?: NextAction[];
  /** Earlier runs of the same kind, newest first, to compare with. */
  past?: PastRun[];
  /** 1: the next to run; only where `status` is `queued`. */
  queuePosition?: number;
  /** Who approved it. */
  approvedBy?: string;
  /** The schedule that it was run for. */
  schedule?: string;
  /** The other pgdeck that runs it; missing: this one. */
  elsewhere?: string;
  startedAt: string;
  endedAt: string | null;
  progress: RunProgress | null;
  /** Whether `POST /api/runs/:run/cancel` can stop it now. */
  cancellable: boolean;
};

/** What an action is about. */
export type ActionGroup = 'sessions' | 'tables' | 'indexes' | 'partitions' | 'statistics' | 'settings' | 'server';

/** One action of `GET /api/actions`; `options` is a JSON schema. */
export type ActionDescription = {
  id: string;
  title: string;
  summary: string;
  targetKinds: TargetKind[];
  /** Which relations it fits, where not all. */
  relations?: RelationFit;
  /** Where it stands in lists. */
  group: ActionGroup;
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
  /** The databases that it is about; null: the server as a whole. */
  databases?: string[] | null;
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
    figures?: Figure[];
    undo?: Undo;
    next?: NextAction[];
  };
  [more: string]: unknown;
};
