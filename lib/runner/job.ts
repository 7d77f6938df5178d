import type { ApiError } from '@/lib/access/errors';
import type { MemberResult, Run, RunStatus } from '@/lib/actions/protocol';
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
  /** What the caller is told instead of the run: the target was another one by the time it was looked at. */
  refusal?: ApiError;
};

/** One execution while it runs. */
export type Job = {
  run: Run;
  server: Server;
  plan: Plan;
  epoch: string;
  requestId: string;
  cancelRequested: boolean;
  /** Somebody was given its id while it ran. */
  told: boolean;
  /** Stops what runs; set while it can be stopped. */
  stop?: (() => Promise<void>) | undefined;
  /** Writes the intent to disk; the first statement that acts comes after it. 503 where it cannot be written. */
  begin: () => Promise<void>;
};
