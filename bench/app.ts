import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import type { Target } from '@/lib/config';
import { freePort } from '@/lib/embedded/ports';

/** What the application answered; `ms` from sending the request to the last byte. */
export type Reply = { status: number; body: Buffer; encoding: string | undefined; ms: number };

const startSeconds = 60;

/** Builds the pages where their sources changed, as `npm start` does. */
export async function buildPages(root: string): Promise<void> {
  const { buildApp } = (await import(pathToFileURL(join(root, 'bin/set-up/build.mjs')).href)) as {
    buildApp(root: string, basePath: string): Promise<void>;
  };
  await buildApp(root, '');
}

/** pgdeck itself, as `npm start` runs it, in a process and a state folder of its own. */
export class App {
  readonly port: number;
  readonly #child: ChildProcess;
  readonly #stateDir: string;
  readonly #agent: Agent;
  #said = '';

  private constructor(port: number, child: ChildProcess, stateDir: string) {
    this.port = port;
    this.#child = child;
    this.#stateDir = stateDir;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 200 });
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text) => {
        this.#said = `${this.#said}${text}`.slice(-4000);
      });
  }

  /**
   * Starts it for `target` and waits until it answers; `clock` is how many times as fast its clock runs. Its state is
   * in a new folder, or in the one that is given; either goes with it.
   */
  static async start(root: string, target: Target, clock = 1, folder?: string): Promise<App> {
    const port = await freePort();
    const stateDir = folder ?? mkdtempSync(join(tmpdir(), 'pgdeck-bench-state-'));
    const ours = Object.entries(process.env).filter(([name]) => !/^(PGDECK_|PG[A-Z]+$|DATABASE_URL$|PORT$)/.test(name));
    // The launcher itself: `npm start` would also read a file .env, which may name another server.
    const launcher = JSON.stringify(pathToFileURL(join(root, 'dist/launcher.mjs')).href);
    const options = JSON.stringify({ root, dev: false, demo: false });
    const child = spawn(
      process.execPath,
      [
        ...(clock === 1 ? [] : ['--import', pathToFileURL(join(root, 'bench/fast-clock.mjs')).href]),
        ...['--input-type=module', '--eval', `const { start } = await import(${launcher}); await start(${options})`],
      ],
      {
        cwd: root,
        env: {
          ...Object.fromEntries(ours),
          DATABASE_URL: `postgres://${target.user}:${target.password}@${target.host}:${target.port}/${target.database}?sslmode=disable`,
          PGDECK_PORT: String(port),
          PGDECK_STATE_DIR: stateDir,
          BENCH_CLOCK: String(clock),
        } as unknown as NodeJS.ProcessEnv,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const app = new App(port, child, stateDir);
    try {
      await app.#ready();
      return app;
    } catch (error) {
      await app.stop();
      throw error;
    }
  }

  /** Asks for a path with gzip accepted, as a browser would; throws where there is no connection. */
  get(path: string): Promise<Reply> {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port: this.port, path, agent: this.#agent, headers: { 'accept-encoding': 'gzip' } },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              body: Buffer.concat(chunks),
              encoding: response.headers['content-encoding'],
              ms: performance.now() - started,
            }),
          );
        },
      );
      asked.on('error', reject);
      asked.end();
    });
  }

  /** Resident memory of its process, in bytes (Linux). */
  residentBytes(): number {
    const status = readFileSync(`/proc/${this.#child.pid}/status`, 'utf8');
    return Number(/^VmRSS:\s+(\d+)/m.exec(status)?.[1] ?? 0) * 1024;
  }

  /** CPU seconds that its process has used (Linux). */
  cpuSeconds(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8')
      .replace(/^.*\) /s, '')
      .split(' ');
    return (Number(fields[11]) + Number(fields[12])) / 100;
  }

  /** Ends it. */
  async stop(): Promise<void> {
    this.#agent.destroy();
    if (this.#child.exitCode === null) {
      const ended = new Promise((resolve) => this.#child.once('exit', resolve));
      this.#child.kill('SIGTERM');
      const late = setTimeout(() => this.#child.kill('SIGKILL'), 8000);
      await ended;
      clearTimeout(late);
    }
    rmSync(this.#stateDir, { recursive: true, force: true });
  }

  async #ready(): Promise<void> {
    const deadline = Date.now() + startSeconds * 1000;
    while (Date.now() < deadline) {
      if (this.#child.exitCode !== null) break;
      const answer = await this.get('/api/servers/default/server').catch(() => undefined);
      if (answer?.status === 200 && answer.body.length > 0) return;
      await sleep(200);
    }
    throw new Error(`pgdeck did not start for the bench:\n${this.#said}`);
  }
}
