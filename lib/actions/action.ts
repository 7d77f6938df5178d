import type { z } from 'zod';
import type { TopicId } from '@/lib/topics/index';
import type { PoolerAction } from './pooler';
import type { ActionGroup, Confirm, Fact, Figure, NextAction, Undo } from './protocol';
import type { BulkState, Identity, Session } from './session';
import type { Subject } from './subjects/subject';
import type { TargetKind } from './target';

/** What every action says of itself; the catalogue of `GET /api/actions` shows it. */
export type Common = {
  id: string;
  title: string;
  summary: string;
  group: ActionGroup;
  /** Who may run it. */
  role: 'operator' | 'admin';
  /** Before production or an unnamed remote server raises it. */
  confirm: Confirm;
  /** Which rights in PostgreSQL (or in PgBouncer) it takes, in words. */
  rights: string;
  options: z.ZodObject;
  locks: { object: string; mode: string; blocks: string }[];
  /** Topics that are asked again when it has run. */
  touches: TopicId[];
};

/** An action on sessions: one short statement that checks the identity and signals, then a look at what became of it. */
export type SignalAction = Common & {
  kind: 'signal';
  targetKinds: Extract<TargetKind, 'backend' | 'backends'>[];
  /** The states that several sessions can be chosen by. */
  bulkStates: BulkState[];
  /** True: the start of the statement is part of the identity (cancel). */
  needsQueryStart: boolean;
  /** The acting statement; `states` holds the ones a bulk member must still be in. Answers `{ pid, signalled }`. */
  sql: (session: Identity, bulk?: { states: string[] }) => string;
  /** Why it is not offered for this session; undefined when it is. */
  refuse: (session: Session) => { code: string; message: string } | undefined;
  /** Whether a session as it is now still is what was signalled. */
  remains: (before: Identity, now: Session) => boolean;
  words: {
    question: (pid: number) => string;
    bulkQuestion: (count: number, which: string) => string;
    effect: string;
    guard: string;
    /** Button of the dialog, past and failed, each about one session. */
    done: (pid: number) => string;
    still: (pid: number) => string;
    not: string;
  };
};

/** A statement to read with, and its values. */
export type Reading = { text: string; values?: unknown[] };

/** One row that was read. */
export type Row = Record<string, unknown>;

/**
 * A lock that a statement takes on a relation; `mode` as pg_locks has it. `also`: the pre-flight adds what the catalog
 * tells of it: partitions, TOAST table, indexes, the parent, tables that its foreign keys name or that name it.
 */
export type Claim = {
  oid: number;
  relation: string;
  mode: string;
  /** Who holds a lock that conflicts with this stronger mode is waited for until the transaction ends, though it is not taken. */
  outlives?: 'ShareLock' | 'AccessExclusiveLock';
  also?: { what: 'partitions' | 'toast' | 'indexes' | 'parent' | 'referenced' | 'referencing'; mode: string }[];
};

/** One statement of an action, exactly as it is sent, on a session of its own and outside any transaction block. */
export type Step = {
  sql: string;
  /** What it is, where there are several: `Build on public.orders_2026_01`. */
  title?: string;
  locks: Claim[];
  /**
   * `brief`: others would queue behind it, so it waits at most 2 s for its lock and tries again later. `patient`: a wait
   * that is given up would leave something behind, and those who queue behind it are only other maintenance.
   */
  wait: 'brief' | 'patient';
  /** False: PostgreSQL refuses it in a transaction block. */
  inTransaction: boolean;
  /** True: it waits for every snapshot of the database that is older than it, whatever table that reads. */
  outlivesSnapshots?: boolean;
  /** Which `pg_stat_progress_*` tells how far it is. */
  progress?: 'ANALYZE' | 'VACUUM' | 'CREATE INDEX' | 'CLUSTER';
  /** It is cancelled when other sessions have waited behind it for so long; missing: they are only told of. */
  yieldAfterSeconds?: number;
  /** True: the steps after it are run although it failed, and its failure is a warning. */
  goOn?: boolean;
};

/** What an action would do to a subject: words, statements, what it costs. */
export type Plan = {
  /** `Analyze public.orders?` */
  question: string;
  effect: string;
  /** What has to be typed where the confirmation is `typed`. */
  typed: string;
  /** More than the action asks for as a rule, where this subject is more than others. */
  confirm?: Confirm;
  facts: Fact[];
  warnings: string[];
  /** What the server lacks for the role to run it: a warning, for the server's own answer counts. */
  missingRight?: string;
  steps: Step[];
  /** What waits behind it while it runs, in a sentence. */
  queues?: string;
  /** Bytes that it reads and writes, about. */
  work?: { readBytes: number; writeBytes: number; walBytes?: number };
  /** Settings that limit it or that it uses: the pre-flight tells their values. */
  settings?: string[];
  undo?: Undo;
  /** True: the statements are only shown. */
  onlyShown?: true;
};

/** What the catalog shows of a result. */
export type Judgement = {
  /** Whether what was wanted is so. */
  done: boolean;
  /** What became of it: `public.orders is analyzed.` */
  message: string;
  /** Done of some tables and not of all: where a run was lost, nobody says that it was finished. */
  partial?: boolean;
  figures?: Figure[];
  undo?: Undo;
  /** What is left behind, and what cleans it up. */
  next?: NextAction[];
  warnings?: string[];
};

/** Why an action is not offered: the code and text of a 422. */
export type Refusal = { code: string; message: string };

/** Who acts. */
export type ActingRole = { role: string; superuser: boolean; major: number };

/** What an action is given: the subject as it is now, what else it read of it, its options, and who acts. */
export type Given<S extends Subject = Subject, O = Row> = {
  subject: S;
  /** The rows of `details`; none where the action has none. */
  details: Row[];
  options: O;
  actor: ActingRole;
};

/** An action of one or more statements on a session of its own: previewed, run, and judged by the catalog. */
export type WorkAction<S extends Subject = Subject, O = Row> = Common & {
  kind: 'work';
  targetKinds: S['kind'][];
  /** What an end midway means: all undone, part done, something left behind, or a setting not in effect. */
  run: 'transactional' | 'maintenance' | 'concurrent' | 'setting';
  /** True: it may take long, so that only some run at a time. */
  long: boolean;
  /** True: it also works on a standby. */
  onStandby: boolean;
  /**
   * True: what was previewed is run as it was, without what has come since. Each step may fail alone (`goOn`), and names
   * with its locks what it acts on, which is looked at just before it is sent.
   */
  frozen?: true;
  /** What else of the subject the plan depends on; read for the preview and, unless it is frozen, again just before it runs. */
  details?(given: Omit<Given<S, O>, 'details'>): Reading;
  /** Why it is not offered for this subject with these options; undefined when it is. */
  refuse?(given: Given<S, O>): Refusal | undefined;
  plan(given: Given<S, O>): Plan;
  /** One row that shows what the action changes; read before and after it, in the database of the subject. */
  proof(given: Given<S, O>): Reading;
  /** What the two readings show; undefined: there was no such row. Also asked after a failure: what was left behind? */
  judge(before: Row | undefined, after: Row | undefined, given: Given<S, O>): Judgement;
  /** `Not analyzed.` */
  not: string;
};

/** Makes an action of statements, with its options typed by their schema. */
export function defineWork<S extends Subject, O extends z.ZodObject>(
  action: Omit<WorkAction<S, z.output<O>>, 'kind' | 'options'> & { options: O },
): WorkAction {
  return { ...action, kind: 'work' } as unknown as WorkAction;
}

/** One thing that pgdeck does to a server, or to the PgBouncer before it. */
export type Action = SignalAction | WorkAction | PoolerAction;
