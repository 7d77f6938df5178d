import type { Confirm } from '@/lib/actions/protocol';
import type { ServerConfig, Target } from '@/lib/config';
import { isLoopbackHost } from '@/lib/config-early.mjs';

const levels: Confirm[] = ['click', 'step', 'typed'];

/** Whether a host is this machine: a loopback address or the folder of a Unix socket. */
export function isLoopback(host: string): boolean {
  return host === '' || host.startsWith('/') || isLoopbackHost(host);
}

/** Whether actions on a server ask for one level more: production, or another machine that nobody said anything about. */
export function raisesConfirmation(server: ServerConfig): boolean {
  const environment = server.environment?.trim().toLowerCase();
  if (environment) return environment === 'production' || environment === 'prod';
  const beyond = (target: Target) => !isLoopback(target.host);
  return beyond(server.read) || beyond(server.action);
}

/** The confirmation an action needs on a server. */
export function confirmFor(level: Confirm, server: ServerConfig): Confirm {
  if (!raisesConfirmation(server)) return level;
  return levels[levels.indexOf(level) + 1] ?? 'typed';
}
