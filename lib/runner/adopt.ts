import type { UserMode } from '@/lib/access/user';
import type { Row, WorkAction } from '@/lib/actions/action';
import { findAction } from '@/lib/actions/index';
import type { PoolerAction } from '@/lib/actions/pooler';
import type { AuditEntry, Run } from '@/lib/actions/protocol';
import type { PoolerTarget, WorkTarget } from '@/lib/actions/target';
import type { Audit } from '@/lib/audit/audit';
import { log, safeError } from '@/lib/metrics/log';
import { systemIdentifierSql } from '@/lib/postgres/capabilities';
import { isConnectionError } from '@/lib/postgres/errors';
import type { Server } from '@/lib/runtime';
import { judgeAdopted } from './adopted';
import { auditedRun, endedRun, recordAfter } from './audited-run';
import type { Work } from './draft';
import { follow, untilAnswered } from './follow';
import type { Adoption, Job, Outcome, PoolerAdoption } from './job';
import { type Actor, actor, type Query } from './look';
import { pastRuns } from './past-runs';
import { adoptPooler, poolerOf } from './pooler/adopt';
import { finish, resultOf } from './records';
import { runEvent } from './run-event';

/** For how long a server that does not answer is asked. */
const askForMs = 15 * 60_000;
const mostEnded = 200;
const patience = {
  forMs: askForMs,
  found: 'pgdeck was restarted while this ran; the server goes on with it.',
  asking: 'pgdeck was restarted while this ran, and the server cannot be asked now. It asks again.',
};

/** What adopting needs of the runner: what it stands on, and how a run of before becomes one of its own. */
export type Adopting = {
  audit: Audit;
  servers: ReadonlyMap<string, Server>;
  /** Makes a run known. */
  add: (run: Run) => void;
  /** Makes it one that acts: its target is taken and it can be cancelled; answers with how to give that back. */
  take: (job: Job) => () => void;
};

/** Makes the ended runs of the audit known, and those that a pgdeck before this one left unfinished its own. */
export async function adopt(adopting: Adopting): Promise<void> {
  const { audit } = adopting;
  const pending = await audit.pending();
  const { entries } = await audit.read({ limit: mostEnded, event: 'result' });
  for (const entry of entries.reverse()) {
    const run = endedRun(entry);
    if (run) adopting.add(run);
  }
  for (const intent of pending) {
    const run = auditedRun(intent);
    if (!run) continue;
    adopting.add(run);
    // It may take long until the server can be asked: nothing waits for it.
    become(adopting, intent, run).catch((error) =>
      log.error({ err: safeError(error), runId: run.runId }, 'a run of before could not be adopted'),
    );
  }
}

/** Follows one unfinished run to its end, and writes that down. */
async function become(adopting: Adopting, intent: AuditEntry, run: Run): Promise<void> {
  const server = adopting.servers.get(run.server);
  const outcome = await ending(adopting, intent, run, server);
  finish(run, outcome);
  await adopting.audit.write({ ...recordAfter(intent), event: 'result', result: resultOf(run) });
  if (!server) return;
  server.sampler.history.changes.add(runEvent(run));
  const action = findAction(run.action);
  const { subject } = (intent.adoption ?? {}) as Partial<Adoption>;
  if (action) server.sampler.touched(action.touches, subject?.database ?? null);
}

async function ending(adopting: Adopting, intent: AuditEntry, run: Run, server: Server | undefined): Promise<Outcome> {
  if (intent.event !== 'intent')
    return {
      status: 'nothing_done',
      message: 'pgdeck was ended while this waited, so it never began. Nothing was done.',
      verified: null,
    };
  const action = findAction(run.action);
  const adoption = intent.adoption as Adoption | undefined;
  if (!server)
    return unknown('pgdeck was ended while this ran, and this server is not among those that it watches now.');
  const sent = intent.adoption as PoolerAdoption | undefined;
  if (action?.kind === 'pooler' && sent?.pooler)
    return endingOfPooler(adopting, intent, run, server, action, sent.pooler);
  if (action?.kind !== 'work' || !adoption)
    return unknown('pgdeck was ended while this ran. Look at the target: the server may have finished it.');
  const answer = await untilAnswered({ acting: server.connections, run, ...patience }, async (query) => ({
    who: await actor(query),
    // What the sampler knows of the server may not be there yet.
    cluster: await clusterNow(query),
  }));
  if (!answer) return unknown('pgdeck was ended while this ran, and the server could not be asked what became of it.');
  const { who, cluster } = answer;
  if (typeof intent.cluster === 'string' && cluster !== undefined && intent.cluster !== cluster)
    return unknown('pgdeck was ended while this ran, and another server answers at this address now.');
  const work = workOf(who, action, intent, adoption);
  if (!work)
    return unknown(
      'pgdeck was ended while this ran, and this version of it cannot read what that one wrote down of it. Look at the target: the server may go on with it.',
    );
  const job = jobOf(intent, run, server, work);
  const release = adopting.take(job);
  // Who may know of this run may know of those that were about the same.
  const samePlace = ({ databases }: Pick<Run, 'databases'>) =>
    JSON.stringify(databases) === JSON.stringify(run.databases);
  const past = await pastRuns(adopting.audit, run.server, run.action, samePlace).catch(() => []);
  if (past.length > 0) run.past = past;
  try {
    const came = await follow(job, work, patience);
    if (!came) return unknown('pgdeck was ended while this ran, and the server could not be asked what became of it.');
    return await judgeAdopted(job, work, adoption.before ?? undefined, came);
  } finally {
    job.stop = undefined;
    job.acting.release();
    release();
  }
}

/** Follows a command to PgBouncer that was sent before. */
async function endingOfPooler(
  { take }: Adopting,
  intent: AuditEntry,
  run: Run,
  server: Server,
  action: PoolerAction,
  adoption: PoolerAdoption['pooler'],
): Promise<Outcome> {
  const target = auditedRun(intent)?.target as PoolerTarget;
  const work = poolerOf(action, target, (intent.options ?? {}) as Row, adoption, server.config);
  if (!work)
    return unknown(
      'pgdeck was ended while this ran, and this version of it cannot read what that one wrote down of it.',
    );
  const job = jobOf(intent, run, server, work);
  const release = take(job);
  try {
    return await adoptPooler(job, work, adoption.before);
  } finally {
    job.stop = undefined;
    job.acting.release();
    release();
  }
}

/** A run of before as one of this pgdeck. */
function jobOf(intent: AuditEntry, run: Run, server: Server, plan: Job['plan']): Job {
  return {
    run,
    by: intent.user && { name: intent.user.name, mode: intent.user.mode as UserMode },
    server,
    config: server.config,
    acting: server.connections.holdActing(),
    plan,
    epoch: '',
    requestId: '',
    cancelRequested: false,
    told: true,
    whoStarted: async () => undefined,
    begin: async () => {},
  };
}

/** The identity of the cluster that answers; undefined where the role may not see it. */
async function clusterNow(query: Query): Promise<string | undefined> {
  try {
    return (await query<{ system_identifier: string }>(systemIdentifierSql)).rows[0]?.system_identifier;
  } catch (error) {
    if (isConnectionError(error)) throw error;
    return undefined;
  }
}

/**
 * What ran, made again from what was written down with its intent; the role is asked for now. Undefined where an update
 * changed what is written down.
 */
function workOf(
  { role, superuser, major }: Actor,
  action: WorkAction,
  intent: AuditEntry,
  { subject, details }: Adoption,
): Work | undefined {
  const options = (intent.options ?? {}) as Row;
  const given = { subject, details, options, actor: { role, superuser, major } };
  const target = auditedRun(intent)?.target as WorkTarget;
  try {
    return { kind: 'work', action, target, given, plan: action.plan(given) };
  } catch (error) {
    log.error({ err: safeError(error), action: action.id }, 'a run of before could not be planned again');
    return undefined;
  }
}

function unknown(message: string): Outcome {
  return { status: 'unknown', message, verified: null };
}
