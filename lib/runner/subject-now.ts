import { ApiError, badInput } from '@/lib/access/errors';
import type { Given, Row, WorkAction } from '@/lib/actions/action';
import { subjects } from '@/lib/actions/subjects/index';
import type { Reader, Subject, SubjectReader } from '@/lib/actions/subjects/subject';
import type { WorkTarget } from '@/lib/actions/target';
import type { Audit } from '@/lib/audit/audit';
import type { Server } from '@/lib/runtime';

/** Asks in one database: over the session that acts, or over one that only reads. */
export type Reads = <Answer = Row>(text: string, values?: unknown[]) => Promise<{ rows: Answer[] }>;

/** How a kind of target is read; 400 for one that has no reader. */
export function readerOf(target: WorkTarget): SubjectReader {
  const reader = subjects[target.kind] as SubjectReader | undefined;
  if (!reader) throw badInput('target.kind: nothing is done to this kind of target.', 'target.kind');
  return reader;
}

/** The database that a target's statements are run in. */
export function databaseOf(target: WorkTarget, reader: Reader): string {
  return readerOf(target).database?.(target, reader) ?? ('database' in target ? target.database : reader.home);
}

const kindWords: Partial<Record<WorkTarget['kind'], string>> = {
  prepared: 'prepared transaction',
  statistics: 'statistics object',
};

/** The subject behind a target as it is now; 404 where there is none. */
export async function subjectNow(query: Reads, target: WorkTarget, reader: Reader): Promise<Subject> {
  const { text, values } = readerOf(target).read(target, reader);
  const [found] = (await query<Row>(text, values)).rows;
  if (!found)
    throw new ApiError(
      404,
      'not_found',
      'database' in target && target.kind !== 'database'
        ? `There is no such ${kindWords[target.kind] ?? target.kind} in ${target.database} now.${target.kind === 'index' ? ' REINDEX CONCURRENTLY gives an index another OID: choose it by its name.' : ''}`
        : `There is no such ${kindWords[target.kind] ?? target.kind} on this server now.`,
      'target',
    );
  return { database: databaseOf(target, reader), ...found, kind: target.kind } as unknown as Subject;
}

/** What else of a subject an action wants to know. */
export async function detailsNow(query: Reads, action: WorkAction, given: Omit<Given, 'details'>): Promise<Row[]> {
  const reading = action.details?.(given);
  return reading ? (await query<Row>(reading.text, reading.values)).rows : [];
}

/** What an ended run on this server left to be restored, as the audit kept it; 404 where it left nothing, or `sees` not its database. */
export async function restoredFrom(
  runId: string,
  audit: Audit,
  { config, connections }: Server,
  sees: (database: string | undefined) => boolean,
): Promise<Subject> {
  const entry = await audit.resultOf(runId);
  const undo = entry?.result?.undo;
  const body = undo?.body;
  const place = (entry?.target ?? {}) as { database?: string; name?: string; table_oid?: unknown };
  const there = entry?.result && entry.server === config.id && sees(place.database);
  if (!entry || !there || !undo || body?.target.kind !== 'run')
    throw new ApiError(404, 'not_found', `Run ${runId} left nothing to be restored on this server.`, 'target.runId');
  const { systemIdentifier } = connections.capabilities ?? {};
  if (typeof entry.cluster === 'string' && systemIdentifier && entry.cluster !== systemIdentifier)
    throw new ApiError(
      409,
      'target_changed',
      'Another cluster answers under the name of this server than the one that the run was on. Nothing was done.',
    );
  return {
    kind: 'run',
    runId,
    database: place.database ?? '',
    quoted: place.name ?? entry.title ?? runId,
    name: place.name ?? runId,
    fingerprint: JSON.stringify([runId, undo.sql]),
    sql: undo.sql,
    table_oid: typeof place.table_oid === 'number' ? place.table_oid : null,
    title: entry.title ?? entry.action ?? runId,
    at: entry.ts,
    user: entry.user?.name ?? 'unknown',
  };
}
