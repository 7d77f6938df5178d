import { setTimeout as sleep } from 'node:timers/promises';
import type { topics } from '@/lib/topics/index';
import { backendsOf, grownStatements, ownMemorySql, statementsOf } from './backends';
import { Floor } from './floor';
import { startWatchedServer, type WatchedServer } from './watched-server';
import { Watcher } from './watcher';

/** What one watcher cost over the window; `floor` is the cheapest reading of the same. */
export type WatcherCost = {
  watcher: string;
  viewers: number | null;
  statementsPerMinute: number;
  serverMsPerMinute: number;
  cpuMsPerMinute: number;
  /** CPU before the window: connecting, preparing, the first answers. */
  startCpuMs: number;
  memoryBytes: number;
  privateBytes: number;
  parallelWorkers: number;
};

/** One statement of pgdeck beside the floor's of the same name; times in milliseconds, null where there is none. */
export type StatementCost = {
  statement: string;
  callsPerMinute: number;
  msPerCall: number;
  floorCallsPerMinute: number | null;
  floorMsPerCall: number | null;
  msPerMinute: number;
  floorMsPerMinute: number | null;
};

/** Part (a) for one size of server. */
export type Cost = {
  tables: number;
  statements: number;
  windowSeconds: number;
  version: string;
  watchers: WatcherCost[];
  /** Of the watcher with one viewer. */
  perStatement: StatementCost[];
  errors: string[];
};

export type CostOptions = { tables: number; statements: number; warmUpSeconds: number; windowSeconds: number };

const crowds = [0, 1, 10, 100];

/**
 * Measures the floor and pgdeck with 0, 1, 10 and 100 viewers side by side: the same server, the same minutes, each with
 * a role of its own. What they cost is counted by the server and the kernel, not by a clock of ours.
 */
export async function measureCost(options: CostOptions): Promise<Cost> {
  const server = await startWatchedServer(options.tables, options.statements);
  const watchers: Watcher[] = [];
  let floor: Floor | undefined;
  try {
    for (const viewers of crowds) {
      const watcher = new Watcher(`viewers-${viewers}`, await server.newWatcher(roleOf(viewers)), viewers);
      watchers.push(watcher);
      watcher.start();
      // The rhythms are kept apart, so that one does not wait for another's large answer.
      await sleep(options.windowSeconds >= 120 ? 2500 : 500);
    }
    const [, one] = watchers;
    floor = new Floor(
      await server.newWatcher('floor'),
      (topic) => one?.cadenceMs(topic as keyof typeof topics) ?? 60_000,
    );
    await floor.start();
    await sleep(options.warmUpSeconds * 1000);
    const roles = ['floor', ...crowds.map(roleOf)];
    const before = await readings(server, roles);
    const started = performance.now();
    await sleep(options.windowSeconds * 1000);
    const minutes = (performance.now() - started) / 60_000;
    const after = await readings(server, roles);

    const costs: WatcherCost[] = [];
    for (const [at, role] of roles.entries()) {
      const watcher = watchers[at - 1];
      const then = before.get(role);
      const now = after.get(role);
      if (!then || !now) continue;
      const grown = [...grownStatements(then.statements, now.statements).values()];
      costs.push({
        watcher: watcher ? `pgdeck, ${watcher.viewers} viewer${watcher.viewers === 1 ? '' : 's'}` : 'floor',
        viewers: watcher ? watcher.viewers : null,
        statementsPerMinute: total(grown, 'calls') / minutes,
        serverMsPerMinute: total(grown, 'serverMs') / minutes,
        cpuMsPerMinute: (now.backends.cpuMs - then.backends.cpuMs) / minutes,
        startCpuMs: then.backends.cpuMs,
        memoryBytes: watcher
          ? await watcher.memoryBytes()
          : total(await floor.ask<{ bytes: number }>(ownMemorySql), 'bytes'),
        privateBytes: now.backends.privateBytes,
        parallelWorkers: total(grown, 'parallelWorkers'),
      });
    }
    const grown = (role: string) =>
      grownStatements(before.get(role)?.statements ?? new Map(), after.get(role)?.statements ?? new Map());
    return {
      tables: options.tables,
      statements: options.statements,
      windowSeconds: options.windowSeconds,
      version: server.version,
      watchers: costs,
      perStatement: beside(grown(roleOf(1)), grown('floor'), minutes),
      errors: watchers.flatMap(({ errors, viewers }) => errors.map((error) => `${viewers} viewers: ${error}`)),
    };
  } finally {
    for (const watcher of watchers) watcher.stop();
    await floor?.stop().catch(() => {});
    await server.stop();
  }
}

const roleOf = (viewers: number) => `viewers_${viewers}`;

const total = <Key extends string>(rows: Record<Key, number>[], key: Key) =>
  rows.reduce((sum, row) => sum + row[key], 0);

async function readings(server: WatchedServer, roles: string[]) {
  const all = new Map<
    string,
    { backends: Awaited<ReturnType<typeof backendsOf>>; statements: Awaited<ReturnType<typeof statementsOf>> }
  >();
  for (const role of roles)
    all.set(role, {
      backends: await backendsOf(server.admin, role),
      statements: await statementsOf(server.admin, role),
    });
  return all;
}

type Grown = ReturnType<typeof grownStatements>;

function beside(own: Grown, floor: Grown, minutes: number): StatementCost[] {
  return [...new Set([...own.keys(), ...floor.keys()])]
    .map((statement) => {
      const ours = own.get(statement);
      const least = floor.get(statement);
      return {
        statement,
        callsPerMinute: (ours?.calls ?? 0) / minutes,
        msPerCall: ours ? ours.serverMs / ours.calls : 0,
        msPerMinute: (ours?.serverMs ?? 0) / minutes,
        floorCallsPerMinute: least ? least.calls / minutes : null,
        floorMsPerCall: least ? least.serverMs / least.calls : null,
        floorMsPerMinute: least ? least.serverMs / minutes : null,
      };
    })
    .sort((a, b) => b.msPerMinute - (b.floorMsPerMinute ?? 0) - (a.msPerMinute - (a.floorMsPerMinute ?? 0)));
}
