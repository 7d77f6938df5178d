import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shop } from './workload/shop';

/** Keeps the workload running in a process of its own, which is started again when it ends. */
export class WorkloadProcess {
  #child: ChildProcess | undefined;
  #stopping = false;
  #again: NodeJS.Timeout | undefined;

  constructor(
    /** The bundled program. */
    private readonly program: string,
    private readonly shop: Shop,
    private readonly say: (line: string) => void,
  ) {
    this.#start(1);
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  #start(delaySeconds: number): void {
    const startedAt = Date.now();
    const child = spawn(process.execPath, [this.program], {
      stdio: ['pipe', 'ignore', 'pipe'],
      env: { PATH: process.env.PATH, NODE_ENV: process.env.NODE_ENV },
    });
    this.#child = child;
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-2_000);
    });
    child.stdin?.on('error', () => {}); // it ended first
    child.stdin?.write(`${JSON.stringify(this.shop)}\n`);
    child.once('error', (error) => {
      said = error.message;
    });
    child.once('close', (code, signal) => {
      if (this.#child !== child || this.#stopping) return;
      this.#child = undefined;
      // Doubled up to a minute while it does not live for one.
      const seconds = Date.now() - startedAt > 60_000 ? 1 : delaySeconds;
      this.say(`The demo's workload ended (${signal ?? code}); it is started again in ${seconds} s. ${said.trim()}`);
      this.#again = setTimeout(() => this.#start(Math.min(seconds * 2, 60)), seconds * 1000);
      this.#again.unref();
    });
  }

  /** Ends it, at once where it does not end by itself. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#again);
    const child = this.#child;
    if (!child || child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
    child.stdin?.end();
    child.kill('SIGTERM');
    await Promise.race([gone, sleep(1_000, undefined, { ref: false })]);
    child.kill('SIGKILL');
    await gone;
  }
}
