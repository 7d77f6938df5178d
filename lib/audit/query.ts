import type { AuditEntry } from '@/lib/actions/protocol';
import { databasesOf } from './databases';

/** Which lines somebody may read. */
export type Reach = {
  /** Who reads: lines with this name and mode are their own. */
  name: string;
  mode: string;
  /** The servers that they may know of; nothing of others is told. */
  servers: string[];
  /** Those of them where they are admin, at least of a part. */
  adminOn: string[];
  /** Whether they are admin of all that a line is about: databases, or (null) the server as a whole. */
  isAdmin(server: string, databases: readonly string[] | null): boolean;
  /** Whether they may read lines that are about no server. */
  nowhere: boolean;
};

/** Whether somebody may read a line. */
export function mayRead(entry: AuditEntry, reach: Reach): boolean {
  const { server, user } = entry;
  if (server === undefined) return reach.nowhere;
  if (!reach.servers.includes(server)) return false;
  return (user?.name === reach.name && user.mode === reach.mode) || reach.isAdmin(server, databasesOf(entry));
}

/** What stands for no server where one is asked for; no id is like it. */
export const noServer = '-';

/** Which entries are wanted: all but previews, or those of one `event`. Times are epoch milliseconds, `to` is not included. */
export type AuditFilter = {
  event?: string | undefined;
  /** `noServer`: lines that are about none. */
  server?: string | undefined;
  action?: string | undefined;
  user?: string | undefined;
  from?: number | undefined;
  to?: number | undefined;
  /** How a run ended. */
  status?: string | undefined;
  /** Stands anywhere in what was done, to what, by which statement or run; upper and lower case are the same. */
  search?: string | undefined;
  /** Only what somebody may read; missing: all. */
  reach?: Reach | undefined;
};

/** Which entries to read, newest first; `before` is a number as `next` gave it. */
export type AuditQuery = AuditFilter & { limit: number; before?: number | undefined };

/** Whether a line may be wanted, told without parsing it: most are not. */
export function maybeWanted(line: string, { event, server, action, status }: AuditFilter): boolean {
  const at = server === noServer ? undefined : server;
  return [event, at, action, status].every((value) => value === undefined || line.includes(JSON.stringify(value)));
}

/** A line of a file as an entry; undefined where it is none. */
export function parsed(line: string): AuditEntry | undefined {
  try {
    const entry = JSON.parse(line) as unknown;
    return typeof entry === 'object' && entry !== null ? (entry as AuditEntry) : undefined;
  } catch {
    return undefined;
  }
}

/** What of an entry is searched, in lower case. */
export function searchedText(entry: AuditEntry): string {
  const { title, action, target, sql, runId, schedule, user, result, message } = entry;
  const parts = [title, action, runId, schedule, user?.name, result?.message, message, ...(sql ?? [])];
  const texts = parts.filter((part) => typeof part === 'string');
  return [...texts, target === undefined ? '' : JSON.stringify(target)].join('\n').toLowerCase();
}

/** Whether an entry is one of those that are wanted. */
export function wanted(entry: AuditEntry, filter: AuditFilter): boolean {
  const { event, server, action, user, from, to, status, search, reach } = filter;
  return (
    (event === undefined ? entry.event !== 'preview' : entry.event === event) &&
    (server === undefined || (entry.server ?? noServer) === server) &&
    (action === undefined || entry.action === action) &&
    (user === undefined || entry.user?.name === user) &&
    (status === undefined || entry.result?.status === status) &&
    (from === undefined || Date.parse(entry.ts) >= from) &&
    (to === undefined || Date.parse(entry.ts) < to) &&
    (reach === undefined || mayRead(entry, reach)) &&
    (search === undefined || searchedText(entry).includes(search.toLowerCase()))
  );
}
