import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { ApiError } from '@/lib/access/errors';
import type { RelationAction } from '@/lib/actions/action';
import type { RunProgress } from '@/lib/actions/protocol';
import { fingerprint, type Relation } from '@/lib/actions/relation';
import type { Session } from '@/lib/postgres/session';
import { type Failure, failureOf, warningsOf } from './failure';
import type { Job, Outcome } from './job';
import { actor, look, type Query } from './look';
import { inTheWay, relationOf } from './preview-relation';

const verifyForMs = 3000;
/** A warning most often means that it was skipped; the figures of PostgreSQL 14 come half a second late. */
const skippedForMs = 1000;
const lostForMs = 10_000;
const progressEveryMs = 1000;

/** Runs a statement on one relation over a session of its own, which can be cancelled, and reads what it changed. */
export async function runRelation(
  job: Job,
  action: RelationAction,
  previewed: Relation,
  options: Record<string, unknown>,
): Promise<Outcome> {
  const { connections } = job.server;
  const session = await connections.openMaintenance(job.run.runId, previewed.database);
  // Only the acting statement may take its time: a silent network ends a run before that within 5 s.
  const query: Query = (text, values) => session.query(text, values, { bounded: true });
  let watch: NodeJS.Timeout | undefined;
  try {
    const who = await actor(query);
    if (who.epoch !== job.epoch)
      throw new ApiError(
        410,
        'preview_expired',
        'The server was restarted or promoted since the preview. Nothing was done.',
      );
    const relation = await unchangedRelation(query, action, previewed, who);
    await guard(query, relation, job);
    const before = await proofOf(query, action, relation);
    await job.begin();

    job.stop = () => stop(job, session);
    job.run.cancellable = true;
    watch = watchProgress(job, action, session);
    const failed: Failure | { warnings: string[] } = await session.query(action.sql(relation, options)).then(
      ({ notices }) => ({ warnings: warningsOf(notices) }),
      (error) => failureOf(error, action.words.not, job.cancelRequested),
    );
    job.stop = undefined;
    job.run.cancellable = false;
    if ('status' in failed) return await afterFailure(job, action, relation, before, failed);
    const { warnings } = failed;
    const verified = await changed(job, action, relation, before, warnings.length > 0 ? skippedForMs : verifyForMs);
    if (verified)
      return {
        status: warnings.length > 0 ? 'done_with_warnings' : 'done',
        message: action.words.done(relation.quoted),
        verified,
        warnings,
      };
    if (verified === undefined)
      return {
        status: 'unknown',
        message: 'It ended without an error; its result could not be read.',
        verified: null,
        warnings,
      };
    return { status: 'nothing_done', message: action.words.nothing(relation.quoted), verified: false, warnings };
  } finally {
    clearInterval(watch);
    session.close();
  }
}

async function unchangedRelation(
  query: Query,
  action: RelationAction,
  previewed: Relation,
  who: Awaited<ReturnType<typeof actor>>,
): Promise<Relation> {
  const nothing = `${action.words.not} Nothing was done.`;
  const target = { kind: 'relation' as const, database: previewed.database, oid: previewed.oid };
  const now = await relationOf(query, target, who).catch((error) => {
    if (!(error instanceof ApiError)) throw error;
    throw new ApiError(409, 'target_changed', `${previewed.quoted} was dropped since the preview. ${nothing}`);
  });
  if (fingerprint(now) !== fingerprint(previewed))
    throw new ApiError(409, 'target_changed', `${previewed.quoted} is ${now.quoted} now. ${nothing}`);
  return now;
}

/** Refuses when another pgdeck runs the same; the advisory lock ends with the session. */
async function guard(query: Query, relation: Relation, job: Job): Promise<void> {
  const key = createHash('sha256').update(`pgdeck:${job.run.action}`).digest().readInt32BE(0);
  const [row] = (
    await query<{ free: boolean }>('select /* pgdeck:guard */ pg_try_advisory_lock($1::int, $2::int) as free', [
      key,
      relation.oid | 0,
    ])
  ).rows;
  if (!row?.free)
    throw new ApiError(
      409,
      'already_running',
      `Another pgdeck already runs this on ${relation.quoted}. Nothing was done.`,
    );
}

async function proofOf(query: Query, action: RelationAction, relation: Relation): Promise<string | undefined> {
  return (await query<{ value: string }>(action.verify(relation))).rows[0]?.value;
}

/** Whether the verified value changed within some time; undefined where it could not be read. */
async function changed(
  job: Job,
  action: RelationAction,
  relation: Relation,
  before: string | undefined,
  forMs: number,
): Promise<boolean | undefined> {
  const { connections } = job.server;
  const until = Date.now() + forMs;
  let read: boolean | undefined;
  for (;;) {
    try {
      const value = await readValue(job, action, relation);
      if (value !== before) return true;
      read = false;
    } catch {
      if (connections.problem === undefined && Date.now() >= until) return read;
    }
    if (Date.now() >= until) return read;
    await sleep(200);
  }
}

/** Reads over another connection than the one that acted: that one may be lost. */
async function readValue(job: Job, action: RelationAction, relation: Relation): Promise<string | undefined> {
  const { connections } = job.server;
  if (connections.config.action.database === relation.database)
    return look(connections, (query) => proofOf(query, action, relation));
  const rows = await connections.ask<{ value: string }>('walking', relation.database, action.verify(relation));
  return rows[0]?.value;
}

async function afterFailure(
  job: Job,
  action: RelationAction,
  relation: Relation,
  before: string | undefined,
  failure: Failure,
): Promise<Outcome> {
  if (failure.status === 'unknown') {
    if (await changed(job, action, relation, before, lostForMs))
      return {
        status: 'done_with_warnings',
        message: action.words.done(relation.quoted),
        verified: true,
        warnings: ['The connection was lost while it ran; the catalog shows that the server finished it.'],
      };
    return { ...failure, verified: null };
  }
  if (failure.sqlstate !== '55P03') return { ...failure, verified: false };
  const holders = await look(job.server.connections, (query) => inTheWay(query, relation, action.mode)).catch(() => []);
  const held = holders.filter(({ granted }) => granted).map(({ sentence }) => sentence);
  return {
    ...failure,
    message: `${action.words.not} The lock on ${relation.quoted} was not granted within 2 s (${action.mode}).`,
    verified: false,
    warnings: held.slice(0, 5),
  };
}

/** Cancels what runs on a session of ours, named by its own application name so that a reused pid is left alone. */
async function stop(job: Job, session: Session): Promise<void> {
  job.cancelRequested = true;
  await job.server.connections.signal((query) =>
    query(
      `select /* pgdeck:cancel-run */ pg_cancel_backend(a.pid) as signalled
from pg_catalog.pg_stat_get_activity($1::int) as a where a.application_name = $2`,
      [session.pid, `pgdeck:act:${job.run.runId}`],
    ),
  );
}

/** Reads how far the run is, once a second while it runs; the state of its wait where PostgreSQL counts nothing yet. */
function watchProgress(job: Job, action: RelationAction, session: Session): NodeJS.Timeout {
  let asking = false;
  const tick = async () => {
    if (asking || job.run.endedAt) return;
    asking = true;
    job.run.progress = await job.server.connections
      .signal((query) => query<{ phase: string; total: number; done: number }>(action.progress, [session.pid]))
      .then(({ rows: [row] }): RunProgress => {
        if (!row) return { phase: 'waiting for the lock', done: null, total: null, fraction: null };
        return { ...row, fraction: row.total > 0 ? Math.min(1, row.done / row.total) : null };
      })
      .catch(() => job.run.progress);
    asking = false;
  };
  return setInterval(() => void tick(), progressEveryMs).unref();
}
