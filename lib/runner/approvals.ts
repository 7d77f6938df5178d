import { ApiError } from '@/lib/access/errors';
import type { User } from '@/lib/access/user';
import type { Run } from '@/lib/actions/protocol';
import { refuseCrowd, Withdrawn } from './turns';

const waitsForMs = 3_600_000;

type Awaiting = { run: Run; approve: (by: string) => void; fail: (error: Error) => void; timer: NodeJS.Timeout };

/** The second person's yes: runs that wait until another admin approves them, for at most an hour. */
export class Approvals {
  #awaiting = new Map<string, Awaiting>();

  /** Resolves with who approved it; rejects with `Withdrawn` where it was withdrawn or nobody came within an hour. Throws 429 where too many wait. */
  wait(run: Run): Promise<string> {
    const waiting = [...this.#awaiting.values()].filter((each) => each.run.server === run.server).length;
    refuseCrowd(waiting, 'an approval');
    run.status = 'awaiting_approval';
    run.message = 'Another admin has to approve it before it runs.';
    return new Promise<string>((approve, fail) => {
      const timer = setTimeout(
        () => this.#end(run.runId)?.fail(new Withdrawn('Nobody approved it within an hour.')),
        waitsForMs,
      ).unref();
      this.#awaiting.set(run.runId, { run, approve, fail, timer });
    });
  }

  /** 409 where nothing waits for a yes. */
  check(run: Run): void {
    if (!this.#awaiting.has(run.runId))
      throw new ApiError(409, 'nothing_to_approve', 'This run does not wait for an approval.');
  }

  /** Says yes; who may is known by then. */
  approve(run: Run, user: User): void {
    this.check(run);
    this.#end(run.runId)?.approve(user.name);
  }

  /** Takes a run back; false where it does not wait here. */
  withdraw(run: Run): boolean {
    const awaiting = this.#end(run.runId);
    awaiting?.fail(new Withdrawn());
    return awaiting !== undefined;
  }

  #end(runId: string): Awaiting | undefined {
    const awaiting = this.#awaiting.get(runId);
    clearTimeout(awaiting?.timer);
    this.#awaiting.delete(runId);
    return awaiting;
  }
}
