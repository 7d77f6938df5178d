import type { AuditEntry, Run } from '@/lib/actions/protocol';
import { type Target, target as targets } from '@/lib/actions/target';
import type { AuditRecord } from '@/lib/audit/audit';
import { databasesOf } from '@/lib/audit/databases';

/** A run as a line of the audit tells of it; undefined where the line is not of a run. It has neither begun nor ended. */
export function auditedRun(entry: AuditEntry): Run | undefined {
  const { runId, server, action, title, user, role, sql, ts } = entry;
  const target = identityOf(entry.target);
  if (!runId || !server || !action || !target) return undefined;
  return {
    runId,
    server,
    action,
    title: title ?? action,
    target,
    databases: databasesOf(entry),
    user: user?.name ?? 'unknown',
    status: 'running',
    message: '',
    warnings: [],
    verified: null,
    sql: sql ?? [],
    role: role ?? 'unknown',
    startedAt: ts,
    endedAt: null,
    progress: null,
    cancellable: false,
    ...(typeof entry.schedule === 'string' && { schedule: entry.schedule }),
    ...(typeof entry.approvedBy === 'string' && { approvedBy: entry.approvedBy }),
  };
}

/** An ended run as the line of its result tells of it; undefined where the line is not one. */
export function endedRun(entry: AuditEntry): Run | undefined {
  const { result, ts } = entry;
  const run = auditedRun(entry);
  if (!run || !result) return undefined;
  const { ms, ...known } = result;
  return {
    ...run,
    ...known,
    status: result.status as Run['status'],
    startedAt: new Date(Date.parse(ts) - ms).toISOString(),
    endedAt: ts,
  };
}

/** What a line that follows another of the same run repeats of it. */
export function recordAfter(entry: AuditEntry): AuditRecord {
  const { adoption: _adoption, result: _result, ...rest } = entry;
  return rest;
}

/** The identity in what the audit tells of a target: it has names beside it. */
function identityOf(told: unknown): Target | undefined {
  if (typeof told !== 'object' || told === null || !('kind' in told)) return undefined;
  const schema = targets.options.find(({ shape }) => shape.kind.value === told.kind);
  if (!schema) return undefined;
  const known = Object.entries(told).filter(([key]) => key in schema.shape);
  const { success, data } = targets.safeParse(Object.fromEntries(known));
  return success ? data : undefined;
}
