import type { User } from '@/lib/access/user';
import type { Run } from '@/lib/actions/protocol';
import type { Audit } from '@/lib/audit/audit';
import type { Server } from '@/lib/runtime';
import { Approvals } from './approvals';
import type { Job } from './job';
import { recordOf } from './records';
import { Turns, Withdrawn } from './turns';

/** What a run waits for before it acts: a second person's yes, and its turn among the server's actions. */
export class Waits {
  #approvals = new Approvals();
  #turns = new Map<Server, Turns>();

  constructor(private readonly parts: () => { audit: Audit; config: { maintenanceMax: number } }) {}

  /** Says a second person's yes to a run that waits for it; 409 where none does. */
  async approve(run: Run, job: Job | undefined, user: User): Promise<void> {
    this.#approvals.check(run);
    if (job) await this.parts().audit.note({ ...recordOf(job, user), event: 'approved' });
    this.#approvals.approve(run, user);
  }

  /** Waits for the second person's yes; written down, so that a pgdeck that starts later knows of it. Rejects with `Withdrawn`. */
  async approved(job: Job, user: User): Promise<void> {
    const { run } = job;
    const yes = this.#approvals.wait(run);
    yes.catch(() => {});
    await this.#accept(job, user, 'awaiting_approval', () => this.#approvals.withdraw(run));
    run.approvedBy = await yes;
    if (job.cancelRequested) throw new Withdrawn();
    run.status = 'running';
    run.message = 'It runs.';
    job.stop = undefined;
    run.cancellable = false;
  }

  /** Waits for its turn; answers with how to leave. Rejects with `Withdrawn`. */
  async turn(job: Job, user: User, long: boolean): Promise<() => void> {
    const { run, server } = job;
    const turns = this.#turns.get(server) ?? new Turns(this.parts().config.maintenanceMax);
    this.#turns.set(server, turns);
    const turn = turns.take(run, long);
    turn.catch(() => {});
    if (run.queuePosition !== undefined) await this.#accept(job, user, 'queued', () => turns.withdraw(run));
    const leave = await turn;
    if (job.cancelRequested) {
      leave();
      throw new Withdrawn();
    }
    // Until its first statement is sent a cancel only has to be remembered.
    job.stop = async () => {
      job.cancelRequested = true;
    };
    run.cancellable = true;
    return leave;
  }

  /** Tells of a run that waits, and lets it be taken back. */
  async #accept(job: Job, user: User, event: 'queued' | 'awaiting_approval', withdraw: () => void): Promise<void> {
    job.accepted = true;
    job.run.cancellable = true;
    job.stop = async () => {
      // Its wait may be over already and only not have been heard of.
      job.cancelRequested = true;
      withdraw();
    };
    await this.parts().audit.note({ ...recordOf(job, user), event });
  }
}
