import { randomUUID } from 'node:crypto';
import { ApiError, badInput, notFound } from '@/lib/access/errors';
import { covers, type Role, requireRole, type User } from '@/lib/access/user';
import { findAction } from '@/lib/actions/index';
import type { ExecuteBody, Preview, PreviewBody, Run } from '@/lib/actions/protocol';
import { type Audit, AuditUnwritable } from '@/lib/audit/audit';
import { log, safeError } from '@/lib/metrics/log';
import { requests } from '@/lib/metrics/request';
import { describeError } from '@/lib/postgres/errors';
import { runtime, type Server } from '@/lib/runtime';
import { type Asked, noteAsked } from './asked';
import type { Remembered } from './draft';
import { failureOf } from './failure';
import type { Job, Outcome } from './job';
import { Bounded } from './memory';
import { draftOf, Previews } from './previews';
import { adoptedRun, finish, newRun, recordOf, resultOf, targetsOf } from './records';
import { runEvent } from './run-event';
import { runSignals } from './run-signals';
import { runWork } from './run-work';

const answerWithinMs = 3500;
const mostKeys = 1000;
const mostRuns = 200;

type Execution = { previewId: string; run: Run; ended: Promise<Run> };

/** What a runner stands on: the watched servers and the audit. */
export type Parts = { servers: ReadonlyMap<string, Server>; audit: Audit; config: { maintenanceMax: number } };

/** Previews, executions and their runs: preview → confirm → run → verify, each written down before it acts. */
export class Runner {
  readonly #parts: () => Parts;
  #previews = new Previews();
  #executions = new Bounded<Execution>(mostKeys);
  #runs = new Bounded<Run>(mostRuns);
  #jobs = new Map<string, Job>();
  /** What is being acted on, and by which run. */
  #busy = new Map<string, string>();

  constructor(parts: () => Parts = runtime) {
    this.#parts = parts;
    this.#adopt().catch((error) => log.error({ err: safeError(error) }, 'unfinished runs could not be adopted'));
  }

  /** What an action would do; nothing is executed. Errors are `ApiError`, or what the server could not be asked for. */
  async preview(serverId: string, body: PreviewBody, user: User): Promise<Preview> {
    const server = this.#server(serverId);
    const action = findAction(body.action);
    if (!action) throw badInput(`action: there is no action "${body.action}".`, 'action');
    this.#permit(server, user, action.role, body);
    const preview = this.#previews.remember(
      await draftOf(server, action, body, this.#parts().audit),
      action,
      server,
      user,
    );
    noteAsked(this.#parts().audit, server, user, preview);
    return preview;
  }

  /**
   * Runs a preview. The run as it is after at most 3.5 s; `ended` tells whether it has. The same idempotency key gets the
   * same run; errors before anything was sent are `ApiError`, after it they are the run's status.
   */
  async execute(serverId: string, body: ExecuteBody, user: User): Promise<{ run: Run; ended: boolean }> {
    const server = this.#server(serverId);
    const key = JSON.stringify([serverId, user.name, body.idempotencyKey]);
    const before = this.#executions.get(key);
    if (before) {
      if (before.previewId !== body.previewId)
        throw new ApiError(422, 'key_reused', 'This idempotencyKey belongs to another preview.', 'idempotencyKey');
      return this.#await(before);
    }
    const remembered = this.#previews.usable(serverId, body.previewId, user);
    this.#permit(server, user, remembered.action.role, remembered.preview);
    const { confirm, confirmText } = remembered.preview;
    if (confirm === 'typed' && body.confirmText?.trim() !== confirmText) {
      const message = `Type ${confirmText} to confirm. Nothing was done.`;
      const mismatch = new ApiError(422, 'confirm_mismatch', message, 'confirmText');
      noteAsked(this.#parts().audit, server, user, remembered.preview, mismatch);
      throw mismatch;
    }

    const execution = this.#start(server, remembered, user);
    this.#executions.set(key, execution);
    execution.ended.catch((error) => {
      // Nothing was sent and nothing is wrong with the preview: it may be tried again, under the same key too.
      if (!(error instanceof ApiError) || error.status >= 500 || error.status === 429) {
        remembered.used = false;
        this.#executions.delete(key);
      }
    });
    return this.#await(execution);
  }

  /** Runs, newest first; without the admin role only one's own. */
  runs(user: User): Run[] {
    return this.#runs
      .values()
      .reverse()
      .filter((run) => mayRead(user, run))
      .map(copy);
  }

  /** One run; 404 where there is none, or none that this user may see. */
  run(runId: string, user: User): Run {
    const run = this.#runs.get(runId);
    if (!run || !mayRead(user, run)) throw notFound(`There is no run "${runId}".`);
    return copy(run);
  }

  /** Stops a run that can be stopped; the run as it is after at most 3.5 s. 409 where there is nothing to stop. */
  async cancel(runId: string, user: User): Promise<Run> {
    const run = this.run(runId, user);
    const job = this.#jobs.get(runId);
    if (!job?.stop)
      throw new ApiError(
        409,
        'nothing_to_cancel',
        run.endedAt ? 'This run has ended.' : 'This run cannot be stopped now: a signal cannot be taken back.',
      );
    await this.#parts()
      .audit.write({ ...recordOf(job, user), event: 'cancel_requested' })
      // Stopping is the safe side: it is not refused because it cannot be written down.
      .catch((error) => log.error({ err: safeError(error), runId }, 'a cancel could not be written to the audit'));
    const stopped = job.stop;
    if (!stopped) return this.run(runId, user);
    await stopped();
    const execution = this.#executions.values().find((each) => each.run.runId === runId);
    if (execution) await this.#await(execution).catch(() => undefined);
    return this.run(runId, user);
  }

  /** 403, written down, where the user's role does not cover the one that is needed. */
  #permit(server: Server, user: User, role: Role, asked: Asked): void {
    try {
      requireRole(user, role);
    } catch (error) {
      if (error instanceof ApiError) noteAsked(this.#parts().audit, server, user, asked, error);
      throw error;
    }
  }

  #server(id: string): Server {
    const server = this.#parts().servers.get(id);
    if (!server) throw notFound(`There is no server "${id}". GET /api/servers lists them.`);
    return server;
  }

  /** Starts the execution in this turn: the preview is used and its targets are taken before anything is awaited. */
  #start(server: Server, remembered: Remembered, user: User): Execution {
    const { preview, draft } = remembered;
    const targets = targetsOf(server.config.id, draft);
    for (const target of targets) {
      const runId = this.#busy.get(target);
      const other = runId === undefined ? undefined : this.#runs.get(runId);
      if (other)
        throw new ApiError(
          409,
          'already_running',
          `This is being acted on already: ${other.action}, started by ${other.user} at ${other.startedAt} (run ${runId}).`,
        );
    }
    if (
      draft.plan.kind === 'work' &&
      draft.plan.action.long &&
      this.#long(server) >= this.#parts().config.maintenanceMax
    )
      throw new ApiError(
        429,
        'busy',
        'As many long actions as allowed run on this server already. Wait for one to end.',
        undefined,
        {
          'retry-after': '5',
        },
      );
    remembered.used = true;
    const run = newRun(randomUUID(), server.config.id, preview, user);
    this.#runs.set(run.runId, run);
    for (const target of targets) this.#busy.set(target, run.runId);
    let begun = false;
    const job: Job = {
      run,
      server,
      plan: draft.plan,
      epoch: draft.epoch,
      requestId: requests.getStore()?.requestId ?? '',
      cancelRequested: false,
      told: false,
      begin: async (adoption) => {
        await this.#parts().audit.write({ ...recordOf(job, user), event: 'intent', ...(adoption && { adoption }) });
        begun = true;
      },
    };
    this.#jobs.set(run.runId, job);
    const ended = this.#perform(job, user, preview, () => begun).finally(() => {
      this.#jobs.delete(run.runId);
      for (const target of targets) this.#busy.delete(target);
    });
    return { previewId: preview.previewId, run, ended };
  }

  async #perform(job: Job, user: User, preview: Preview, begun: () => boolean): Promise<Run> {
    const { run, plan } = job;
    let outcome: Outcome;
    try {
      outcome =
        plan.kind === 'signal'
          ? await runSignals(job, plan.action, plan.members, plan.states)
          : await runWork(job, plan);
    } catch (error) {
      if (!begun()) {
        // Nothing was sent: there is no run, only an error; unless somebody polls it already.
        finish(run, { status: 'nothing_done', message: reasonOf(error), verified: null });
        if (!job.told) this.#runs.delete(run.runId);
        if (error instanceof ApiError && error.code === 'target_changed')
          noteAsked(this.#parts().audit, job.server, user, preview, error);
        if (error instanceof AuditUnwritable)
          throw new ApiError(
            503,
            'audit_unwritable',
            `${error.message} Nothing was done: actions are only run when they can be written down.`,
          );
        throw error;
      }
      outcome = { verified: null, ...this.#failure(error, job) };
    }
    finish(run, outcome);
    try {
      await this.#parts().audit.write({ ...recordOf(job, user), event: 'result', result: resultOf(run) });
    } catch (error) {
      run.warnings = [...run.warnings, `${(error as Error).message} The result of this run is only in the log.`];
      if (run.status === 'done') run.status = 'done_with_warnings';
    }
    job.server.sampler.history.changes.add(runEvent(run));
    job.server.sampler.refresh(plan.action.touches, plan.kind === 'work' ? plan.given.subject.database : null);
    if (outcome.refusal) throw outcome.refusal;
    return run;
  }

  #failure(error: unknown, job: Job): { status: Run['status']; message: string; sqlstate?: string } {
    try {
      return failureOf(error, notOf(job), job.cancelRequested);
    } catch {
      log.error({ err: safeError(error), runId: job.run.runId }, 'a run ended with an error of pgdeck');
      return { status: 'unknown', message: 'pgdeck failed while this ran; look at the target before trying again.' };
    }
  }

  #long(server: Server): number {
    return [...this.#jobs.values()].filter((job) => job.server === server && job.plan.kind === 'work').length;
  }

  async #await({ run, ended }: Execution): Promise<{ run: Run; ended: boolean }> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((resolve) => {
      timer = setTimeout(() => resolve('late'), answerWithinMs);
    });
    const first = await Promise.race([ended, late]).finally(() => clearTimeout(timer));
    const job = this.#jobs.get(run.runId);
    if (job) job.told = true;
    return { run: copy(run), ended: first !== 'late' };
  }

  /** Runs that an earlier pgdeck had begun and not finished: what became of them is not known here. */
  async #adopt(): Promise<void> {
    const { audit } = this.#parts();
    for (const intent of await audit.pending()) {
      const run = adoptedRun(intent);
      if (!run) continue;
      this.#runs.set(run.runId, run);
      await audit.write({ ...intent, event: 'result', result: resultOf(run) });
    }
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof ApiError || error instanceof AuditUnwritable) return `${error.message}`;
  try {
    const { sentence, hint } = describeError(error);
    return `Nothing was done. ${sentence} ${hint}`;
  } catch {
    return 'Nothing was done: pgdeck failed before it began.';
  }
}

function notOf({ plan }: Job): string {
  return plan.kind === 'work' ? plan.action.not : plan.action.words.not;
}

function copy(run: Run): Run {
  return { ...run };
}

function mayRead(user: User, run: Run): boolean {
  return covers(user.role, 'admin') || run.user === user.name;
}
