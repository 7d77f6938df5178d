import type { Audit } from '@/lib/audit/audit';
import type { AuditCopies } from '@/lib/audit/copies';
import type { AnswerCache } from '@/lib/cache/answer-cache';
import type { Config, DemoAddresses, ServerConfig } from '@/lib/config';
import type { FindingsKeeper } from '@/lib/findings/findings';
import type { History } from '@/lib/history/history';
import type { HistoryPlace } from '@/lib/history/place';
import type { ServerConnections } from '@/lib/postgres/server-connections';
import type { Runner } from '@/lib/runner/runner';
import type { Sampler } from '@/lib/sampler/sampler';
import type { Keeper } from '@/lib/schedules/keeper';
import type { Schedules } from '@/lib/schedules/schedules';
import type { FileServers } from '@/lib/servers/file-servers';

/** What the launcher leaves before Next starts: addresses, never the environment. */
export type Launcher = {
  version: string;
  startedAt: number;
  bind: { host: string; port: number };
  demo?: DemoAddresses;
  /** Missing: nothing is stored. */
  history?: HistoryPlace;
};

/** One watched server and everything that belongs to it. */
export type Server = {
  config: ServerConfig;
  connections: ServerConnections;
  sampler: Sampler;
  findings: FindingsKeeper;
  /** Why it is watched only until what runs on it has ended; nothing is begun on it any more. */
  leaving?: string | undefined;
};

/** What runs once in this process. */
export type Runtime = {
  launcher: Launcher;
  /** Without the servers, which may be others than at the start. */
  config: Omit<Config, 'servers'>;
  servers: Map<string, Server>;
  /** Missing: the environment names the servers, and they stay as they are. */
  fileServers?: FileServers;
  history: History;
  /** What is not sampled and is kept for a while. */
  cache: AnswerCache;
  runner: Runner;
  audit: Audit;
  /** Missing: lines of the audit are not copied. */
  auditCopies?: AuditCopies;
  schedules: Schedules;
  /** Runs what is scheduled. */
  keeper: Keeper;
};

const key = Symbol.for('pgdeck');
type Shared = { [key]?: Partial<Runtime> };

/** The place that both module graphs of the process (launcher and Next) see. */
export function shared(): Partial<Runtime> {
  const all = globalThis as Shared;
  all[key] ??= {};
  return all[key];
}

/** The running parts; throws when the instrumentation did not start them. */
export function runtime(): Runtime {
  const parts = shared();
  if (!parts.servers) throw new Error('pgdeck was not started by its launcher: run npm start');
  return parts as Runtime;
}
