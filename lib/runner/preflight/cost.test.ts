import { describe, expect, it } from 'vitest';
import type { Plan } from '@/lib/actions/action';
import type { PastRun } from '@/lib/actions/protocol';
import { blocksOf } from './blocks';
import { costs } from './cost';

const mb = 1024 * 1024;
const plan = (work?: Plan['work']): Plan => ({
  question: '',
  effect: '',
  typed: '',
  facts: [],
  warnings: [],
  steps: [],
  ...(work && { work }),
});
const run = (ms: number, bytes: number | null): PastRun => ({ runId: '', target: '', startedAt: '', ms, bytes });
const fact = (label: string, work: Plan['work'], past: PastRun[] | undefined) =>
  costs(plan(work), past)
    .find((each) => each.label === label)
    ?.value.replaceAll('\u00a0', ' ');

describe('the time that a plan takes', () => {
  const work = { readBytes: 3000 * mb, writeBytes: 0 };

  it('is told by the pace of earlier runs, with their band', () => {
    const past = [run(1100, 100 * mb), run(2800, 200 * mb), run(1300, 100 * mb), run(5, 8192)];
    expect(fact('Time', work, past)).toBe('about 39 s: 3 earlier runs took 11 to 14 ms per MB');
  });

  it('is only what they took where their sizes or its own are not known', () => {
    expect(fact('Time', work, [run(40, null), run(3000, null)])).toBe(
      '2 earlier runs took 40.0 ms to 3.0 s, of other sizes',
    );
    expect(fact('Time', undefined, [run(40, null)])).toBe('1 earlier run took 40.0 ms');
  });

  it('is not known without them, and never 0', () => {
    expect(fact('Time', work, [])).toBe('not known: there is no earlier run of it on this server');
    expect(fact('Time', work, undefined)).toBe('not known: the audit could not be read');
  });
});

it('bytes that are read and written, WAL, and the disk that it needs beside them', () => {
  const work = { readBytes: 10 * mb, writeBytes: 4 * mb, walBytes: 6 * mb };
  expect(fact('Reads', work, [])).toBe('about 10 MB');
  expect(fact('Writes', work, [])).toBe('about 4 MB');
  expect(fact('WAL', work, [])).toBe('about 6 MB');
  expect(fact('Disk', work, [])).toContain('about 10 MB more while it runs; PostgreSQL does not tell how much is free');
  expect(fact('Disk', { readBytes: 5, writeBytes: 0 }, [])).toBeUndefined();
});

it('what a lock mode blocks follows from the table of conflicts', () => {
  expect(blocksOf('AccessExclusiveLock')).toBe('everything, reads too');
  expect(blocksOf('ShareLock')).toMatch(/^writes .*VACUUM.*; not reads$/);
  expect(blocksOf('ShareLock')).not.toContain('CREATE INDEX,');
  expect(blocksOf('ShareUpdateExclusiveLock')).toMatch(/^VACUUM.*; not reads or writes$/);
  expect(blocksOf('AccessShareLock')).toBe('DROP, TRUNCATE, most ALTER TABLE; not reads or writes');
  expect(blocksOf('NoLock')).toContain('not known');
});
