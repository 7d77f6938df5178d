import type { z } from 'zod';
import type { Confirm, TargetKind } from './protocol';
import type { Relation } from './relation';
import type { Identity, Session } from './session';

/** What every action says of itself; the catalogue of `GET /api/actions` shows it. */
type Common = {
  id: string;
  title: string;
  summary: string;
  /** Who may run it. */
  role: 'operator' | 'admin';
  /** Before production or an unnamed remote server raises it. */
  confirm: Confirm;
  /** Which PostgreSQL rights it takes, in words. */
  rights: string;
  options: z.ZodObject;
  locks: { object: string; mode: string; blocks: string }[];
  /** Topics that are asked again when it has run. */
  touches: string[];
};

/** An action on sessions: one short statement that checks the identity and signals, then a look at what became of it. */
export type SignalAction = Common & {
  kind: 'signal';
  targetKinds: Extract<TargetKind, 'backend' | 'backends'>[];
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

/** An action on one relation: a statement on a session of its own that may run long and can be cancelled. */
export type RelationAction = Common & {
  kind: 'relation';
  targetKinds: Extract<TargetKind, 'relation'>[];
  /** The strongest lock it takes on the relation. */
  mode: string;
  /** Why it is not offered for this relation; undefined when it is. */
  refuse: (relation: Relation) => { code: string; message: string } | undefined;
  /** True: refused on a standby. */
  writes: boolean;
  /** The acting statement, with the name as the server quoted it. */
  sql: (relation: Relation, options: Record<string, unknown>) => string;
  /** What the server lacks for `role` to run it; undefined when it may. */
  missingRight: (relation: Relation, role: string) => string | undefined;
  /** Reads a value that changes when the action has done its work. */
  verify: (relation: Relation) => string;
  /** Answers `{ phase, done, total }` of the session `$1` while it works; no row while it waits for its lock. */
  progress: string;
  /** The statement that takes it back, where there is one. */
  undo?: (relation: Relation) => string;
  words: {
    question: (relation: string) => string;
    effect: (relation: Relation) => string;
    queues: string;
    done: (relation: string) => string;
    nothing: (relation: string) => string;
    not: string;
  };
};

/** One thing that pgdeck does to a server. */
export type Action = SignalAction | RelationAction;
