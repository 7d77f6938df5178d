import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@/lib/access/errors';
import type { Given, Judgement, Row } from '@/lib/actions/action';
import type { Session } from '@/lib/postgres/session';
import type { Work } from './draft';
import type { Failure } from './failure';
import { follow, notSent } from './follow';
import type { Job, Outcome } from './job';
import { actor, look } from './look';
import { sessionsInTheWay } from './preflight/in-the-way';
import { lockedBy } from './preflight/relations';
import { givenNow, statementsOf } from './preview-work';
import { runStep } from './step';
import { type Reads, subjectNow } from './subject-now';

const verifyForMs = 3000;
/** A warning most often means that it was skipped; the figures of PostgreSQL 14 come half a second late. */
const skippedForMs = 1000;
const lostForMs = 10_000;
/** The connection may be lost and its session not: that one is followed to its end then. */
const patience = {
  forMs: lostForMs,
  found: 'The connection was lost while this ran; the server goes on with it.',
  asking: 'The connection was lost while this ran, and the server cannot be asked now. It asks again.',
};

/** Runs the statements of a work action over a session of its own, which can be cancelled, and reads what they changed. */
export async function runWork(job: Job, work: Work): Promise<Outcome> {
  const { subject } = work.given;
  const session = await job.acting.openMaintenance(job.run.runId, subject.database);
  // Only the acting statements may take their time: a silent network ends a run before them within 5 s.
  const query: Reads = (text, values) => session.query(text, values, { bounded: true });
  try {
    const given = await unchanged(query, job, work);
    await guard(query, job, work);
    const before = await proofOf(query, work, given);
    await job.begin({ before: before ?? null, subject: given.subject, details: given.details });

    const ended = await runSteps(job, work, session).finally(() => {
      job.stop = undefined;
      job.run.cancellable = false;
    });
    if ('failure' in ended) return await afterFailure(job, work, given, before, ended, query);
    return await afterSuccess(job, work, given, before, ended.warnings);
  } finally {
    session.close();
  }
}

/** The statements one after the other; those that may fail are told as warnings. */
async function runSteps(
  job: Job,
  { plan, action }: Work,
  session: Session,
): Promise<{ warnings: string[] } | { failure: Failure; warnings: string[] }> {
  const warnings: string[] = [];
  for (const [index, step] of plan.steps.entries()) {
    const place = { index: index + 1, count: plan.steps.length, title: step.title ?? '' };
    const { failure, warnings: told, unsent } = await runStep(job, step, place, session, action.not);
    warnings.push(...told);
    if (!failure) continue;
    const stops = !step.goOn || failure.status === 'unknown' || job.cancelRequested;
    if (stops) return { failure, warnings: [...warnings, ...notSent(place.count, unsent ? index : place.index)] };
    warnings.push(step.title ? `${step.title}: ${failure.message}` : failure.message);
  }
  return { warnings };
}

async function unchanged(query: Reads, job: Job, work: Work): Promise<Given> {
  const who = await actor(query as Parameters<typeof actor>[0]);
  if (who.epoch !== job.epoch)
    throw new ApiError(
      410,
      'preview_expired',
      'The server was restarted or promoted since the preview. Nothing was done.',
    );
  const { action, target, given: previewed, plan } = work;
  const { subject } = previewed;
  const nothing = `${action.not} Nothing was done.`;
  const changed = (message: string) => new ApiError(409, 'target_changed', `${message} ${nothing}`);
  const reader = { role: who.role, major: who.major, home: who.database };
  const now =
    subject.kind === 'run'
      ? subject
      : await subjectNow(query, target, reader).catch((error) => {
          if (!(error instanceof ApiError)) throw error;
          throw changed(`${subject.quoted} was dropped since the preview.`);
        });
  if (now.fingerprint !== subject.fingerprint)
    throw changed(
      now.quoted === subject.quoted
        ? `${subject.quoted} is not what it was when it was previewed.`
        : `${subject.quoted} is ${now.quoted} now.`,
    );
  if (action.frozen) return { ...previewed, subject: now };
  const given = await givenNow(query, action, now, previewed.options, who);
  const refused = action.refuse?.(given);
  if (refused) throw changed(refused.message);
  const anew = action.plan(given);
  if (statementsOf(anew) !== statementsOf(plan))
    throw changed('The same action would run other statements now than the ones that were previewed.');
  // What would be overwritten is not what was shown: a setting, a parameter, a definition.
  if (anew.undo?.sql !== plan.undo?.sql)
    throw changed(
      `What ${subject.quoted} was is not what it was when it was previewed: it would be taken back otherwise.`,
    );
  return given;
}

/**
 * Refuses when another pgdeck does something to the same; the advisory lock ends with the session. Such a lock is one of its
 * database, and another pgdeck may do what is done to the server from another one: whoever has taken his own looks for others.
 */
async function guard(query: Reads, job: Job, { given, target }: Work): Promise<void> {
  const hash = createHash('sha256')
    .update(`pgdeck:${JSON.stringify(target)}`)
    .digest();
  const key = [hash.readInt32BE(0), hash.readInt32BE(4)];
  const [own] = (
    await query<{ free: boolean }>('select /* pgdeck:guard */ pg_try_advisory_lock($1::int, $2::int) as free', key)
  ).rows;
  const [row] = (
    await query<{ holder: string | null }>(
      `select /* pgdeck:guard-holder */ a.application_name as holder from pg_catalog.pg_locks as l
  left join pg_catalog.pg_stat_get_activity(null) as a on a.pid = l.pid
where l.locktype = 'advisory' and l.granted and l.classid = ($1::int)::oid and l.objid = ($2::int)::oid and l.objsubid = 2
  and l.pid <> pg_catalog.pg_backend_pid() limit 1`,
      key,
    )
  ).rows;
  if (own?.free && !row) return;
  const run = row?.holder?.match(/^pgdeck:act:(.+)$/)?.[1];
  const who = run && (await job.whoStarted(run));
  throw new ApiError(
    409,
    'already_running',
    `Another pgdeck already does something to ${given.subject.quoted}${who ? `, started by ${who}` : ''}${run ? ` (run ${run})` : ''}. Nothing was done.`,
  );
}

async function proofOf(query: Reads, { action }: Work, given: Given): Promise<Row | undefined> {
  const { text, values } = action.proof(given);
  return (await query<Row>(text, values)).rows[0];
}

/** Reads over another connection than the one that acted: that one may be lost. */
async function readProof(job: Job, work: Work, given: Given): Promise<Row | undefined> {
  const { database } = given.subject;
  if (job.acting.database === database) return look(job.acting, (query) => proofOf(query as Reads, work, given));
  const { text, values } = work.action.proof(given);
  return (await job.server.connections.ask<Row>('walking', database, text, values))[0];
}

/** What the catalog shows, asked again until it shows the result or some time is over; undefined where it could not be read. */
export async function judged(
  job: Job,
  work: Work,
  given: Given,
  before: Row | undefined,
  forMs: number,
): Promise<Judgement | undefined> {
  const { connections } = job.server;
  const until = Date.now() + forMs;
  let read: Judgement | undefined;
  for (;;) {
    try {
      read = work.action.judge(before, await readProof(job, work, given), given);
      if (read.done) return read;
    } catch {
      if (connections.problem === undefined && Date.now() >= until) return read;
    }
    if (Date.now() >= until) return read;
    await sleep(200);
  }
}

async function afterSuccess(
  job: Job,
  work: Work,
  given: Given,
  before: Row | undefined,
  warnings: string[],
): Promise<Outcome> {
  const shown = await judged(job, work, given, before, warnings.length > 0 ? skippedForMs : verifyForMs);
  if (!shown)
    return {
      status: 'unknown',
      message: 'It ended without an error; its result could not be read.',
      verified: null,
      warnings,
    };
  const all = [...warnings, ...(shown.warnings ?? [])];
  return {
    ...shown,
    status: shown.done ? (all.length > 0 ? 'done_with_warnings' : 'done') : 'nothing_done',
    verified: shown.done,
    warnings: all,
  };
}

async function afterFailure(
  job: Job,
  work: Work,
  given: Given,
  before: Row | undefined,
  { failure, warnings }: { failure: Failure; warnings: string[] },
  query: Reads,
): Promise<Outcome> {
  const lost = failure.status === 'unknown';
  const came = lost ? await follow(job, work, patience) : undefined;
  const shown = await judged(job, work, given, before, came ? verifyForMs : 0);
  if (lost && shown?.done && !shown.partial)
    return {
      ...shown,
      status: 'done_with_warnings',
      verified: true,
      warnings: [
        ...warnings,
        'The connection was lost while it ran; the catalog shows that the server finished it.',
        ...(shown.warnings ?? []),
      ],
    };
  const told = [...warnings, ...(shown?.warnings ?? [])];
  const left = {
    ...(shown?.next && { next: shown.next }),
    ...(shown?.figures && { figures: shown.figures }),
    ...(shown?.done && shown.undo && { undo: shown.undo }),
  };
  if (came?.cancelled)
    return {
      status: 'cancelled',
      message: soFar(`${work.action.not} ${came.why}`, shown),
      ...left,
      verified: false,
      warnings: told,
    };
  if (lost) return { ...failure, ...left, message: soFar(failure.message, shown), verified: null, warnings: told };
  if (shown?.done) return { ...failure, ...left, ...allTheSame(failure, shown, work), verified: null, warnings: told };
  if (failure.sqlstate !== '55P03') return { ...failure, ...left, verified: false, warnings: told };
  return { ...failure, ...left, verified: false, warnings: [...told, ...(await holdersOf(job, work, query))] };
}

/** What is said of a lost run of which only a part is seen to be done. */
export function soFar(message: string, shown: Judgement | undefined): string {
  return shown?.done ? `${message} The catalog shows: ${shown.message}` : message;
}

/** What is said where the statement ended with an error, and what was wanted is so: it came that far, or others did it. */
function allTheSame({ message }: Failure, shown: Judgement, { action }: Work): { message: string } {
  return { message: `${message.replace(action.not, '').trim()} The catalog shows all the same: ${shown.message}` };
}

/** Who holds what the statements wanted, as far as it can be read. */
async function holdersOf(job: Job, { plan }: Work, query: Reads): Promise<string[]> {
  const claims = plan.steps.flatMap(({ locks }) => locks);
  const holders = await lockedBy(query, claims)
    .then((locked) => look(job.acting, (signals) => sessionsInTheWay(signals, locked)))
    .catch(() => []);
  return [...new Set(holders.filter(({ granted }) => granted).map(({ sentence }) => sentence))].slice(0, 5);
}
