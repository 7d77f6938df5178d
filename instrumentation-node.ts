import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { Audit } from '@/lib/audit/audit';
import { AuditCopies } from '@/lib/audit/copies';
import { AnswerCache } from '@/lib/cache/answer-cache';
import { keepFresh } from '@/lib/cache/keep-fresh';
import { readConfig } from '@/lib/config';
import { FindingsKeeper } from '@/lib/findings/findings';
import { History } from '@/lib/history/history';
import { log } from '@/lib/metrics/log';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { keepReady } from '@/lib/runner/ready';
import { Runner } from '@/lib/runner/runner';
import { type Server, shared } from '@/lib/runtime';
import { Follow } from '@/lib/sampler/follow';
import { Sampler } from '@/lib/sampler/sampler';
import { Keeper } from '@/lib/schedules/keeper';
import { Schedules } from '@/lib/schedules/schedules';
import { topics } from '@/lib/topics/index';

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
  mkdirSync(config.stateDir, { recursive: true });
  const history = new History(config.history, parts.launcher.history ?? { kind: 'off', notices: [] }, config.servers);
  const servers = new Map<string, Server>();
  for (const server of config.servers) {
    const connections = new ServerConnections(server, config.maintenanceMax);
    const complain = (error: unknown, topic: string) =>
      log.error({ err: error, server: server.id, topic }, 'a topic could not be read');
    const sampler = new Sampler(server.id, connections, topics, complain, history.of(server.id), {
      percent: config.budgetPercent,
    });
    // A store in the state folder has one user.
    if (config.history.kind === 'external')
      sampler.follow = new Follow({
        sampler,
        store: history.store,
        instances: history.instances,
        mask: history.mask,
        complain: (error) => log.warn({ err: error, server: server.id }, 'other instances could not be told or heard'),
      });
    const findings = new FindingsKeeper(server.id, sampler, config.limits);
    servers.set(server.id, { config: server, connections, sampler, findings });
  }
  parts.config = config;
  parts.audit = new Audit(config.stateDir);
  parts.servers = servers;
  parts.cache = new AnswerCache(config.cache);
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
  parts.schedules = new Schedules(schedules);
  new Keeper(schedules).start();
  if (config.auditCopy) {
    const instance = `${hostname()}:${config.port}`;
    parts.auditCopies = new AuditCopies({ audit: parts.audit, store: history.store, instance });
    parts.auditCopies.start();
  }
  history.start();
  for (const server of servers.values()) {
    keepReady(server);
    keepFresh(parts.cache, server.config.id, server.sampler);
    server.sampler.start();
    server.sampler.follow?.start();
  }
}
