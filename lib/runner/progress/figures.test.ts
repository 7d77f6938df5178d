import { describe, expect, it } from 'vitest';
import { bytes, percent } from '@/lib/format';
import { type Command, type Counted, figuresOf } from './figures';

/** What a command says, with the parameters that are not 0 by their number. */
function counted(command: Command, parameters: Record<number, number>, more: Partial<Counted> = {}): Counted {
  const params = Array.from({ length: 20 }, (_, index) => parameters[index + 1] ?? 0);
  return { command, major: 18, params, subphase: null, relation: null, seconds: 10, ...more };
}

describe('a vacuum', () => {
  it('counts blocks while it scans, and tells its passes and dead rows', () => {
    expect(figuresOf(counted('VACUUM', { 1: 1, 2: 100, 3: 25, 6: 291, 7: 40 }, { major: 16 }))).toEqual({
      phase: 'scanning heap',
      done: 25,
      total: 100,
      unit: 'blocks',
      waiting: false,
      waitsForPid: null,
      details: [{ label: 'Dead rows', value: '40 of the 291 that fit into memory' }],
    });
  });

  it('counts indexes from PostgreSQL 17 on, and tells the memory of its dead rows in bytes', () => {
    const at = { 1: 2, 2: 100, 3: 100, 5: 2, 6: 65536, 7: 4096, 8: 500, 9: 3, 10: 1 };
    expect(figuresOf(counted('VACUUM', at, { major: 16 }))).toMatchObject({ done: null, total: null, unit: null });
    expect(figuresOf(counted('VACUUM', at, { major: 17 }))).toMatchObject({
      phase: 'vacuuming indexes',
      done: 1,
      total: 3,
      unit: 'indexes',
      details: [
        { label: 'Index passes', value: '2: the dead rows did not fit into maintenance_work_mem at once' },
        { label: 'Dead rows', value: `500, in ${bytes(4096)} of ${bytes(65_536)} memory` },
      ],
    });
  });

  it('tells from PostgreSQL 18 on how much of its time it slept for the cost delay', () => {
    const at = { 1: 1, 2: 100, 3: 25, 11: 9e9 };
    const told = (major: number) =>
      figuresOf(counted('VACUUM', at, { major })).details.find(({ label }) => label === 'Cost delay')?.value;
    expect(told(18)).toBe(`${percent(0.9)} of its time`);
    expect(told(17)).toBeUndefined();
  });
});

describe('an analyze', () => {
  it('counts blocks of the sample, statistics objects, and partitions', () => {
    const at = { 1: 2, 2: 300, 3: 30, 6: 12, 7: 4, 9: 5e9 };
    expect(figuresOf(counted('ANALYZE', at, { relation: 'public.orders' }))).toMatchObject({
      phase: 'acquiring inherited sample rows',
      done: 30,
      total: 300,
      unit: 'blocks',
      details: [
        { label: 'Works on', value: 'public.orders' },
        { label: 'Partitions', value: '4 of 12' },
        { label: 'Cost delay', value: `${percent(0.5)} of its time` },
      ],
    });
    expect(figuresOf(counted('ANALYZE', { 1: 4, 4: 2, 5: 1 }))).toMatchObject({
      done: 1,
      total: 2,
      unit: 'statistics',
    });
    expect(figuresOf(counted('ANALYZE', { 1: 3, 2: 300, 3: 300 }))).toMatchObject({ done: null, unit: null });
  });
});

describe('an index build', () => {
  it('counts the sessions that it waits for and names the one it waits for now', () => {
    expect(figuresOf(counted('CREATE INDEX', { 1: 2, 4: 3, 5: 1, 6: 4711, 10: 7 }))).toMatchObject({
      phase: 'waiting for old snapshots',
      done: 1,
      total: 3,
      unit: 'sessions',
      waiting: true,
      waitsForPid: 4711,
    });
  });

  it('counts blocks, then rows, with the access method’s own words', () => {
    const building = { subphase: 'scanning table' };
    expect(figuresOf(counted('CREATE INDEX', { 1: 2, 6: 4711, 10: 2, 16: 50, 17: 5 }, building))).toMatchObject({
      phase: 'building index: scanning table',
      done: 5,
      total: 50,
      unit: 'blocks',
      waiting: false,
      waitsForPid: null,
    });
    expect(figuresOf(counted('CREATE INDEX', { 10: 2, 12: 1000, 13: 10 }))).toMatchObject({ done: 10, unit: 'rows' });
    expect(figuresOf(counted('CREATE INDEX', { 10: 2, 14: 12, 15: 3 }))).toMatchObject({
      done: 3,
      unit: 'partitions',
      details: [{ label: 'Partitions', value: '3 of 12' }],
    });
  });
});

it('a rewrite counts blocks while it scans, rows that it writes, and indexes that it rebuilt', () => {
  expect(figuresOf(counted('CLUSTER', { 1: 2, 2: 1, 4: 50, 5: 40, 6: 10, 7: 5 }))).toMatchObject({
    phase: 'seq scanning heap',
    done: 5,
    total: 10,
    unit: 'blocks',
    details: [{ label: 'Rows', value: '50 read, 40 written' }],
  });
  expect(figuresOf(counted('CLUSTER', { 1: 2, 2: 4, 4: 50, 5: 40 }))).toMatchObject({
    done: 40,
    total: 50,
    unit: 'rows',
  });
  expect(figuresOf(counted('CLUSTER', { 1: 2, 2: 6, 8: 1 }))).toMatchObject({ done: 1, total: null, unit: 'indexes' });
});

it('a phase that is not known is told by its number, and a total of 0 is not known', () => {
  expect(figuresOf(counted('VACUUM', { 1: 42 })).phase).toBe('phase 42');
  expect(figuresOf(counted('VACUUM', { 1: 1 }))).toMatchObject({ done: 0, total: null });
});
