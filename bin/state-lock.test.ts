import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { lockStateFolder, removeStale } from './state-lock';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const file = () => join(folder, 'pgdeck.lock');
const other = async () => {
  const child = spawn('sleep', ['30']);
  await new Promise((resolve) => child.once('spawn', resolve));
  return child;
};

test('the folder is taken, and free again when it is given back', () => {
  const release = lockStateFolder(folder, 'http://127.0.0.1:1');
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toMatchObject({ pid: process.pid, address: 'http://127.0.0.1:1' });
  release();
  expect(existsSync(file())).toBe(false);
  lockStateFolder(folder, 'http://127.0.0.1:1')();
});

test('a living holder is named with its address', async () => {
  const holder = await other();
  writeFileSync(file(), JSON.stringify({ pid: holder.pid, born: null, address: 'http://127.0.0.1:7' }));
  expect(() => lockStateFolder(folder, 'x')).toThrow(
    `Another pgdeck (process ${holder.pid}, http://127.0.0.1:7) uses the state folder ${folder}`,
  );
  holder.kill();
});

test.skipIf(process.platform !== 'linux')('a pid that another program has now is no holder', async () => {
  const stranger = await other();
  writeFileSync(file(), JSON.stringify({ pid: stranger.pid, born: '1', address: 'http://127.0.0.1:7' }));
  lockStateFolder(folder, 'x')();
  stranger.kill();
});

test('the lock of a killed pgdeck, and half a lock, are taken over', async () => {
  const gone = await other();
  const ended = new Promise((resolve) => gone.once('exit', resolve));
  gone.kill('SIGKILL');
  await ended;
  writeFileSync(file(), JSON.stringify({ pid: gone.pid, born: null, address: 'x' }));
  lockStateFolder(folder, 'x')();
  writeFileSync(file(), '{"pid":');
  lockStateFolder(folder, 'x')();
});

test('a stale lock that another starter has replaced meanwhile stays', () => {
  const stale = { pid: 1, born: '1', address: 'x' };
  const others = JSON.stringify({ pid: 1, born: '2', address: 'y' });
  writeFileSync(file(), others);
  removeStale(file(), stale);
  expect(readFileSync(file(), 'utf8')).toBe(others);
  writeFileSync(file(), JSON.stringify(stale));
  removeStale(file(), stale);
  removeStale(file(), stale);
  expect(readdirSync(folder)).toEqual([]);
});

test('a lock that is being written is waited for', async () => {
  writeFileSync(file(), '');
  const writer = spawn('sh', ['-c', 'echo; read go; echo "{\\"pid\\":$$,\\"born\\":null}" > "$0"; read go', file()]);
  await new Promise((resolve) => writer.stdout.once('data', resolve));
  writer.stdin.write('go\n');
  expect(() => lockStateFolder(folder, 'x')).toThrow(`Another pgdeck (process ${writer.pid}`);
  writer.kill();
});

test('a folder that cannot be written is told', () => {
  expect(() => lockStateFolder(join(folder, 'missing'), 'x')).toThrow(/state folder .* cannot be written/);
});
