import { setTimeout as sleep } from 'node:timers/promises';
import { topics } from '@/lib/topics/index';
import { App } from './app';
import { statementsOf } from './backends';
import { startWatchedServer } from './watched-server';

/** Part (c): resident memory of the application in bytes, while it takes `hours` of samples. */
export type Memory = {
  tables: number;
  hours: number;
  atStart: number;
  atEnd: number;
  peak: number;
  /** One reading every five seconds. */
  readings: number[];
  askings: number;
};

const clock = 60;

/** Runs the application with a clock sixty times as fast and one reader of everything, for `seconds`. */
export async function measureMemory(
  root: string,
  options: { tables: number; statements: number; seconds: number },
): Promise<Memory> {
  const server = await startWatchedServer(options.tables, options.statements);
  let app: App | undefined;
  try {
    const target = await server.newWatcher('pgdeck_memory');
    app = await App.start(root, target, clock);
    const running = app;
    const atStart = app.residentBytes();
    const readings: number[] = [];
    let peak = atStart;
    const until = performance.now() + options.seconds * 1000;
    // As an open page would, and often enough that every topic counts as looked at all the time.
    const look = async (id: string, everyMs: number) => {
      while (performance.now() < until) {
        await running.get(`/api/servers/default/${id}`);
        await sleep(everyMs);
      }
    };
    const watch = async () => {
      for (let second = 1; performance.now() < until; second++) {
        await sleep(1000);
        const now = running.residentBytes();
        peak = Math.max(peak, now);
        if (second % 5 === 0) readings.push(now);
      }
    };
    await Promise.all([
      watch(),
      ...Object.values(topics).map(({ id, cadenceSeconds }) =>
        look(id, Math.max(200, (cadenceSeconds * 1000) / clock)),
      ),
    ]);
    const asked = await statementsOf(server.admin, target.user);
    return {
      tables: options.tables,
      hours: (options.seconds * clock) / 3600,
      atStart,
      atEnd: app.residentBytes(),
      peak,
      readings,
      askings: [...asked.values()].reduce((sum, { calls }) => sum + calls, 0),
    };
  } finally {
    await app?.stop();
    await server.stop();
  }
}
