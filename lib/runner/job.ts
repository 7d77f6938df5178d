import type { ApiError } from '@/lib/access/errors';
import type { User } from '@/lib/access/user';
import type { Row } from '@/lib/actions/action';
import type { PoolerNow } from '@/lib/actions/pooler';
import type { Figure, MemberResult, NextAction, Run, RunStatus, Undo } from '@/lib/actions/protocol';
import type { Subject } from '@/lib/actions/subjects/subject';
import type { ServerConfig } from '@/lib/config';
import type { Acting } from '@/lib/postgres/server-connections';
import type { Server } from '@/lib/runtime';
import type { Plan } from './draft';

/** How a run ended. */
export type Outcome = {
  status: RunStatus;
  message: string;
  verified: boolean | null;
  sqlstate?: string | undefined;
  warnings?: string[];
  members?: MemberResult[];
  figures?: Figure[];
  undo?: Undo;
  next?: NextAction[];
  /** What the caller is told instead of the run: the target was another one by the time it was looked at. */
  refusal?: ApiError;
};

/** What is written with the intent of a run, so that a pgdeck that starts later can judge what became of it. */
export type Adoption = { before: Row | null; subject: Subject; details: Row[] };

/** The same of a command to PgBouncer. */
export type PoolerAdoption = { pooler: { fingerprint: string; before: PoolerNow } };

/** One execution while it runs. */
export type Job = {
  run: Run;
  /** Who asked for it; undefined where an audit of before does not tell. */
  by: Pick<User, 'name' | 'mode'> | undefined;
  server: Server;
  /** The server as it was configured when this began: what is begun at an address is ended there. */
  config: ServerConfig;
  /** The role that it acts as on PostgreSQL from its beginning to its end: only that one may surely stop it. */
  acting: Acting;
  plan: Plan;
  epoch: string;
  requestId: string;
  cancelRequested: boolean;
  /** Why it cancelled itself for others: that cancel can also hit the statement after the one that it was meant for. */
  steppedBack?: string | undefined;
  /** It waited for its turn or for an approval, and that stands in the audit. */
  accepted?: boolean;
  /** Somebody was given its id while it ran. */
  told: boolean;
  /** Who started a run of another instance; undefined where that is not known here. */
  whoStarted: (runId: string) => Promise<string | undefined>;
  /** Stops what runs; set while it can be stopped. */
  stop?: (() => Promise<void>) | undefined;
  /** Writes the intent to disk; the first statement that acts comes after it. 503 where it cannot be written. */
  begin: (adoption?: Adoption | PoolerAdoption) => Promise<void>;
};
