import { keepFresh } from '@/lib/cache/keep-fresh';
import type { ServerConfig } from '@/lib/config';
import { FindingsKeeper } from '@/lib/findings/findings';
import { log } from '@/lib/metrics/log';
import { watchServer } from '@/lib/metrics/watch-server';
import { ServerConnections } from '@/lib/postgres/server-connections';
import { keepReady } from '@/lib/runner/ready';
import type { Runtime, Server } from '@/lib/runtime';
import { Follow } from '@/lib/sampler/follow';
import { Sampler } from '@/lib/sampler/sampler';
import { topics } from '@/lib/topics/index';

/** What one watched server stands on, of what runs once in this process. */
export type Parts = Pick<Runtime, 'config' | 'history' | 'cache'>;

/** Everything that belongs to one watched server; nothing of it is asked before `beginServer`. */
export function makeServer(config: ServerConfig, { config: settings, history, cache }: Parts): Server {
  const { id } = config;
  const connections = new ServerConnections(config, settings.maintenanceMax, settings.pool);
  const complain = (error: unknown, topic: string) =>
    log.error({ err: error, server: id, topic }, 'a topic could not be read');
  const sampler = new Sampler(id, connections, topics, complain, history.of(id), { percent: settings.budgetPercent });
  // A store in the state folder has one user.
  if (settings.history.kind === 'external')
    sampler.follow = new Follow({
      sampler,
      store: history.store,
      instances: history.instances,
      mask: history.mask,
      complain: (error) => log.warn({ err: error, server: id }, 'other instances could not be told or heard'),
    });
  const server = { config, connections, sampler, findings: new FindingsKeeper(id, sampler, settings.limits) };
  watchServer(server, settings.slowStatement);
  keepReady(server);
  keepFresh(cache, id, sampler);
  return server;
}

/** Begins to ask a server. */
export function beginServer({ sampler }: Server): void {
  sampler.start();
  sampler.follow?.start();
}

/** Asks a server no more; what runs on it goes on. */
export function restServer({ sampler }: Server): void {
  sampler.stop();
  sampler.follow?.stop();
}
