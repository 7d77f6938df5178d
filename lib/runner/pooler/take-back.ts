import { setTimeout as sleep } from 'node:timers/promises';
import { isPaused, poolerName } from '@/lib/actions/pooler';
import type { NextAction } from '@/lib/actions/protocol';
import type { PoolerTarget } from '@/lib/actions/target';
import type { ConsoleClient } from '@/lib/pgbouncer/client';
import type { Console } from '@/lib/pgbouncer/console';
import type { Pooler } from '../draft';
import type { Job } from '../job';
import { poolerNow } from './now';

const tryForMs = 10_000;

/** Whether PgBouncer shows that it was taken back; else what is left to do. */
export type TakenBack = { done: boolean; message: string; next?: NextAction };

const resume = 'pgbouncer-resume';

function resumption(target: PoolerTarget): NextAction {
  return { title: `Resume ${poolerName(target)}`, body: { action: resume, target } };
}

/** What is left to do where nobody knows what became of a command: PgBouncer keeps a pause of whom it has lost. */
export function resumptionOf({ plan, target }: Pick<Pooler, 'plan' | 'target'>): { next?: NextAction[] } {
  return plan.undo?.body.action === resume ? { next: [resumption(target)] } : {};
}

/** Takes back a command that waits for clients, and looks whether PgBouncer shows that; tried again for 10 s. */
export async function takeBack(job: Job, { action, target }: Pooler, console: Console): Promise<TakenBack> {
  const command = action.takeBack?.(target);
  if (!command) return { done: false, message: 'there is no command for that.' };
  const until = Date.now() + tryForMs;
  for (;;) {
    let client: ConsoleClient | undefined;
    try {
      client = await console.open(`pgdeck:act:${job.run.runId}`);
      const told = await resumed(client, command, target, job);
      if (told) return { done: true, message: told };
    } catch {
      // PgBouncer does not answer now: it is asked again.
    } finally {
      client?.close();
    }
    if (Date.now() >= until)
      return {
        done: false,
        message: `PgBouncer did not take ${command.replace(';', '')} within 10 s. ${poolerName(target)} may still be paused, and its clients wait.`,
        next: resumption(target),
      };
    await sleep(500);
  }
}

/** What shows that clients are served again; undefined where it cannot be seen. */
async function resumed(
  client: ConsoleClient,
  command: string,
  target: PoolerTarget,
  job: Job,
): Promise<string | undefined> {
  const refusal = await client.send(command).then(
    () => undefined,
    (error: Error) => {
      if (client.closed) throw error;
      return error.message;
    },
  );
  const now = await poolerNow(async (show) => (await client.send(show)).rows, target, job.config);
  const paused = isPaused(now, target);
  // Where nothing shows it, a second RESUME is refused with the reason that it is not paused.
  const shown =
    paused === null
      ? await client.send(command).then(
          () => false,
          (error: Error) => /not paused/.test(error.message),
        )
      : !paused;
  if (!shown) return undefined;
  return refusal
    ? `${poolerName(target)} is not paused.`
    : `It was taken back with ${command.replace(';', '')}: ${poolerName(target)} is not paused.`;
}
