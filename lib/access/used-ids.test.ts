import { appendFileSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { UsedIds } from './used-ids';

let folder: string;
let file: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-ids-'));
  file = join(folder, 'used-ids');
});
afterEach(() => {
  vi.useRealTimers();
  rmSync(folder, { recursive: true });
});

const start = () => new UsedIds({ file, store: undefined });
const inAnHour = () => Math.floor(Date.now() / 1000) + 3600;

it('gives an id to one of those who ask for it, also when they ask at once, and to nobody after a restart', async () => {
  const ids = start();
  const given = await Promise.all(Array.from({ length: 20 }, () => ids.take('embed:portal:1', inAnHour())));
  expect(given.filter(Boolean)).toHaveLength(1);
  expect(await ids.take('embed:portal:2', inAnHour())).toBe(true);
  expect(await ids.isUsed('embed:portal:3')).toBe(false);
  const after = start();
  expect(await after.take('embed:portal:1', inAnHour())).toBe(false);
  expect(await after.isUsed('embed:portal:2')).toBe(true);
  expect(await after.isUsed('embed:portal:3')).toBe(false);
});

it('keeps hashes only, in a file that nobody else reads', async () => {
  await start().take('session:secret-id\n9999999999999 other', inAnHour());
  expect(readFileSync(file, 'utf8')).toMatch(/^\d{13} [\w-]{43}\n$/);
  expect(statSync(file).mode & 0o777).toBe(0o600);
});

it('forgets what has expired, in memory and on disk', async () => {
  vi.useFakeTimers({ toFake: ['Date'] });
  const ids = start();
  expect(await ids.take('short', Math.floor(Date.now() / 1000) + 10)).toBe(true);
  expect(await ids.take('long', inAnHour())).toBe(true);
  vi.setSystemTime(Date.now() + 11_000);
  expect(await ids.isUsed('short')).toBe(false);
  expect(await start().isUsed('long')).toBe(true);
  expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(1);
});

it('reads past lines that were cut short or are no lines of its own', async () => {
  await start().take('whole', inAnHour());
  appendFileSync(file, '17953\n\0\0\0\nnonsense of some kind\n1795306238000');
  const ids = start();
  expect(await ids.isUsed('whole')).toBe(true);
  expect(await ids.take('next', inAnHour())).toBe(true);
  expect(await start().isUsed('next')).toBe(true);
});

it('says whether it knows what was before', async () => {
  expect(await start().remembersEarlier()).toBe(false);
  expect(await start().remembersEarlier()).toBe(true);
});

it('goes on in memory where the disk takes nothing', async () => {
  writeFileSync(join(folder, 'not-a-folder'), '');
  const ids = new UsedIds({ file: join(folder, 'not-a-folder', 'used-ids'), store: undefined });
  expect(await ids.take('a', inAnHour())).toBe(true);
  expect(await ids.take('a', inAnHour())).toBe(false);
  expect(existsSync(file)).toBe(false);
});
