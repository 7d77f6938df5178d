import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { Audit } from '@/lib/audit/audit';
import { AuditCopies } from '@/lib/audit/copies';
import { AnswerCache } from '@/lib/cache/answer-cache';
import { readConfig } from '@/lib/config';
import { setting } from '@/lib/config-early.mjs';
import { History } from '@/lib/history/history';
import { log } from '@/lib/metrics/log';
import { measureProcess } from '@/lib/metrics/own';
import { Runner } from '@/lib/runner/runner';
import { shared } from '@/lib/runtime';
import { Keeper } from '@/lib/schedules/keeper';
import { Schedules } from '@/lib/schedules/schedules';
import { FileServers } from '@/lib/servers/file-servers';
import { beginServer, makeServer } from '@/lib/servers/server';

/** Starts config, connections, samplers, findings, audit and runner, once, where the launcher finds them. */
export async function start(): Promise<void> {
  const parts = shared();
  if (parts.servers) return;
  if (!parts.launcher) {
    console.error('pgdeck is started by its launcher, which guards the port: run npm start.');
    process.exit(1);
  }
  const config = readConfig(process.env, parts.launcher.demo);
  log.level = config.logLevel;
  measureProcess();
  mkdirSync(config.stateDir, { recursive: true });
  const history = new History(config.history, parts.launcher.history ?? { kind: 'off', notices: [] }, () =>
    [...servers.values()].map((server) => server.config),
  );
  const cache = new AnswerCache(config.cache);
  const servers = new Map(config.servers.map((server) => [server.id, makeServer(server, { config, history, cache })]));
  parts.config = config;
  parts.audit = new Audit(config.stateDir);
  parts.servers = servers;
  parts.cache = cache;
  parts.history = history;
  parts.runner = new Runner();
  const { audit, runner } = parts;
  const schedules = {
    store: history.store,
    servers,
    runner,
    audit,
    access: config.access,
    enabled: config.schedules,
    holder: history.leases.holder,
  };
  const file = setting(process.env, 'PGDECK_CONFIG');
  if (file !== undefined && !parts.launcher.demo)
    parts.fileServers = new FileServers(file, process.env, { config, servers, history, cache, runner, audit });
  parts.schedules = new Schedules(schedules);
  parts.keeper = new Keeper(schedules);
  parts.keeper.start();
  if (config.auditCopy) {
    const instance = `${hostname()}:${config.port}`;
    parts.auditCopies = new AuditCopies({ audit: parts.audit, store: history.store, instance });
    parts.auditCopies.start();
  }
  history.start();
  for (const server of servers.values()) beginServer(server);
}
