import { randomUUID } from 'node:crypto';
import { ApiError, badInput } from '@/lib/access/errors';
import type { User } from '@/lib/access/user';
import { findAction } from '@/lib/actions/index';
import type { ExecuteBody, Preview, PreviewBody, Run } from '@/lib/actions/protocol';
import { AuditUnwritable } from '@/lib/audit/audit';
import { sameTyped } from '@/lib/format';
import { log, safeError } from '@/lib/metrics/log';
import { requests } from '@/lib/metrics/request';
import { runtime, type Server } from '@/lib/runtime';
import { adopt } from './adopt';
import { noteAsked } from './asked';
import type { Remembered } from './draft';
import { type Beyond, Elsewhere } from './elsewhere';
import { failureOf, reasonOf } from './failure';
import type { Job, Outcome } from './job';
import { Bounded } from './memory';
import {
  actingOn,
  actingOnRun,
  type Guarded,
  noRun,
  permit,
  permitNow,
  permitTarget,
  requireApproval,
  requireCancel,
} from './permits';
import { runPooler } from './pooler/run';
import { draftOf, Previews } from './previews';
import { finish, newRun, recordOf, resultOf, targetsOf } from './records';
import { runEvent } from './run-event';
import { runSignals } from './run-signals';
import { runWork } from './run-work';
import { Withdrawn } from './turns';
import { Waits } from './waits';

const answerWithinMs = 3500;
const mostKeys = 1000;
const mostRuns = 200;

type Execution = { previewId: string; run: Run; begun: () => boolean; ended: Promise<Run> };

/** What a runner stands on: the watched servers, the audit, and the store that knows of other instances. */
export type Parts = Beyond & Guarded & { config: { maintenanceMax: number; approval: 'off' | 'typed' } };

/** Previews, executions and their runs: preview → confirm → run → verify, each written down before it acts. */
export class Runner {
  readonly #parts: () => Parts;
  #previews = new Previews();
  #executions = new Bounded<Execution>(mostKeys);
  /** What has not ended stays: it holds its target, and can be cancelled. */
  #runs = new Bounded<Run>(mostRuns, (run) => run.endedAt !== null);
  #jobs = new Map<string, Job>();
  readonly #waits: Waits;
  #elsewhere: Elsewhere;
  /** What is being acted on, and by which run. */
  #busy = new Map<string, string>();

  constructor(parts: () => Parts = runtime) {
    this.#parts = parts;
    this.#waits = new Waits(parts);
    this.#elsewhere = new Elsewhere(parts);
    this.#adopt().catch((error) => log.error({ err: safeError(error) }, 'unfinished runs could not be adopted'));
  }

  /** What an action would do; nothing is executed. Errors are `ApiError`, or what the server could not be asked for. */
  async preview(serverId: string, body: PreviewBody, user: User): Promise<Preview> {
    const { audit, config } = this.#parts();
    const acting = actingOn(this.#parts(), serverId, user);
    const { server } = acting;
    const action = findAction(body.action);
    if (!action) throw badInput(`action: there is no action "${body.action}".`, 'action');
    permitTarget(this.#parts(), acting, action, body);
    // The file may be read again while it looks: what it saw first may be of another place.
    const { config: then } = server;
    const draft = await draftOf(acting, action, body, audit);
    permit(this.#parts(), acting, action, draft.databases, body);
    const preview = this.#previews.remember(draft, action, then, user, config.approval);
    noteAsked(audit, server, user, preview);
    return preview;
  }

  /**
   * Runs a preview. The run as it is after at most 3.5 s; `ended` tells whether it has. The same idempotency key gets the
   * same run; errors before anything was sent are `ApiError`, after it they are the run's status.
   */
  async execute(
    serverId: string,
    body: ExecuteBody,
    user: User,
    schedule?: string,
  ): Promise<{ run: Run; ended: boolean }> {
    const acting = actingOn(this.#parts(), serverId, user);
    const { server } = acting;
    const key = JSON.stringify([serverId, user.mode, user.name, body.idempotencyKey]);
    const before = this.#executions.get(key);
    if (before) {
      if (before.previewId !== body.previewId)
        throw new ApiError(422, 'key_reused', 'This idempotencyKey belongs to another preview.', 'idempotencyKey');
      return this.#await(before);
    }
    const remembered = this.#previews.usable(server, body.previewId, user);
    permit(this.#parts(), acting, remembered.action, remembered.draft.databases, remembered.preview);
    const { confirm, confirmText, onlyShown } = remembered.preview;
    if (onlyShown)
      throw new ApiError(422, 'only_shown', 'This is a plan to be read: pgdeck does not run it. Nothing was done.');
    if (confirm === 'typed' && !sameTyped(body.confirmText, confirmText)) {
      const message = `Type ${confirmText} to confirm. Nothing was done.`;
      const mismatch = new ApiError(422, 'confirm_mismatch', message, 'confirmText');
      noteAsked(this.#parts().audit, server, user, remembered.preview, mismatch);
      throw mismatch;
    }

    const execution = this.#start(server, remembered, user, schedule);
    this.#executions.set(key, execution);
    execution.ended.catch((error) => {
      // Nothing was sent and nothing is wrong with the preview: it may be tried again, under the same key too.
      if (!execution.begun() && (!(error instanceof ApiError) || error.status >= 500 || error.status === 429)) {
        remembered.used = false;
        this.#executions.delete(key);
      }
    });
    return this.#await(execution);
  }

  /** Runs, newest first: what is done to a server is everybody's business. */
  runs(server?: string): Run[] {
    return this.#runs
      .values()
      .sort((a, b) => b.startedAt.localeCompare(a.startedAt))
      .filter((run) => server === undefined || run.server === server)
      .map(copy);
  }

  /** Those and what other instances run on the same servers now. */
  async everyRun(server?: string): Promise<Run[]> {
    const others = await this.#elsewhere.runs((runId) => this.#runs.get(runId) !== undefined, server);
    return [...others, ...this.runs(server)];
  }

  /** One run; 404 where there is none. */
  run(runId: string): Run {
    const run = this.#runs.get(runId);
    if (!run) throw noRun(runId);
    return copy(run);
  }

  /** One run, also of another instance; 404 where there is none. */
  async find(runId: string): Promise<Run> {
    const own = this.#runs.get(runId);
    return own ? copy(own) : ((await this.everyRun()).find((run) => run.runId === runId) ?? this.run(runId));
  }

  /** The second person's yes to a run that waits for it; the run as it is after at most 3.5 s. */
  async approve(runId: string, user: User): Promise<Run> {
    const run = this.#runs.get(runId);
    const acting = actingOnRun(this.#parts(), run, runId, user);
    if (!run) throw noRun(runId);
    requireApproval(acting, run);
    await this.#waits.approve(run, this.#jobs.get(runId), user);
    return this.#settled(runId);
  }

  /** Stops a run that can be stopped; the run as it is after at most 3.5 s. 409 where there is nothing to stop. */
  async cancel(runId: string, user: User): Promise<Run> {
    const job = this.#jobs.get(runId);
    const acting = actingOnRun(this.#parts(), this.#runs.get(runId), runId, user);
    const run = this.run(runId);
    requireCancel(acting, run, job?.by);
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
    if (!stopped) return this.run(runId);
    await stopped();
    return this.#settled(runId);
  }

  /** A run when it has ended, or after 3.5 s. */
  async #settled(runId: string): Promise<Run> {
    const execution = this.#executions.values().find((each) => each.run.runId === runId);
    if (execution) await this.#await(execution).catch(() => undefined);
    return this.run(runId);
  }

  /** Starts the execution in this turn: the preview is used and its targets are taken before anything is awaited. */
  #start(server: Server, remembered: Remembered, user: User, schedule: string | undefined): Execution {
    const { preview, draft } = remembered;
    for (const target of targetsOf(server.config.id, draft)) {
      const runId = this.#busy.get(target);
      const other = runId === undefined ? undefined : this.#runs.get(runId);
      if (other)
        throw new ApiError(
          409,
          'already_running',
          `This is being acted on already: ${other.action}, started by ${other.user} at ${other.startedAt} (run ${runId}).`,
        );
    }
    remembered.used = true;
    const run = newRun(randomUUID(), server.config.id, preview, draft.databases, user);
    if (schedule !== undefined) run.schedule = schedule;
    this.#runs.set(run.runId, run);
    let begun = false;
    const job: Job = {
      run,
      by: user,
      server,
      config: server.config,
      acting: server.connections.holdActing(),
      plan: draft.plan,
      epoch: draft.epoch,
      requestId: requests.getStore()?.requestId ?? '',
      cancelRequested: false,
      told: false,
      whoStarted: (runId) => this.#elsewhere.whoStarted(runId),
      begin: async (adoption) => {
        await this.#parts().audit.write({ ...recordOf(job, user), event: 'intent', ...(adoption && { adoption }) });
        begun = true;
      },
    };
    const release = this.#take(job);
    const ended = this.#perform(job, user, preview, () => begun).finally(() => {
      job.acting.release();
      release();
    });
    return { previewId: preview.previewId, run, begun: () => begun, ended };
  }

  async #perform(job: Job, user: User, preview: Preview, begun: () => boolean): Promise<Run> {
    const { run, plan } = job;
    const { audit } = this.#parts();
    let outcome: Outcome;
    let leave = () => {};
    try {
      if (preview.needsApproval) await this.#waits.approved(job, user);
      if (plan.kind === 'work') leave = await this.#waits.turn(job, user, plan.action.long);
      // A role can be gone by the time that an action's turn comes.
      if (job.accepted) await permitNow(this.#parts(), job, user, plan.action, run.databases ?? null, preview);
      outcome =
        plan.kind === 'signal'
          ? await runSignals(job, plan.action, plan.members, plan.states)
          : plan.kind === 'pooler'
            ? await runPooler(job, plan)
            : await runWork(job, plan);
    } catch (error) {
      if (error instanceof Withdrawn) {
        const why = error.message || 'It was cancelled before it began.';
        finish(run, { status: 'cancelled', message: `${notOf(job)} ${why} Nothing was done.`, verified: null });
        await audit.note({ ...recordOf(job, user), event: 'result', result: resultOf(run) });
        return run;
      }
      if (!begun()) {
        // Nothing was sent: there is no run, only an error; unless somebody polls it already.
        finish(run, { status: 'nothing_done', message: reasonOf(error), verified: null });
        if (job.accepted) await audit.note({ ...recordOf(job, user), event: 'result', result: resultOf(run) });
        else if (!job.told) this.#runs.delete(run.runId);
        if (error instanceof ApiError && error.code === 'target_changed')
          noteAsked(audit, job.server, user, preview, error);
        if (error instanceof AuditUnwritable)
          throw new ApiError(
            503,
            'audit_unwritable',
            `${error.message} Nothing was done: actions are only run when they can be written down.`,
          );
        throw error;
      }
      outcome = { verified: null, ...this.#failure(error, job) };
    } finally {
      leave();
    }
    finish(run, outcome);
    try {
      await audit.write({ ...recordOf(job, user), event: 'result', result: resultOf(run) });
    } catch (error) {
      run.warnings = [...run.warnings, `${(error as Error).message} The result of this run is only in the log.`];
      if (run.status === 'done') run.status = 'done_with_warnings';
    }
    job.server.sampler.history.changes.add(runEvent(run));
    job.server.sampler.touched(plan.action.touches, plan.kind === 'work' ? plan.given.subject.database : null);
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

  /** Takes what a job acts on, so that nothing else does; answers with how to give it back. */
  #take(job: Job): () => void {
    const { runId, server } = job.run;
    const targets = targetsOf(server, job);
    this.#jobs.set(runId, job);
    for (const target of targets) this.#busy.set(target, runId);
    return () => {
      this.#jobs.delete(runId);
      for (const target of targets) if (this.#busy.get(target) === runId) this.#busy.delete(target);
    };
  }

  /** Runs that ended before this start, and those that an earlier pgdeck had begun and not finished. */
  async #adopt(): Promise<void> {
    const { audit, servers } = this.#parts();
    const add = (run: Run) => this.#runs.set(run.runId, run);
    await adopt({ audit, servers, add, take: (job) => this.#take(job) });
  }
}

function notOf({ plan }: Job): string {
  return plan.kind === 'signal' ? plan.action.words.not : plan.action.not;
}

function copy(run: Run): Run {
  return { ...run };
}
