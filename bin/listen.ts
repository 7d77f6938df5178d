import type { Server } from 'node:http';
import { log } from '@/lib/metrics/log';
import { LaunchError } from './launch-error';
import { listenProblem } from './set-up/port.mjs';

/** Without file descriptors every try to accept is an error: one line for all within this time. */
const quietMs = 10_000;

/**
 * Connections that may wait to be taken, as far as the system lets them: after a restart a thousand browsers come back in the
 * same second with several each, and one that finds no place tries again after 1, 3, 7 … 63 s only.
 */
const backlog = 4096;

/**
 * Listens; throws `LaunchError` where the port cannot be had. What goes wrong with taking connections later (no file
 * descriptors left) is logged; pgdeck goes on.
 */
export async function listen(server: Server, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    const refuse = (error: Error) => reject(new LaunchError(listenProblem(error, host, port)));
    server.once('error', refuse);
    server.listen({ port, host, backlog }, () => {
      server.off('error', refuse);
      resolve();
    });
  });
  let told = Number.NEGATIVE_INFINITY;
  server.on('error', (error) => {
    if (performance.now() - told < quietMs) return;
    told = performance.now();
    log.error({ err: error }, 'a connection could not be taken');
  });
}
