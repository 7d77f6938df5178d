import { type ChildProcess, spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { connect as connectTo, createServer, type Server, type Socket } from 'node:net';
import { join, resolve } from 'node:path';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import type { ServerConfig, Target } from '@/lib/config';
import { bundleProgram } from '@/lib/embedded/test-program';
import { hasPgBouncer, TestPgBouncer } from '@/lib/pgbouncer/test-pgbouncer';
import { targetFromUrl } from '@/lib/postgres/target';
import { Stage } from '../test-stage';

const root = resolve(import.meta.dirname, '..', '..', '..');
// Inside the clone, where its packages are found; dist is no part of it.
const program = join(root, 'dist', `test-pooler-${process.pid}.mjs`);
// For a machine with much else to do: what is waited for is a state, never a time.
const patient = { timeout: 50_000 };

/** A line to PgBouncer that loses one command, and everything behind it. */
class LosingLine {
  #server: Server | undefined;
  readonly #sockets = new Set<Socket>();
  /** Whether the command came by. */
  lost = false;

  constructor(
    readonly to: Target,
    readonly command: string,
  ) {}

  /** Listens; answers with the address to use instead. */
  async open(): Promise<Target> {
    const { host, port } = this.to;
    this.#server = createServer((client) => {
      const onward = connectTo(port, host);
      for (const socket of [client, onward]) {
        this.#sockets.add(socket);
        socket.on('error', () => {});
      }
      onward.pipe(client);
      client.on('data', (bytes) => {
        if (bytes.includes(this.command)) this.lost = true;
        else onward.write(bytes);
      });
      client.on('close', () => onward.destroy());
      onward.on('close', () => client.destroy());
    });
    await new Promise<void>((done) => this.#server?.listen(0, '127.0.0.1', done));
    const address = this.#server.address();
    if (!address || typeof address === 'string') throw new Error('it does not listen');
    return { ...this.to, port: address.port };
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#server?.close();
  }
}

// Without PgBouncer there is nothing to act on.
describe.skipIf(!hasPgBouncer)('a pgdeck that is killed after it sent a command to PgBouncer', () => {
  let stage: Stage;
  let pooler: TestPgBouncer;
  let child: ChildProcess | undefined;
  let line: LosingLine | undefined;
  const clients: pg.Client[] = [];

  beforeAll(async () => {
    stage = await Stage.build();
    await bundleProgram('bin/test-runner.ts', program);
  });
  beforeEach(async () => {
    const { host, port, password } = stage.server.config.read;
    pooler = await TestPgBouncer.start({
      databases: { shop: { host, port, dbname: 'postgres', user: 'app', more: `password=${password} pool_size=2` } },
      users: { boss: 'boss', ann: 'ann' },
      settings: { admin_users: 'boss', pool_mode: 'transaction' },
    });
    use();
  });
  afterEach(async () => {
    child?.kill('SIGKILL');
    line?.close();
    line = undefined;
    for (const client of clients.splice(0)) client.end().catch(() => {});
    stage.server.sampler.stop();
    await pooler.remove();
    await stage.clear();
  });
  afterAll(async () => {
    rmSync(program, { force: true });
    await stage?.end();
  });

  const use = (more: Partial<ServerConfig> = {}, stateDir?: string) =>
    stage.use('actor', { pgbouncer: targetFromUrl('pgbouncerUrl', pooler.url('boss')), ...more }, stateDir);
  const client = async (): Promise<pg.Client> => {
    const one = new pg.Client({ connectionString: pooler.url('ann', 'shop') });
    one.on('error', () => {});
    await one.connect();
    clients.push(one);
    return one;
  };
  /** A client in a transaction, which keeps a server connection. */
  const holder = async (): Promise<pg.Client> => {
    const one = await client();
    await one.query('begin');
    return one;
  };
  const paused = async () => {
    const { rows } = await stage.server.sampler.console.send('SHOW DATABASES');
    return rows.find(({ name }) => name === 'shop')?.paused;
  };
  const on = (action: string, options?: PreviewBody['options']): PreviewBody => ({
    action: `pgbouncer-${action}`,
    target: { kind: 'pgbouncer-database', name: 'shop' },
    ...(options && { options }),
  });
  /** Has another process do it, and kills that when `sent` says so. */
  const killed = async (body: PreviewBody, sent: () => Promise<boolean>): Promise<string> => {
    const { stateDir } = stage;
    child = spawn(process.execPath, [program, JSON.stringify({ stateDir, config: stage.server.config, body })], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, PGDECK_LOG_LEVEL: 'fatal' },
    });
    await expect.poll(sent, patient).toBe(true);
    const gone = new Promise((done) => child?.once('exit', done));
    child.kill('SIGKILL');
    await gone;
    return stateDir;
  };
  /** The run as the next pgdeck ends it. */
  const adopted = async (stateDir: string, more: Partial<ServerConfig> = {}) => {
    use(more, stateDir);
    await expect.poll(() => stage.runner.runs()[0]?.endedAt ?? null, patient).not.toBeNull();
    return stage.runner.runs()[0];
  };
  const isPaused = async () => (await paused()) === 1;

  it('a pause goes on, and the next one ends it in time', async () => {
    const one = await holder();
    // Long enough that the one that is killed does not end it itself.
    const stateDir = await killed(on('pause', { wait_seconds: 12 }), isPaused);
    expect(await paused()).toBe(1);
    expect(await adopted(stateDir)).toMatchObject({
      status: 'failed',
      message: expect.stringContaining('It was taken back with RESUME shop'),
    });
    expect(await paused()).toBe(0);
    await one.query('commit');
  });

  it('a pause is followed to its end, and is paused', async () => {
    const one = await holder();
    const stateDir = await killed(on('pause', { wait_seconds: 600 }), isPaused);
    await one.query('commit');
    expect(await adopted(stateDir)).toMatchObject({
      status: expect.stringMatching(/^done/),
      verified: true,
      undo: { body: { action: 'pgbouncer-resume', target: { kind: 'pgbouncer-database', name: 'shop' } } },
    });
    expect(await paused()).toBe(1);
  });

  describe('and whose command PgBouncer never got', () => {
    const lost = async (body: PreviewBody, command: string) => {
      const losing = new LosingLine(targetFromUrl('pgbouncerUrl', pooler.url('boss')), command);
      line = losing;
      const pgbouncer = await losing.open();
      use({ pgbouncer });
      const stateDir = await killed(body, async () => losing.lost);
      return adopted(stateDir, { pgbouncer });
    };

    it('does not tell that connections were renewed where there is none', async () => {
      expect(await lost(on('reconnect'), 'RECONNECT')).toMatchObject({
        status: 'unknown',
        verified: null,
        message:
          'pgdeck was ended while this ran, and PgBouncer does not show the result. There was no server connection of shop that could be renewed.',
      });
    });

    it('does not tell that connections were renewed where they stay as they are', async () => {
      await holder();
      expect(await lost(on('reconnect'), 'RECONNECT')).toMatchObject({
        status: 'unknown',
        verified: null,
        message: expect.stringContaining('1 server connection of before is not marked to be closed.'),
      });
    });

    it('does not tell that files were read', async () => {
      expect(await lost({ action: 'pgbouncer-reload', target: { kind: 'pgbouncer' } }, 'RELOAD')).toMatchObject({
        status: 'unknown',
        verified: null,
        message:
          'pgdeck was ended while this ran, and PgBouncer does not show the result. Nothing shows whether it read its files again, or what that changed.',
      });
    });
  });
});
