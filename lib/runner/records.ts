import { personOf, type User } from '@/lib/access/user';
import type { Preview, Run, Undo } from '@/lib/actions/protocol';
import type { AuditRecord } from '@/lib/audit/audit';
import { maskLiterals } from '@/lib/masking/message';
import type { Draft, Plan, Pooler } from './draft';
import type { Job, Outcome } from './job';

/** A run that begins now. */
export function newRun(runId: string, server: string, preview: Preview, databases: string[] | null, user: User): Run {
  return {
    runId,
    server,
    action: preview.action,
    title: preview.title,
    target: preview.target,
    databases,
    user: user.name,
    status: 'running',
    message: 'It runs.',
    warnings: [],
    verified: null,
    sql: preview.sql,
    role: preview.role,
    startedAt: new Date().toISOString(),
    endedAt: null,
    progress: null,
    cancellable: false,
    ...(preview.past.length > 0 && { past: preview.past }),
  };
}

/** Writes how a run ended into it. */
export function finish(run: Run, outcome: Outcome): void {
  run.status = outcome.status;
  run.message = outcome.message;
  run.verified = outcome.verified;
  run.warnings = outcome.warnings ?? [];
  if (outcome.sqlstate !== undefined) run.sqlstate = outcome.sqlstate;
  if (outcome.members) run.members = outcome.members;
  if (outcome.figures) run.figures = outcome.figures;
  if (outcome.undo) run.undo = restorable(outcome.undo, run.runId);
  if (outcome.next) run.next = outcome.next;
  run.endedAt = new Date().toISOString();
  run.progress = null;
  run.cancellable = false;
}

/** An undo from what the audit keeps names the run itself, which an action cannot know. */
function restorable(undo: Undo, runId: string): Undo {
  return undo.body.target.kind === 'run' ? { ...undo, body: { ...undo.body, target: { kind: 'run', runId } } } : undo;
}

/** What a plan acts on, each as one text: two runs never have one in common. */
export function targetsOf(server: string, { plan }: Pick<Draft, 'plan'>): string[] {
  if (plan.kind === 'work') return [JSON.stringify([server, plan.target])];
  if (plan.kind === 'pooler') return poolerTargets(server, plan);
  return plan.members.map(({ pid, backend_start_us }) => JSON.stringify([server, pid, backend_start_us]));
}

/** What is done to PgBouncer as a whole is done to each of its databases. */
function poolerTargets(server: string, { target, given }: Pooler): string[] {
  const names = target.kind === 'pgbouncer' ? given.now.databases.map(({ name }) => name) : [target.name];
  const databases = names.map((name) => JSON.stringify([server, { kind: 'pgbouncer-database', name }]));
  return target.kind === 'pgbouncer' ? [JSON.stringify([server, target]), ...databases] : databases;
}

/** How a run ended, for a line of the audit; what PostgreSQL said is masked. */
export function resultOf(run: Run): NonNullable<AuditRecord['result']> {
  return {
    status: run.status,
    message: maskLiterals(run.message),
    ...(run.sqlstate !== undefined && { sqlstate: run.sqlstate }),
    verified: run.verified,
    ms: run.endedAt ? Date.parse(run.endedAt) - Date.parse(run.startedAt) : 0,
    warnings: run.warnings.map(maskLiterals),
    ...(run.figures && { figures: run.figures }),
    ...(run.undo && { undo: run.undo }),
    ...(run.next && { next: run.next }),
    ...(run.members && { members: run.members.map((each) => ({ ...each, message: maskLiterals(each.message) })) }),
  };
}

/** Who, what and where of a run, for a line of the audit. */
export function recordOf({ run, server, plan, requestId }: Job, user: User): AuditRecord {
  const named = namesOf(plan);
  return {
    event: 'result',
    server: run.server,
    cluster: server.connections.capabilities?.systemIdentifier ?? null,
    runId: run.runId,
    requestId,
    user: personOf(user),
    action: run.action,
    title: run.title,
    target: { ...named, ...run.target },
    databases: run.databases ?? null,
    ...(plan.kind === 'work' && plan.plan.work && { work: plan.plan.work }),
    role: run.role,
    sql: run.sql,
    ...(plan.kind !== 'signal' && { options: plan.given.options }),
    ...(run.schedule !== undefined && { schedule: run.schedule }),
    ...(run.approvedBy !== undefined && { approvedBy: run.approvedBy }),
  };
}

/** What a plan is done to, as people know it. */
function namesOf(plan: Plan): Record<string, unknown> {
  if (plan.kind === 'pooler') return {};
  if (plan.kind === 'work') {
    const { subject } = plan.given;
    return {
      name: subject.quoted,
      database: subject.database,
      // What is made again by its text has to come back to the same table.
      ...('table_oid' in subject && { table_oid: subject.table_oid }),
    };
  }
  return {
    members: plan.members.map(({ pid, backend_start_us, query_start_us, title }) => ({
      pid,
      backend_start_us,
      query_start_us,
      title,
    })),
  };
}
