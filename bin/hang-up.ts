import { closeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { log, safeError } from '@/lib/metrics/log';
import { shared } from '@/lib/runtime';

/** A shell that ends may send the signal before its terminal is gone. */
const looksAgainMs = 2000;

/**
 * Takes SIGHUP, which asks for the file of servers to be read again, and which whoever was started in a terminal also gets
 * when that is closed: then, and where there is no such file (`reloads` false), pgdeck ends (`leave`). What comes before
 * pgdeck has started is done when the returned function is called.
 */
export function takeHangUps(options: {
  reloads: boolean;
  leave: (why: string) => void;
  say: (line: string) => void;
}): () => void {
  const { reloads, leave, say } = options;
  const terminals = [0, 1, 2].filter((fd) => isatty(fd));
  // A terminal that was closed is none any more.
  const isGone = () => terminals.some((fd) => !isatty(fd));
  // Node.js crashes while it puts a terminal back that was closed, and leaves alone what is not open.
  process.on('exit', () => {
    for (const fd of terminals.filter((fd) => !isatty(fd))) {
      try {
        closeSync(fd);
      } catch {
        // it was closed before
      }
    }
  });
  let started = false;
  let asked = false;
  const reload = () => {
    asked = true;
    if (!started) return;
    asked = false;
    shared()
      .fileServers?.reload()
      .then((lines) => {
        for (const line of lines) say(line);
      })
      .catch((error) => log.error({ err: safeError(error) }, 'PGDECK_CONFIG could not be read again'));
  };
  process.on('SIGHUP', () => {
    if (!reloads || isGone()) return leave('SIGHUP');
    reload();
    if (terminals.length > 0) setTimeout(() => isGone() && leave('the terminal was closed'), looksAgainMs).unref();
  });
  return () => {
    started = true;
    if (asked) reload();
  };
}
