import { describe, expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { ownPools } from './own-pools';
import { judge, plain } from './test-given';

const pool = (changes: Partial<Row<'pools'>> = {}): Partial<Row<'pools'>> => ({
  pool: 'sampling',
  size: 3,
  in_use: 1,
  idle: 1,
  waiting: 0,
  wait_ms_p95: null,
  ...changes,
});
const found = (...pools: Partial<Row<'pools'>>[]) =>
  judge(ownPools, { pools }).findings.map(({ title }) => plain(title));

describe("pgdeck's own pools", () => {
  test('are fine while a connection is free or nobody waits', () => {
    expect(found(pool(), pool({ pool: 'maintenance', size: 2, in_use: 2, idle: 0 }))).toEqual([]);
    expect(found(pool({ in_use: 3, idle: 0 }), pool({ in_use: 1, waiting: 1 }))).toEqual([]);
    expect(plain(judge(ownPools, { pools: [pool()] }).sentence)).toContain('1 of the 3 connections');
  });

  test('are found full where something waits or has waited long', () => {
    expect(found(pool({ in_use: 3, idle: 0, waiting: 2 }))).toEqual([
      "pgdeck's connections for questions are in use (3 of 3) and 2 statements wait.",
    ]);
    expect(found(pool({ in_use: 3, idle: 0, wait_ms_p95: 800 }))[0]).toContain('waited for up to 800 ms');
    expect(found(pool({ in_use: 2, wait_ms_p95: 800 }))).toEqual([]);
  });

  test('are found where nobody got a connection, or none could be opened', () => {
    expect(found(pool({ wait_timeouts_total_per_second: 0.2, wait_timeouts_total: 3 }))[0]).toContain('in vain');
    expect(found(pool({ failed_connections_total_per_second: 0.2 }))[0]).toContain('could not be opened');
  });

  test('a server that is away as a whole is told elsewhere', () => {
    expect(found(pool({ in_use: 0, idle: 0, failed_connections_total_per_second: 1 }))).toEqual([]);
  });
});
