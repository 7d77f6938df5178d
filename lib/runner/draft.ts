import type { User } from '@/lib/access/user';
import type { Action, Given, SignalAction, WorkAction, Plan as WorkPlan } from '@/lib/actions/action';
import type { PoolerAction, PoolerGiven, PoolerPlan } from '@/lib/actions/pooler';
import type { Member, Preview } from '@/lib/actions/protocol';
import type { PoolerTarget, WorkTarget } from '@/lib/actions/target';
import type { ServerConfig } from '@/lib/config';

/** A preview before it got its id and time, with what has to be typed where that is asked. */
export type Draft = {
  preview: Omit<Preview, 'previewId' | 'executed' | 'expiresAt' | 'confirm' | 'confirmText'>;
  /** What to type where the confirmation is `typed`: the pid, the count, the name. */
  typed: string;
  /** Which run of the server it was made on. */
  epoch: string;
  /** The databases that it is done in; null: it is about the server as a whole. */
  databases: string[] | null;
  plan: Plan;
};

/** What will be done, frozen: members or statements, never looked for again when it runs. */
export type Plan =
  | { kind: 'signal'; action: SignalAction; members: Member[]; states: string[] | undefined }
  | Work
  | Pooler;

/** A work action as it was previewed: the statements that run are these, or none. */
export type Work = { kind: 'work'; action: WorkAction; target: WorkTarget; given: Given; plan: WorkPlan };

/** A command to PgBouncer as it was previewed: this one is sent, or none; `fingerprint` tells what it was about. */
export type Pooler = {
  kind: 'pooler';
  action: PoolerAction;
  target: PoolerTarget;
  given: PoolerGiven;
  plan: PoolerPlan;
  fingerprint: string;
};

/** A preview that is remembered until it is used or expires. */
export type Remembered = {
  preview: Preview;
  draft: Draft;
  action: Action;
  server: string;
  /** The server as it was configured then. */
  config: ServerConfig;
  by: User;
  expiresAtMs: number;
  used: boolean;
};
