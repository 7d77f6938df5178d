'use client';

import { useQuery } from '@tanstack/react-query';
import { isShown, useFrame } from '@/lib/client/frame';
import { useInterval } from '@/lib/client/live';
import { findingsQuery, serversQuery } from '@/lib/client/queries';
import type { FindingsAnswer, ServerSummary, ServersAnswer } from '@/lib/client/shapes';
import type { State } from '../ui/state';

const none: ServerSummary[] = [];

/** The watched servers. */
export function useServers(): ServerSummary[] {
  return useQuery(serversQuery()).data?.servers ?? none;
}

/** Why the file of servers was not taken when it was read last; undefined where it was, and for who is no admin. */
export function useConfigRefused(): ServersAnswer['configRefused'] {
  return useQuery(serversQuery()).data?.configRefused;
}

/** One watched server; undefined before the first answer. */
export function useServer(id: string): ServerSummary | undefined {
  return useServers().find((server) => server.id === id);
}

/** What the checks say of a server now, or as of a moment (epoch seconds). */
export function useFindings(id: string, at: number | null = null): FindingsAnswer | undefined {
  const interval = useInterval(5000);
  const frame = useFrame();
  // Findings of every page stand there: they are told where the overview is.
  const enabled = !frame || isShown(`/${id}/overview`, frame);
  return useQuery({ ...findingsQuery(id, at), refetchInterval: at === null && interval, enabled }).data;
}

/** How a server is, in one state: unknown where it does not answer. */
export function serverState(server: ServerSummary | undefined, findings: FindingsAnswer | undefined): State {
  if (!server || server.state === 'unreachable' || server.state === 'starting') return 'unknown';
  return findings?.verdict ?? 'unknown';
}

/** `18.4` from `180004`. */
export function versionText(versionNum: number | null): string {
  return versionNum === null ? '' : `${Math.floor(versionNum / 10_000)}.${versionNum % 10_000}`;
}

/** `production primary, 18.4`: environment, role in replication, version. */
export function serverKind(server: ServerSummary): string {
  if (server.versionNum === null) return server.state === 'starting' ? 'connecting' : 'not connected';
  const role = server.inRecovery ? 'standby' : 'primary';
  return `${[server.environment, role].filter(Boolean).join(' ')}, ${versionText(server.versionNum)}`;
}

/** `pgdeck_read@127.0.0.1:5433/shop`: as whom, where and what pgdeck reads; undefined for who may not know. */
export function serverAddress(server: ServerSummary): string | undefined {
  const where = serverHost(server);
  return where && `${server.role}@${where}/${server.database}`;
}

/** `127.0.0.1:5433`: the host, and the port where it is not the usual one. */
export function serverHost({ host, port }: ServerSummary): string | undefined {
  if (!host) return undefined;
  const shown = host.includes(':') ? `[${host}]` : host;
  return `${shown}${port && port !== 5432 ? `:${port}` : ''}`;
}
