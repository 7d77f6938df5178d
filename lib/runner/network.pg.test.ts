import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { Target } from '@/lib/config';
import { freePort } from '@/lib/embedded/ports';
import { admin, refusal, Stage } from './test-stage';

const folder = mkdtempSync(join(tmpdir(), 'pgdeck-network-'));
let stage: Stage;
let direct: Target;
let pooled: Target;
let pooler: ChildProcess;
let line: Server | undefined;

beforeAll(async () => {
  stage = await Stage.build();
  direct = stage.server.config.action;
  pooled = { ...direct, port: await freePort() };
  chmodSync(folder, 0o755);
  writeFileSync(join(folder, 'users.txt'), `"${direct.user}" "${direct.password}"\n`);
  writeFileSync(
    join(folder, 'pgbouncer.ini'),
    `[databases]
postgres = host=127.0.0.1 port=${direct.port} dbname=postgres
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${pooled.port}
unix_socket_dir =
auth_type = plain
auth_file = ${join(folder, 'users.txt')}
pool_mode = transaction
`,
  );
  const account = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};
  pooler = spawn('pgbouncer', [join(folder, 'pgbouncer.ini')], { ...account, cwd: '/', stdio: 'ignore' });
  const listening = () =>
    new Promise<boolean>((resolve) => {
      const socket = connect(pooled.port, '127.0.0.1', () => resolve(Boolean(socket.destroy())));
      socket.on('error', () => resolve(false));
    });
  for (let tries = 0; tries < 100 && !(await listening()); tries++) await sleep(100);
});
afterEach(async () => {
  await stage.clear();
  line?.close();
});
afterAll(async () => {
  pooler?.kill('SIGKILL');
  await stage?.end();
  rmSync(folder, { recursive: true, force: true });
});

const preview = async () =>
  stage.runner.preview(
    'test',
    { action: 'analyze', target: { kind: 'relation', database: 'postgres', oid: await stage.oid('public.orders') } },
    admin,
  );

/** A way to the server that carries nothing further on the connection of a long action once `cut` was sent over it. */
async function silentAfter(cut: string): Promise<Target> {
  line = createServer((near: Socket) => {
    const far = connect(direct.port, '127.0.0.1');
    let acts = false;
    let silent = false;
    near.on('data', (sent) => {
      acts ||= sent.includes('pgdeck:act:');
      silent ||= acts && sent.includes(cut);
      if (!silent) far.write(sent);
    });
    far.on('data', (said) => void near.write(said));
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const) {
      one.on('error', () => {});
      one.on('close', () => other.destroy());
    }
  });
  const port = await freePort();
  await new Promise<void>((resolve) => line?.listen(port, '127.0.0.1', resolve));
  return { ...direct, port };
}

it('analyze works with questions through a pooler and a direct address for actions', async () => {
  stage.use('actor', { read: pooled });
  await stage.server.connections.probe();
  expect(stage.server.connections.capabilities?.pooled).toBe(true);
  const { previewId } = await preview();
  const { run } = await stage.runner.execute('test', { previewId, idempotencyKey: 'pooled-read' }, admin);
  expect(run).toMatchObject({ status: 'done', verified: true });
});

it('analyze is refused where actions go through a pooler, whatever questions do', async () => {
  stage.use('actor', { action: pooled });
  await stage.server.connections.probe();
  expect(stage.server.connections.capabilities?.pooled).toBe(false);
  expect(await refusal(preview())).toBe('422 pooler');
});

it.each(['pgdeck:actor', 'pgdeck:guard'])(
  'a network silent at %s ends the run before it acts',
  async (cut) => {
    stage.use('actor', { action: await silentAfter(cut) });
    const { previewId } = await preview();
    const key = { previewId, idempotencyKey: `silent-${cut}` };
    const { run } = await stage.runner.execute('test', key, admin);
    await expect.poll(() => stage.runner.run(run.runId).status, { timeout: 10_000 }).toBe('nothing_done');
    expect(stage.runner.run(run.runId).message).toContain('Nothing was done.');
    expect(await stage.events()).toEqual([]);
  },
  20_000,
);
