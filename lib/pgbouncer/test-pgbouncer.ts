import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../embedded/ports';

/** Whether this machine has PgBouncer: the only reason for which its tests may be skipped. */
export const hasPgBouncer = spawnSync('pgbouncer', ['--version'], { stdio: 'ignore' }).status === 0;

/** Where a database of PgBouncer leads, with what else its line says: `pool_size=2 pool_mode=session`. */
export type TestDatabase = { host: string; port: number; dbname?: string; user?: string; more?: string };

/** What a PgBouncer for tests is made of. */
export type TestSetup = {
  databases: Record<string, TestDatabase>;
  /** Names with their passwords, in clear. */
  users: Record<string, string>;
  /** Lines of the part [pgbouncer] beside those that each needs, such as `admin_users`. */
  settings: Record<string, string | number>;
  /** A key and its certificate (PEM), where it encrypts connections. */
  tls?: { key: string; cert: string };
};

/** A real PgBouncer on a port of its own. */
export class TestPgBouncer {
  readonly host = '127.0.0.1';
  setup: TestSetup;
  #port = 0;
  #folder = mkdtempSync(join(tmpdir(), 'pgdeck-pgbouncer-'));
  #process: ChildProcess | undefined;

  private constructor(setup: TestSetup) {
    this.setup = setup;
    chmodSync(this.#folder, 0o755);
  }

  /** Starts one and waits until it listens. */
  static async start(setup: TestSetup): Promise<TestPgBouncer> {
    const pooler = new TestPgBouncer(setup);
    for (let tries = 0; tries < 5; tries++) {
      pooler.#port = await freePort();
      // Where it ends at once another program has taken the port meanwhile.
      if (await pooler.#launch()) return pooler;
    }
    throw new Error('PgBouncer ends at once');
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it again after `stop`, on the same port. */
  async start(): Promise<void> {
    if (!(await this.#launch())) throw new Error('PgBouncer ended at once');
  }

  /** Waits until it listens; false where it ended before. */
  async #launch(): Promise<boolean> {
    this.write();
    // It refuses to run as root.
    const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
    const launched = spawn('pgbouncer', [join(this.#folder, 'pgbouncer.ini')], {
      ...account,
      cwd: '/',
      stdio: 'ignore',
    });
    this.#process = launched;
    for (let tries = 0; tries < 600; tries++) {
      const listens = await this.#listens();
      if (launched.exitCode !== null) return false;
      if (listens) return true;
      await sleep(50);
    }
    throw new Error('PgBouncer does not listen');
  }

  /** Writes its files anew from `setup`: what RELOAD reads. */
  write(): void {
    const { databases, users, settings, tls } = this.setup;
    const lines = (all: Record<string, string | number>) =>
      Object.entries(all).map(([key, value]) => `${key} = ${value}`);
    const file = (name: string, content: string[]) =>
      writeFileSync(join(this.#folder, name), `${content.join('\n')}\n`, { mode: 0o644 });
    file(
      'users.txt',
      Object.entries(users).map(([name, password]) => `"${name}" "${password}"`),
    );
    if (tls) {
      file('server.key', [tls.key]);
      file('server.crt', [tls.cert]);
    }
    file('pgbouncer.ini', [
      '[databases]',
      ...Object.entries(databases).map(([name, { host, port, dbname, user, more = '' }]) =>
        [`${name} = host=${host} port=${port}`, dbname && `dbname=${dbname}`, user && `user=${user}`, more]
          .filter(Boolean)
          .join(' '),
      ),
      '[pgbouncer]',
      `listen_addr = ${this.host}`,
      `listen_port = ${this.port}`,
      'unix_socket_dir =',
      'auth_type = plain',
      `auth_file = ${join(this.#folder, 'users.txt')}`,
      ...(tls
        ? [
            `client_tls_key_file = ${join(this.#folder, 'server.key')}`,
            `client_tls_cert_file = ${join(this.#folder, 'server.crt')}`,
          ]
        : []),
      ...lines(settings),
    ]);
  }

  /** The address of a database of its, or of its console. */
  url(user: string, database = 'pgbouncer'): string {
    const password = encodeURIComponent(this.setup.users[user] ?? '');
    return `postgresql://${user}:${password}@${this.host}:${this.port}/${database}`;
  }

  /** Stands still: what it is asked is not answered until `thaw`. */
  freeze(): void {
    this.#process?.kill('SIGSTOP');
  }

  /** Goes on after `freeze`. */
  thaw(): void {
    this.#process?.kill('SIGCONT');
  }

  /** Ends it at once, and whoever is connected to it. */
  async stop(): Promise<void> {
    const running = this.#process;
    this.#process = undefined;
    if (!running || running.exitCode !== null || running.signalCode !== null) return;
    const ended = once(running, 'exit');
    running.kill('SIGKILL');
    await ended;
  }

  /** Ends it and removes its files. */
  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #listens(): Promise<boolean> {
    return new Promise((resolve) => {
      const socket = connect(this.port, this.host, () => {
        socket.destroy();
        resolve(true);
      });
      socket.on('error', () => resolve(false));
    });
  }
}
