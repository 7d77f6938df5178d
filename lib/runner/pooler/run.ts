import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@/lib/access/errors';
import type { Came, PoolerNow } from '@/lib/actions/pooler';
import { durationInWords } from '@/lib/format';
import type { ConsoleClient } from '@/lib/pgbouncer/client';
import { Console } from '@/lib/pgbouncer/console';
import { describeConsoleError, refusesSignIn } from '@/lib/pgbouncer/problems';
import { PostgresProblem } from '@/lib/postgres/errors';
import type { Pooler } from '../draft';
import type { Job, Outcome } from '../job';
import { fingerprintOf, poolerNow, type Shows } from './now';
import { resumptionOf, takeBack } from './take-back';
import { untilFree, type Waited } from './wait';

const verifyForMs = 3000;

/** Sends a command to PgBouncer's console over a connection of its own, waits as long as it may, and reads what came of it. */
export async function runPooler(job: Job, work: Pooler): Promise<Outcome> {
  const { action } = work;
  const console = consoleOf(job);
  let client: ConsoleClient | undefined;
  try {
    client = await console.open(`pgdeck:act:${job.run.runId}`);
    const before = await unchanged(job, work, client);
    await job.begin({
      pooler: { fingerprint: work.fingerprint, before: remembered(before) },
    });
    const given = { ...work.given, now: before };
    const seconds = action.waits?.(given);
    if (seconds === undefined) return await sentOnce(job, work, before, client, console);
    const waited = await untilFree(job, work, {
      console,
      answer: sent(client, work, job, false),
      until: Date.now() + seconds * 1000,
      before,
    });
    return await afterWait(job, work, before, waited, console);
  } finally {
    job.stop = undefined;
    job.run.cancellable = false;
    client?.close();
    console.close();
  }
}

/** The console that a run looks at from its beginning to its end, whatever is configured or stopped meanwhile. */
export function consoleOf({ config }: Job): Console {
  return new Console(() => config);
}

/** Sends what is answered at once, and looks what came of it on the connection that sent it: another may not be let in now. */
async function sentOnce(
  job: Job,
  work: Pooler,
  before: PoolerNow,
  client: ConsoleClient,
  console: Console,
): Promise<Outcome> {
  const refused = await sent(client, work, job);
  const { readsFiles } = work.action;
  if (refused && !(readsFiles && !client.closed)) return refused;
  const notLetIn = readsFiles && (await reasonAgainst(console));
  const came = { answered: !refused, refused: refused !== undefined, ...(notLetIn && { notLetIn }) };
  const show: Shows = async (command) => (await (client.closed ? console : client).send(command)).rows;
  const outcome = await judged(job, work, before, show, came);
  if (!refused) return outcome;
  return { ...outcome, status: 'failed', message: `${refused.message} ${outcome.message}`, verified: false };
}

/** Why PgBouncer does not let pgdeck in now; undefined where it does. */
async function reasonAgainst(console: Console): Promise<Came['notLetIn']> {
  try {
    (await console.open('pgdeck')).close();
    return undefined;
  } catch (error) {
    const { sentence } = describeConsoleError(error, console.target);
    return { because: sentence, refused: refusesSignIn(error) };
  }
}

/** What a command that waited for clients ends as: it was answered, refused, or is taken back. */
export async function afterWait(
  job: Job,
  work: Pooler,
  before: PoolerNow,
  waited: Waited,
  console: Console,
): Promise<Outcome> {
  if (waited.kind === 'ended') return waited.outcome;
  if (waited.kind === 'free')
    return judged(job, work, before, async (command) => (await console.send(command)).rows, { answered: true });
  const back = await takeBack(job, work, console);
  const { not } = work.action;
  const why =
    waited.kind === 'cancelled'
      ? 'It was cancelled from here.'
      : `${waited.holders} after ${durationInWords(waited.seconds)}.`;
  if (!back.done)
    return {
      status: 'unknown',
      message: `${why} It could not be taken back: ${back.message}`,
      verified: null,
      ...(back.next && { next: [back.next] }),
    };
  return {
    status: waited.kind === 'cancelled' ? 'cancelled' : 'failed',
    message: `${not} ${why} ${back.message}`,
    verified: false,
    warnings: waited.kind === 'late' ? waited.sentences : [],
  };
}

/** Looks again on the connection that acts; 409 where it is not what was previewed. */
async function unchanged(
  job: Job,
  { action, target, plan, fingerprint, given }: Pooler,
  client: ConsoleClient,
): Promise<PoolerNow> {
  const changed = (message: string) =>
    new ApiError(409, 'target_changed', `${message} ${action.not} Nothing was done.`);
  const show = async (command: string) => (await client.send(command)).rows;
  const now = await poolerNow(show, target, job.config).catch((error) => {
    throw new PostgresProblem(describeConsoleError(error, job.config.pgbouncer), error);
  });
  if (fingerprintOf(now, target, job.config) !== fingerprint)
    throw changed(
      target.kind === 'pgbouncer-database' && now.databases.length === 0
        ? `PgBouncer has no database ${target.name} any more.`
        : 'It leads elsewhere than when it was previewed.',
    );
  const anew = { ...given, now };
  const refused = action.refuse?.(anew);
  if (refused) throw changed(refused.message);
  if (action.plan(anew).command !== plan.command)
    throw changed('The same action would send another command now than the one that was previewed.');
  return now;
}

/** Sends the command; undefined when it was answered, else how the run ended. */
async function sent(client: ConsoleClient, work: Pooler, job: Job, bounded = true): Promise<Outcome | undefined> {
  const { plan, action } = work;
  try {
    await client.send(plan.command, { bounded });
    return undefined;
  } catch (error) {
    const { sentence, hint } = describeConsoleError(error, job.config.pgbouncer);
    if (!client.closed) return { status: 'failed', message: `${action.not} ${sentence} ${hint}`, verified: false };
    return {
      status: 'unknown',
      message: `The connection to PgBouncer was lost while the command ran, so it is not known whether it was done. ${sentence}`,
      verified: null,
      ...resumptionOf(work),
    };
  }
}

/** What the console shows, asked again until it shows the result or some time is over. */
async function judged(job: Job, work: Pooler, before: PoolerNow, show: Shows, came: Came): Promise<Outcome> {
  const { action, target, given } = work;
  const until = Date.now() + verifyForMs;
  for (;;) {
    const after = await poolerNow(show, target, job.config).catch(() => undefined);
    const shown = after && action.judge(before, after, { ...given, now: before, ...came });
    if (shown?.done || (shown && came.refused) || Date.now() >= until) {
      if (!shown)
        return {
          status: 'unknown',
          message: `${came.refused ? '' : 'PgBouncer answered without an error. '}Its state after it could not be read.`,
          verified: null,
          ...resumptionOf(work),
        };
      const { done, message, figures, undo, next, warnings = [] } = shown;
      return {
        status: done ? (warnings.length > 0 ? 'done_with_warnings' : 'done') : 'nothing_done',
        message,
        verified: shown.verified === null ? null : done,
        warnings,
        ...(figures && { figures }),
        ...(undo && done && { undo }),
        ...(next && { next }),
      };
    }
    await sleep(200);
  }
}

/** What is kept of the state before, for a pgdeck that starts later: not who was connected from where. */
function remembered({ clients, servers, ...now }: PoolerNow): PoolerNow {
  const key = <Each extends { ptr: string; connect_time: string | null }>({ ptr, connect_time }: Each) =>
    ({ ptr, connect_time }) as Each;
  return { ...now, settings: {}, defaults: {}, clients: clients.slice(0, 2000).map(key), servers: servers.map(key) };
}
