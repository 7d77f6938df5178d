import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@/lib/access/errors';
import type { SignalAction } from '@/lib/actions/action';
import type { Member, MemberResult, RunStatus } from '@/lib/actions/protocol';
import type { Session } from '@/lib/actions/session';
import { plural } from '@/lib/format';
import { PostgresProblem } from '@/lib/postgres/errors';
import type { Acting } from '@/lib/postgres/server-connections';
import { failureOf, warningsOf } from './failure';
import type { Job, Outcome } from './job';
import { actor, look, type Query, sessionOf, sessionsOf } from './look';

const pollForMs = 3000;
const pollEveryMs = 100;

type Sent = {
  member: Member;
  /** Null: nobody matched, so nobody was signalled. */
  signalled: boolean | null;
  warnings: string[];
  result?: MemberResult;
  sqlstate?: string | undefined;
  /** The connection was lost while the signal was sent. */
  lost?: boolean;
  /** The connection was lost or could not be opened: the next one may have none either. */
  broken?: boolean;
  /** It was not sent: those before it ended the sending. */
  unsent?: boolean;
};

/** Signals the members of a preview, each by its own statement that checks who it is, and looks what became of them. */
export async function runSignals(
  job: Job,
  action: SignalAction,
  members: Member[],
  states?: string[],
): Promise<Outcome> {
  const { acting } = job;
  const single = states === undefined ? members[0] : undefined;
  await look(acting, async (query) => {
    if ((await actor(query)).epoch !== job.epoch)
      throw new ApiError(
        410,
        'preview_expired',
        'The server was restarted or promoted since the preview. Nothing was done.',
      );
    if (single) unchanged(action, single, await sessionOf(query, single.pid));
  });
  await job.begin();

  const sent = await sendAll(job, action, members, states);
  const waiting = sent.filter(({ result }) => !result);
  // One terminate waits 3 s in its own statement; what is still there after that needs only a look.
  const waited = single !== undefined && sent[0]?.signalled === false;
  const remaining = await remainingOf(
    acting,
    action,
    waiting.map(({ member }) => member),
    waited ? 0 : pollForMs,
  );
  for (const each of waiting) each.result = judged(action, each, remaining);

  if (single) {
    const [one] = sent;
    if (!one?.result) throw new Error('a signal without a result');
    if (one.signalled === null && one.result.status === 'nothing_done')
      return {
        ...one.result,
        verified: null,
        refusal: new ApiError(409, 'target_changed', await describeChange(acting, action, single)),
      };
    return {
      status: one.result.status,
      message: one.result.message,
      verified: verifiedOf(one.result.status),
      sqlstate: one.sqlstate,
      warnings: one.warnings,
    };
  }
  return together(sent);
}

/** Sends to one after the other, until it is cancelled or the server cannot be reached any more. */
async function sendAll(
  job: Job,
  action: SignalAction,
  members: Member[],
  states: string[] | undefined,
): Promise<Sent[]> {
  const sent: Sent[] = [];
  const rest = (status: RunStatus, why: string) =>
    members.slice(sent.length).map((member): Sent => {
      const result = { pid: member.pid, status, message: why };
      return { member, signalled: null, warnings: [], unsent: true, result };
    });
  if (members.length > 1) {
    job.stop = async () => {
      job.cancelRequested = true;
    };
    job.run.cancellable = true;
  }
  try {
    for (const member of members) {
      if (job.cancelRequested)
        return [...sent, ...rest('cancelled', 'No signal was sent to it: it was cancelled from here.')];
      const one = await signal(job.acting, action, member, states);
      sent.push(one);
      if (one.broken && sent.length < members.length && !(await answers(job.acting)))
        return [
          ...sent,
          ...rest('nothing_done', 'No signal was sent to it: the server could not be reached any more.'),
        ];
    }
    return sent;
  } finally {
    job.stop = undefined;
    job.run.cancellable = false;
  }
}

/** Whether the server can be asked after a lost connection. */
async function answers(acting: Pick<Acting, 'signal'>): Promise<boolean> {
  return look(acting, actor).then(
    () => true,
    () => false,
  );
}

/** Sends the acting statement for one session; `signalled` null means that nobody matched. */
async function signal(
  acting: Pick<Acting, 'signal'>,
  action: SignalAction,
  member: Member,
  states: string[] | undefined,
): Promise<Sent> {
  const { pid } = member;
  const statement = action.sql(member, states && { states });
  try {
    const { rows, notices } = await acting.signal((query) => query<{ signalled: boolean }>(statement));
    const [row] = rows;
    const warnings = warningsOf(notices);
    if (row) return { member, signalled: row.signalled, warnings };
    return {
      member,
      signalled: null,
      warnings,
      result: {
        pid,
        status: 'nothing_done',
        message: `Session ${pid} is no longer the one previewed. It was left alone.`,
      },
    };
  } catch (error) {
    const { status, message, sqlstate } = failureOf(error, action.words.not);
    // The signal may have been sent before the statement ended with an error: look, and do not guess.
    const lost = status === 'unknown';
    if (status !== 'failed') return { member, signalled: false, warnings: [], sqlstate, lost, broken: lost };
    const broken = error instanceof PostgresProblem;
    return { member, signalled: false, warnings: [], sqlstate, broken, result: { pid, status, message } };
  }
}

/** The signalled sessions that were not seen to be gone; `looked`: whether the last look, at the end of the time, succeeded. */
type Remaining = { pids: Set<number>; looked: boolean };

/** Looks for at most `forMs` (beside what a silent network costs) which of the signalled sessions are still there. */
export async function remainingOf(
  acting: Pick<Acting, 'signal'>,
  action: SignalAction,
  members: Member[],
  forMs: number,
): Promise<Remaining> {
  let left = members;
  let looked = left.length === 0;
  const until = Date.now() + forMs;
  while (left.length > 0) {
    try {
      const now = await look(acting, (query: Query) => sessionsOf(query, left));
      left = left.filter((member) => {
        const session = now.get(member.pid);
        return session !== undefined && action.remains(member, session);
      });
      looked = true;
    } catch {
      looked = false;
    }
    if (Date.now() >= until) break;
    if (left.length > 0) await sleep(pollEveryMs);
  }
  return { pids: new Set(left.map(({ pid }) => pid)), looked };
}

function judged(action: SignalAction, { member, sqlstate, lost }: Sent, { pids, looked }: Remaining): MemberResult {
  const { pid } = member;
  if (!pids.has(pid)) return { pid, status: 'done', message: action.words.done(pid) };
  if (!looked)
    return {
      pid,
      status: 'unknown',
      message: `The signal may have been sent; session ${pid} could not be looked at afterwards.`,
    };
  if (lost)
    return {
      pid,
      status: 'unknown',
      message: `The connection was lost while the signal was sent: it may not have reached session ${pid}, which is still there.`,
    };
  if (sqlstate)
    return {
      pid,
      status: 'unknown',
      message: `The statement ended with SQLSTATE ${sqlstate}; session ${pid} is still there.`,
    };
  return { pid, status: 'done_with_warnings', message: action.words.still(pid) };
}

function verifiedOf(status: RunStatus): boolean | null {
  if (status === 'done') return true;
  return status === 'done_with_warnings' || status === 'failed' ? false : null;
}

function together(sent: Sent[]): Outcome {
  const members = sent.map(
    ({ result, member }) => result ?? { pid: member.pid, status: 'unknown' as const, message: '' },
  );
  const count = (status: RunStatus) => members.filter((each) => each.status === status).length;
  const unsent = sent.filter((each) => each.unsent).length;
  const cancelled = count('cancelled') > 0;
  const alone = count('nothing_done') - (cancelled ? 0 : unsent);
  const done = count('done');
  const all = members.length;
  const told = [
    `${done} of ${plural(all, 'session')} done.`,
    alone && `${alone} changed or gone since the preview and left alone.`,
    count('failed') && `${count('failed')} refused by PostgreSQL.`,
    count('done_with_warnings') && `${count('done_with_warnings')} signalled but still there after 3 s.`,
    count('unknown') && `${count('unknown')} not known.`,
    unsent &&
      `${unsent} not signalled: ${cancelled ? 'it was cancelled from here' : 'the server could not be reached any more'}.`,
  ].filter(Boolean);
  const status: RunStatus = cancelled
    ? 'cancelled'
    : done === all
      ? 'done'
      : done + count('done_with_warnings') > 0
        ? 'done_with_warnings'
        : count('unknown') > 0
          ? 'unknown'
          : count('failed') > 0
            ? 'failed'
            : 'nothing_done';
  const warnings = [...new Set(members.filter((each) => each.status === 'failed').map((each) => each.message))];
  return {
    status,
    message: told.join(' '),
    members,
    warnings,
    verified: status === 'nothing_done' || status === 'unknown' ? null : done === all,
    sqlstate: sent.find(({ sqlstate }) => sqlstate)?.sqlstate,
  };
}

/** Throws 409 where a session is not what was previewed, so that not even an intent is written. */
function unchanged(action: SignalAction, member: Member, now: Session | undefined): void {
  const message = changeOf(action, member, now);
  if (!message) return;
  const idle = action.needsQueryStart && now?.backend_start_us === member.backend_start_us && now.state !== 'active';
  throw new ApiError(409, idle ? 'nothing_to_cancel' : 'target_changed', message);
}

function changeOf(action: SignalAction, member: Member, now: Session | undefined): string | undefined {
  const nothing = `${action.words.not} Nothing was done.`;
  if (!now || now.backend_start_us === null) return `Session ${member.pid} ended since the preview. ${nothing}`;
  if (now.backend_start_us !== member.backend_start_us)
    return `PID ${member.pid} belongs to another session now. ${nothing}`;
  if (!action.needsQueryStart) return undefined;
  if (now.state !== 'active') return `Session ${member.pid} runs no statement any more: it is ${now.state}. ${nothing}`;
  if (now.query_start_us !== member.query_start_us)
    return `Session ${member.pid} runs another statement now. ${nothing}`;
  return undefined;
}

async function describeChange(acting: Pick<Acting, 'signal'>, action: SignalAction, member: Member): Promise<string> {
  const now = await look(acting, (query) => sessionOf(query, member.pid)).catch(() => undefined);
  return (
    changeOf(action, member, now) ??
    `Session ${member.pid} is no longer the one previewed. ${action.words.not} Nothing was done.`
  );
}
