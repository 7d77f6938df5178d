import { appendFileSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { maskLiterals } from '@/lib/masking/message';
import { Audit, AuditUnwritable } from './audit';
import { chainStart, hashOf } from './chain';

let folder: string;
let audits: Audit[] = [];
const opened = (...given: ConstructorParameters<typeof Audit>) => {
  const audit = new Audit(...given);
  audits.push(audit);
  return audit;
};
const files = () => readdirSync(path.join(folder, 'audit')).sort();
const file = (index = 0) => path.join(folder, 'audit', files()[index] ?? '');
const intent = (runId: string) => ({
  event: 'intent',
  runId,
  server: 'demo',
  user: { name: 'local', role: 'admin', mode: 'local' },
});

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'pgdeck-audit-'));
});
afterEach(async () => {
  for (const audit of audits) await audit.close();
  audits = [];
  rmSync(folder, { recursive: true, force: true });
});

describe('the chain', () => {
  it('links each line to the one before, in a file only its owner reads', async () => {
    const audit = opened(folder);
    await Promise.all([1, 2, 3].map((n) => audit.write(intent(`run-${n}`))));
    const lines = readFileSync(file(), 'utf8').trimEnd().split('\n');
    const entries = lines.map((line) => JSON.parse(line));
    expect(entries.map(({ seq }) => seq)).toEqual([1, 2, 3]);
    expect(entries.map(({ prev }) => prev)).toEqual([chainStart, hashOf(lines[0] ?? ''), hashOf(lines[1] ?? '')]);
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    expect(statSync(path.join(folder, 'audit')).mode & 0o777).toBe(0o700);
  });

  it('goes on after a restart and tells what had no result', async () => {
    await opened(folder).write(intent('a'));
    const before = opened(folder);
    await before.write(intent('b'));
    await before.write({ ...intent('b'), event: 'result' });
    const audit = opened(folder);
    expect((await audit.pending()).map(({ runId }) => runId)).toEqual(['a']);
    expect((await audit.write(intent('c'))).seq).toBe(4);
    expect(await audit.state()).toEqual({ writable: true, breaks: [], entries: 4 });
    expect(files()).toHaveLength(1);
  });

  it('tells a line that was changed', async () => {
    const audit = opened(folder);
    await audit.write(intent('a'));
    await audit.write(intent('b'));
    writeFileSync(file(), readFileSync(file(), 'utf8').replace('"runId":"a"', '"runId":"x"'));
    const { breaks } = await opened(folder).state();
    expect(breaks).toEqual([{ file: files()[0], line: 2, why: 'does not follow the line before it' }]);
  });

  it('tolerates and tells a line that kill -9 cut short, and never cuts anything itself', async () => {
    await opened(folder).write(intent('a'));
    appendFileSync(file(), '{"ts":"2026-11-21T04:00:00.000Z","seq":2,"pr');
    const torn = readFileSync(file(), 'utf8');
    const audit = opened(folder);
    expect((await audit.write(intent('b'))).seq).toBe(3);
    expect(files()).toHaveLength(2);
    expect(readFileSync(file(0), 'utf8')).toBe(torn);
    const { entries } = await audit.read({ limit: 10 });
    expect(entries.map(({ event }) => event)).toEqual(['intent', 'recovered', 'intent']);
    const again = opened(folder);
    expect((await again.write(intent('c'))).seq).toBe(4);
    expect((await again.state()).breaks).toEqual([]);
    expect(files()).toHaveLength(2);
  });

  it('is rotated by name and reads across the files', async () => {
    const audit = opened(folder, { rotateAtBytes: 400 });
    for (let n = 1; n <= 12; n++) await audit.write(intent(`run-${n}`));
    expect(files().length).toBeGreaterThan(2);
    const first = await audit.read({ limit: 5 });
    expect(first.entries.map(({ seq }) => seq)).toEqual([12, 11, 10, 9, 8]);
    const second = await audit.read({ limit: 10, before: first.next ?? 0 });
    expect(second.entries.map(({ seq }) => seq)).toEqual([7, 6, 5, 4, 3, 2, 1]);
    expect(second.next).toBeNull();
    // Of the newest file alone, where more would take too long.
    const newest = readFileSync(path.join(folder, 'audit', files().sort().at(-1) ?? ''), 'utf8')
      .trimEnd()
      .split('\n');
    expect((await audit.read({ limit: 100 }, 1)).entries).toHaveLength(newest.length);
    expect((await opened(folder).state()).breaks).toEqual([]);
  });
});

describe('an audit that cannot be written', () => {
  it('says so, and recovers without a restart', async () => {
    // A file stands where the folder should be: mkdir fails for root as well.
    writeFileSync(path.join(folder, 'audit'), '');
    const audit = opened(folder);
    await expect(audit.write(intent('a'))).rejects.toThrow(AuditUnwritable);
    expect((await audit.state()).writable).toBe(false);
    rmSync(path.join(folder, 'audit'));
    expect((await audit.write(intent('a'))).seq).toBe(1);
    expect((await audit.state()).writable).toBe(true);
  });

  it('full for a moment: refuses, tells that the refused did not run, and the chain holds', async () => {
    const audit = opened(folder);
    await audit.write(intent('a'));
    const probe = await open(file());
    const handles = Object.getPrototypeOf(probe);
    await probe.close();
    vi.spyOn(handles, 'datasync').mockRejectedValueOnce(Object.assign(new Error('no space left'), { code: 'ENOSPC' }));
    await expect(audit.write(intent('b'))).rejects.toThrow('The audit cannot be written: the disk is full.');
    expect(await audit.state()).toMatchObject({
      writable: false,
      problem: expect.stringContaining('the disk is full'),
    });
    await audit.write(intent('c'));
    const { entries } = await audit.read({ limit: 9 });
    expect(entries.map(({ event, runId, result }) => [event, runId, result?.status])).toEqual([
      ['intent', 'c', undefined],
      ['result', 'b', 'nothing_done'],
      ['intent', 'b', undefined],
      ['intent', 'a', undefined],
    ]);
    expect(await opened(folder).state()).toEqual({ writable: true, breaks: [], entries: 4 });
  });

  it('says which of the causes it was', () => {
    const because = (code: string) => new AuditUnwritable(Object.assign(new Error('x'), { code })).message;
    expect(because('ENOSPC')).toBe('The audit cannot be written: the disk is full.');
    expect(because('EROFS')).toBe('The audit cannot be written: its folder may not be written.');
  });
});

it('reads by event, server, action and user', async () => {
  const audit = opened(folder);
  await audit.write({ ...intent('a'), action: 'cancel' });
  await audit.write({ ...intent('b'), server: 'other', action: 'analyze' });
  await audit.write({ ...intent('b'), event: 'result', server: 'other', action: 'analyze' });
  expect((await audit.read({ limit: 9, server: 'other' })).entries).toHaveLength(2);
  expect((await audit.read({ limit: 9, event: 'result' })).entries).toHaveLength(1);
  expect((await audit.read({ limit: 9, action: 'cancel' })).entries).toHaveLength(1);
  expect((await audit.read({ limit: 9, user: 'nobody' })).entries).toEqual([]);
});

it('masks literals, keeps names', () => {
  expect(maskLiterals(`permission denied to analyze "orders", skipping it`)).toBe(
    `permission denied to analyze "orders", skipping it`,
  );
  expect(maskLiterals(`alter role app password 'hunter2'`)).toBe(`alter role app password '…'`);
  expect(maskLiterals(`do $x$ secret $x$ and E'it''s'`)).toBe(`do '…' and '…'`);
  expect(maskLiterals('Key (email)=(a@b.c) already exists.')).toBe('Key (email)=(…) already exists.');
});
