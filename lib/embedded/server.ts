import { closeSync, fstatSync, ftruncateSync, openSync, readFileSync, rmSync, unlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Account, serverAccount } from './account';
import { type Binaries, findBinaries } from './binaries';
import { prepareDataFolder, serverEnvironment } from './data-folder';
import { EmbeddedError } from './errors';
import type { EmbeddedOptions } from './options';
import { endProcessesOf, isAlive, isPostgresOf, parentOf, readPidFile, signal } from './pidfile';
import { freePort } from './ports';
import { adopt, type Launch, launch, type Supervisor } from './supervisor';
import { saysPortTaken, whyNotStarted } from './why-not';

const baseSettings = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  log_min_error_statement: 'panic', // statements may hold what nobody meant to keep
  log_checkpoints: 'off',
};

const logName = 'pgdeck-server.log';
const logMaxBytes = 20 * 1024 * 1024;
const usualStartSeconds = 30;
const stopSeconds = 4;

/** A running server of our own; it ends with this process, however that ends. */
export class Embedded {
  readonly host = '127.0.0.1';
  readonly superuser: string;
  /** PostgreSQL's own version, e.g. `18.4`. */
  readonly version: string;
  /** True when this start made the data folder. */
  readonly initialised: boolean;
  /** True when the server was already running and was taken over. */
  adopted = false;
  #port = 0;
  #supervisor: Supervisor | undefined;
  #stopping = false;
  #log: number;
  #housekeeping: NodeJS.Timeout;

  private constructor(
    private readonly options: EmbeddedOptions,
    private readonly binaries: Binaries,
    private readonly account: Account,
    /** The canonical path. */
    readonly dataDir: string,
    initialised: boolean,
  ) {
    this.superuser = options.superuser ?? 'postgres';
    this.version = binaries.version;
    this.initialised = initialised;
    this.#log = openSync(join(dataDir, logName), 'a', 0o600);
    ftruncateSync(this.#log);
    this.#housekeeping = setInterval(() => {
      if (fstatSync(this.#log).size > logMaxBytes) ftruncateSync(this.#log);
    }, 60_000).unref();
  }

  /** Finds the binaries, makes the data folder where needed, and starts or takes over the server in it. */
  static async start(options: EmbeddedOptions): Promise<Embedded> {
    const account = serverAccount();
    const binaries = findBinaries(options.major, resolve(options.root ?? process.cwd()), account);
    const superuser = options.superuser ?? 'postgres';
    const { dataDir, initialised } = await prepareDataFolder(resolve(options.dataDir), binaries, account, {
      superuser,
      superuserPassword: options.superuserPassword,
    });
    const server = new Embedded(options, binaries, account, dataDir, initialised);
    try {
      await server.#up();
    } catch (error) {
      clearInterval(server.#housekeeping);
      closeSync(server.#log);
      if (options.temporary) rmSync(dataDir, { recursive: true, force: true });
      throw error;
    }
    return server;
  }

  get port(): number {
    return this.#port;
  }

  /** The postmaster's pid; it changes when the server is started again. */
  get pid(): number | undefined {
    return this.#supervisor?.pid;
  }

  /** The last lines that the server wrote. */
  log(lines = 20): string {
    return readFileSync(join(this.dataDir, logName), 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Fast shutdown (SIGINT), the immediate one after four seconds; returns when no process of it is left. */
  async stop(): Promise<void> {
    if (this.#stopping) return;
    this.#stopping = true;
    await this.#down();
    clearInterval(this.#housekeeping);
    closeSync(this.#log);
    if (this.options.temporary) rmSync(this.dataDir, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Stops it and starts it again on the same port, as a restart of a watched server is; `downMs` after it was down. */
  async restart(downMs = 0): Promise<void> {
    this.#stopping = true;
    await this.#down(true);
    await sleep(downMs);
    this.#stopping = false;
    await this.#up();
  }

  async #down(keep = false): Promise<void> {
    const supervisor = this.#supervisor;
    this.#supervisor = undefined;
    if (!supervisor) return;
    supervisor.hold(true);
    supervisor.release(keep);
    const late = setTimeout(() => signal(supervisor.pid, 'SIGQUIT'), stopSeconds * 1000);
    const last = setTimeout(() => signal(supervisor.pid, 'SIGKILL'), (stopSeconds + 2) * 1000);
    await supervisor.ended;
    clearTimeout(late);
    clearTimeout(last);
  }

  async #up(): Promise<void> {
    const running = await this.#settlePidFile();
    if (running) {
      this.#port = running.port;
      this.adopted = true;
      this.#watch(adopt(running.pid, this.#launch()));
      return;
    }
    this.adopted = false;
    const wanted = this.#port || this.options.port;
    const deadline = Date.now() + (this.options.startSeconds ?? usualStartSeconds) * 1000;
    for (;;) {
      this.#port = wanted ?? (await freePort(this.host));
      const supervisor = await launch(this.#command(this.#port), this.#launch());
      const ready = await this.#ready(supervisor, deadline);
      if (ready) {
        this.#watch(supervisor);
        return;
      }
      const said = this.log();
      if (Date.now() > deadline) {
        throw new EmbeddedError(`PostgreSQL is not ready in time in ${this.dataDir}:\n${said}`, 'slow');
      }
      if (!(await this.#mend(said, wanted === undefined))) {
        const { version, dataDir } = this;
        throw whyNotStarted(said, { version, dataDir, address: `port ${this.#port} on ${this.host}` });
      }
    }
  }

  #launch(): Launch {
    return {
      account: this.account,
      cwd: this.dataDir,
      log: this.#log,
      env: serverEnvironment,
      clean: this.options.temporary ? this.dataDir : '',
    };
  }

  #command(port: number): string[] {
    const settings = { ...baseSettings, ...this.options.settings, port };
    const parameters = Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    return [this.binaries.postgres, '-D', this.dataDir, ...parameters];
  }

  async #ready(supervisor: Supervisor, deadline: number): Promise<boolean> {
    let ended = false;
    supervisor.hold(true);
    supervisor.ended.then(() => {
      ended = true;
    });
    while (!ended && Date.now() < deadline) {
      const file = readPidFile(this.dataDir);
      // The pid is compared: an older server in the same folder would look ready too.
      if (file?.pid === supervisor.pid && (file.status === 'ready' || file.status === 'standby')) {
        supervisor.hold(false);
        return true;
      }
      await sleep(15);
    }
    if (!ended) {
      supervisor.release(true);
      await supervisor.ended;
    }
    return false;
  }

  /** What a failed start can be mended by: true when another try makes sense. */
  async #mend(said: string, portIsFree: boolean): Promise<boolean> {
    if (saysPortTaken(said)) {
      if (!portIsFree) return false;
      ftruncateSync(this.#log);
      return true;
    }
    if (/is still in use|lock file "postmaster.pid" already exists/.test(said)) {
      // Backends of a killed postmaster, or its own zombie that init has not reaped yet.
      await endProcessesOf(this.dataDir);
      await sleep(200);
      ftruncateSync(this.#log);
      return true;
    }
    return false;
  }

  /**
   * Looks at a postmaster.pid that is there before the start: waits for a server that is being stopped, takes over one
   * that lost its supervisor (the answer), removes a file whose pid now belongs to another program.
   */
  async #settlePidFile(): Promise<{ pid: number; port: number } | undefined> {
    const deadline = Date.now() + 12_000;
    for (;;) {
      const file = readPidFile(this.dataDir);
      if (!file || !isAlive(file.pid)) return undefined;
      if (!isPostgresOf(file.pid, this.dataDir)) {
        // Without the file a new server would not notice backends of the old one: they go first.
        await endProcessesOf(this.dataDir);
        unlinkSync(join(this.dataDir, 'postmaster.pid'));
        return undefined;
      }
      const parent = parentOf(file.pid);
      const supervised =
        parent !== undefined && /^(sh|dash|bash|ash|busybox|zsh|ksh)$/.test(parent.program) && parent.pid > 1;
      if (!supervised && file.status === 'ready') {
        if (this.#sameSettings() && (this.options.port === undefined || this.options.port === file.port)) return file;
        signal(file.pid, 'SIGINT');
      }
      if (Date.now() > deadline) {
        throw new EmbeddedError(
          `PostgreSQL (pid ${file.pid}) is already running in ${this.dataDir} for another process. Stop that one first.`,
          'locked',
        );
      }
      await sleep(100);
    }
  }

  /** The running server's command line, which PostgreSQL keeps in its data folder, against ours. */
  #sameSettings(): boolean {
    try {
      const withoutPort = (line: string) => line.trim().replace(/"port=\d+"/, '');
      const [program, ...parameters] = this.#command(0);
      const ours = `${program} ${parameters.map((each) => `"${each}"`).join(' ')}`;
      return withoutPort(readFileSync(join(this.dataDir, 'postmaster.opts'), 'utf8')) === withoutPort(ours);
    } catch {
      return false;
    }
  }

  #watch(supervisor: Supervisor): void {
    this.#supervisor = supervisor;
    supervisor.ended.then(() => {
      if (this.#stopping || this.#supervisor !== supervisor) return;
      this.#supervisor = undefined;
      this.options.onChange?.('PostgreSQL ended by itself; it is being started again', 'down');
      this.#startAgain(1);
    });
  }

  async #startAgain(attempt: number): Promise<void> {
    await sleep(Math.min(500 * attempt, 30_000), undefined, { ref: false });
    if (this.#stopping) return;
    try {
      await this.#up();
      if (this.#stopping) await this.#down();
      else this.options.onChange?.(`PostgreSQL is up again on port ${this.#port}`, 'up');
    } catch (error) {
      const why = error instanceof EmbeddedError ? error : new EmbeddedError(String(error));
      this.options.onChange?.(why.message, why);
      if (!this.#stopping) await this.#startAgain(attempt * 2);
    }
  }
}

/** Starts an embedded PostgreSQL on a loopback port; throws `EmbeddedError` with what to do. */
export function startEmbedded(options: EmbeddedOptions): Promise<Embedded> {
  return Embedded.start(options);
}
