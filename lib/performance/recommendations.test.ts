import { describe, expect, it } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { type Figures, recommendations, unusedIndexes } from './recommendations';

const week = 8 * 86_400;
const cache = (hit: number | null, read: number | null, stats_reset_seconds: number | null = week) =>
  ({
    datname: 'shop',
    blks_hit_per_second: hit,
    blks_read_per_second: read,
    stats_reset_seconds,
  }) as unknown as Row<'databases'>;
const index = (name: string, changes: Partial<Row<'index-usage'>> = {}) =>
  ({
    schemaname: 'public',
    relname: 'orders',
    indexrelname: name,
    idx_scan: 0,
    is_valid: true,
    is_building: false,
    is_unique: false,
    constraint_type: null,
    is_partition: false,
    is_partitioned: false,
    is_replident: false,
    is_clustered: false,
    size_bytes: 64 * 1024 * 1024,
    ...changes,
  }) as Row<'index-usage'>;
const statement = (changes: Partial<Row<'slow-queries'>> = {}) =>
  ({
    queryid: '42',
    calls: 10,
    rows: 10,
    total_exec_time: 3400,
    mean_exec_time: 340,
    mean_plan_time: 0,
    max_exec_time: 400,
    stddev_exec_time: 10,
    share: 0.125,
    temp_blks_written: 0,
    shared_blks_hit: 100,
    shared_blks_read: 0,
    ...changes,
  }) as Row<'slow-queries'>;
const of = (figures: Partial<Figures>) =>
  recommendations({ database: 'shop', inRecovery: false, windowSeconds: 10, ...figures });
const sentence = (figures: Partial<Figures>) =>
  of(figures)
    .map((found) => found.sentence)
    .join('\n');

describe('cache hits', () => {
  it('below 99 % of many blocks are told with what was not found, and what that may mean', () => {
    const [found] = of({ cache: cache(9000, 1000) });
    expect(found).toMatchObject({ about: 'cache', object: 'shop' });
    expect(found?.sentence).toMatch(/^90.* of the blocks that shop wanted in the last 10.s were in PostgreSQL's cache/);
    expect(found?.sentence).toContain('cache of the operating system');
  });

  it.each([
    ['of few blocks', cache(500, 99)],
    ['from 99 % on', cache(99_000, 1000)],
    ['that are not known yet', cache(null, null)],
    ['of a database that is not there', undefined],
  ])('%s are not', (_, row) => {
    expect(of(row ? { cache: row } : {})).toEqual([]);
  });
});

describe('slow statements', () => {
  it.each([
    [{}, /loops and functions/],
    [{ temp_blks_written: 12_800 }, /writes 10.* of temporary files a call: .*work_mem/],
    [{ shared_blks_read: 20_000 }, /outside the cache for 1 row.*read from end to end/],
    [{ shared_blks_hit: 200_000 }, /cached blocks a call for 1 row: an index/],
    [{ mean_plan_time: 500 }, /To plan it takes longer/],
    [{ stddev_exec_time: 900, max_exec_time: 9000 }, /Its calls differ much \(up to 9.*s\)/],
  ])('of figures %j are told what to look at', (changes, words) => {
    const text = sentence({ statements: [statement(changes)] });
    expect(text).toMatch(/^Statement 42 takes 340.ms on average over 10 calls, 13.* of the time of all statements\./);
    expect(text).toMatch(words);
  });

  it('are the three that took most time', () => {
    const statements = [1, 4, 2, 3].map((at) => statement({ queryid: String(at), total_exec_time: at }));
    expect(of({ statements }).map(({ object }) => object)).toEqual(['4', '3', '2']);
  });
});

describe('indexes', () => {
  it('that nothing used in a week are told by size, with what to mind before they are dropped', () => {
    const [found, ...others] = of({ indexes: [index('a'), index('b', { size_bytes: 1e9 })], cache: cache(null, null) });
    expect(others).toEqual([]);
    expect(found?.sentence).toContain('2 indexes of shop');
    expect(found?.sentence).toContain('public.b and public.a');
    expect(found?.sentence).toContain('standbys count for themselves, and a yearly job may need them');
    expect(sentence({ indexes: [index('a')], inRecovery: true })).toContain('this is a standby');
  });

  it('are not judged by a day of statistics', () => {
    const text = sentence({ indexes: [index('a')], cache: cache(null, null, 86_400) });
    expect(text).toContain('too short a time');
    expect(text).not.toContain('drop');
  });

  it.each([
    ['a small one', { size_bytes: 1_000_000 }],
    ['one that was used', { idx_scan: 1 }],
    ['a unique one', { is_unique: true }],
    ['one that is not known whole', { is_unique: null }],
    ['an exclusion constraint', { constraint_type: 'x' }],
    ['a part of a partitioned one', { is_partition: true }],
    ['a partitioned one', { is_partitioned: true, size_bytes: 0 }],
    ['a replica identity', { is_replident: true }],
    ['what CLUSTER orders by', { is_clustered: true }],
    ['one that is being built', { is_valid: false, is_building: true }],
  ])('leaves out %s', (_, changes) => {
    expect(of({ indexes: [index('a', changes)] })).toEqual([]);
  });

  it('that are invalid are told one by one', () => {
    expect(of({ indexes: [index('Odd', { is_valid: false })] })).toMatchObject([
      { about: 'index', object: 'public."Odd"', sentence: expect.stringContaining('is invalid') },
    ]);
  });

  it('that nothing needs come with the largest first', () => {
    const names = unusedIndexes([index('a', { size_bytes: 5 }), index('b'), index('c', { is_unique: true })]);
    expect(names.map(({ indexrelname }) => indexrelname)).toEqual(['b', 'a']);
  });
});

it('what the pools want done comes first', () => {
  expect(of({ pool: ['Find the slow questions.'], indexes: [index('a')] })[0]).toEqual({
    about: 'pool',
    object: null,
    sentence: 'Find the slow questions.',
  });
});
