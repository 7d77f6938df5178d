import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { KeptFile, UnusableFile } from './kept-file';

let folder: string;
let path: string;
let read = 0;
let file: KeptFile<string[]>;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-kept-'));
  path = join(folder, 'list.json');
  read = 0;
  file = new KeptFile(
    path,
    (text) => {
      read++;
      return JSON.parse(text);
    },
    [],
  );
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (value: unknown, mode = 0o600) => {
  writeFileSync(`${path}.new`, JSON.stringify(value), { mode });
  renameSync(`${path}.new`, path);
};

it('is read again when it changes, and only then', async () => {
  expect(await file.read()).toEqual([]);
  write(['a']);
  expect(await file.read()).toEqual(['a']);
  expect(await file.read()).toEqual(['a']);
  expect(read).toBe(1);
  write(['b']);
  expect(await file.read()).toEqual(['b']);
  rmSync(path);
  expect(await file.read()).toEqual([]);
});

it('is not taken where others may read or change it, and is once they may not', async () => {
  write(['a']);
  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610, 0o666]) {
    chmodSync(path, mode);
    await expect(file.read(), mode.toString(8)).rejects.toThrow(/others may read or change it.*chmod 600/);
  }
  chmodSync(path, 0o400);
  expect(await file.read()).toEqual(['a']);
});

it('lets nobody in where it does not say what it should, rather than those of before', async () => {
  write(['a']);
  expect(await file.read()).toEqual(['a']);
  writeFileSync(path, '["a", ');
  await expect(file.read()).rejects.toThrow(UnusableFile);
  await expect(file.readNow('list_unusable', 'It cannot be used.')).rejects.toMatchObject({
    status: 503,
    code: 'list_unusable',
    message: 'It cannot be used.',
  });
  rmSync(path);
  mkdirSync(path, { mode: 0o700 });
  await expect(file.read()).rejects.toThrow(/it cannot be read \(EISDIR\)/);
});
