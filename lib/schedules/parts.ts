import type { AuditRecord } from '@/lib/audit/audit';
import type { AccessConfig } from '@/lib/config';
import type { Store } from '@/lib/history/store';
import type { Runner } from '@/lib/runner/runner';
import type { Runtime, Server } from '@/lib/runtime';
import type { Row } from './table';

/** What schedules stand on. */
export type Parts = {
  store: Pick<Store, 'on' | 'query' | 'state' | 'now'>;
  servers: ReadonlyMap<string, Server>;
  runner: Pick<Runner, 'preview' | 'execute' | 'run'>;
  audit: Pick<Runtime['audit'], 'note' | 'write' | 'resultOf'>;
  /** Who may, by which makers of schedules are looked up again. */
  access: AccessConfig;
  /** False: nothing is run (PGDECK_SCHEDULES). */
  enabled: boolean;
  /** What other instances on the same store know this one by. */
  holder: string;
  /** The time that due times are compared with, epoch milliseconds; missing: the store's own clock. */
  now?: () => number;
};

/** The identity of the cluster that answers as a server now; empty where it is not known. */
export function clusterOf(server: Server): string {
  return server.connections.capabilities?.systemIdentifier ?? '';
}

/** A line of the audit about a schedule. */
export function recordOf(server: Server, row: Pick<Row, 'title' | 'id' | 'subject' | 'body'>): AuditRecord {
  const { action, target, options } = JSON.parse(row.body) as { action: string; target: unknown; options?: unknown };
  return {
    event: 'schedule',
    server: server.config.id,
    cluster: clusterOf(server) || null,
    schedule: row.title,
    scheduleId: row.id,
    action,
    title: row.subject,
    target,
    ...(options !== undefined && { options }),
  };
}

/** Why a schedule will not run on the server that answers now, whatever the time is; undefined where it will. */
export function problemOf(row: Pick<Row, 'cluster'>, server: Server): string | undefined {
  const cluster = clusterOf(server);
  return row.cluster !== '' && cluster !== '' && row.cluster !== cluster
    ? 'Another cluster answers under the name of this server than the one that this was made for. Delete it, or make it again.'
    : undefined;
}
