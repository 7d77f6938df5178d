import { describe, expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { poolMaxima } from './pool-maxima';
import { gaveUp, judge, plain } from './test-given';

const row = (changes: Partial<Row<'application-pools'>>): Partial<Row<'application-pools'>> => ({
  kind: 'application',
  name: 'shop-web',
  sessions: 6,
  instances_from: 'configuration',
  most: 80,
  slots_most: 80,
  limit_of: null,
  limit_name: null,
  limit: null,
  limit_most: null,
  ceiling: 97,
  ...changes,
});
const own = row({ kind: 'pgdeck', name: 'pgdeck', slots_most: 6, instances_from: null });

describe('the sum of pool maxima', () => {
  test('is no finding while it fits', () => {
    const { findings, sentence } = judge(poolMaxima, { 'application-pools': [row({}), own] });
    expect(findings).toEqual([]);
    expect(plain(sentence)).toBe('86 of 97 connections for applications may be opened by all pools together (89 %)');
  });

  test('beyond what the server takes says by how many, and whose they are', () => {
    const billing = row({ name: 'billing', slots_most: 54, instances_from: 'seen' });
    const seen = row({ kind: 'seen', name: 'psql', slots_most: 1, instances_from: 'seen' });
    const { findings } = judge(poolMaxima, { 'application-pools': [row({}), billing, own, seen] });
    expect(findings).toMatchObject([{ severity: 'warning', confidence: 'medium', object: { kind: 'server' } }]);
    expect(plain(findings[0]?.title)).toBe(
      'Pools may open 141 connections, 44 more than the 97 that the server takes from applications.',
    );
    expect(plain(findings[0]?.detail)).toContain('Largest: shop-web 80, billing 54, pgdeck 6 and 1 more.');
    expect(plain(findings[0]?.detail)).toContain('1 application without a known maximum counts with what it has now.');
  });

  test('pools of PgBouncer without a limit that is known are said to be counted as now', () => {
    const words = "PgBouncer's pools of shop have no limit that is known: what they have now is counted";
    const shop = row({ kind: 'pgbouncer', name: 'shop', most: null, slots_most: 3, instances_from: 'seen' });
    const stock = row({ kind: 'pgbouncer', name: 'stock', most: 4, slots_most: 4, instances_from: 'seen' });
    const psql = row({ kind: 'seen', name: 'psql', most: null, slots_most: 1, instances_from: 'seen' });
    const fits = judge(poolMaxima, { 'application-pools': [shop, stock, psql, own] });
    expect(fits.findings).toEqual([]);
    expect(plain(fits.sentence)).toBe(
      `14 of 97 connections for applications may be opened by all pools together (14 %); 1 application without a known maximum counts with what it has now; ${words}`,
    );
    const { findings } = judge(poolMaxima, { 'application-pools': [row({ slots_most: 120 }), shop] });
    expect(plain(findings[0]?.detail)).toContain(`or raise max_connections. ${words}.`);
  });

  test('given instances make it sure', () => {
    const { findings } = judge(poolMaxima, { 'application-pools': [row({ slots_most: 200 }), own] });
    expect(findings).toMatchObject([{ confidence: 'high' }]);
  });

  test('a role or database that may have fewer than its pools may open is found, though the server takes them', () => {
    const limit = { limit_of: 'role', limit_name: 'watcher', limit: 5, limit_most: 8 };
    const database = { limit_of: 'database', limit_name: 'shop', limit: 40, limit_most: 50 };
    const fits = { limit_of: 'role', limit_name: 'batch', limit: 5, limit_most: 5 };
    const { findings } = judge(poolMaxima, {
      'application-pools': [
        row({ slots_most: 30, ...database }),
        row({ name: 'jobs', slots_most: 20, ...database }),
        row({ name: 'nightly', slots_most: 5, ...fits }),
        row({ kind: 'pgdeck', name: 'pgdeck', slots_most: 8, ...limit }),
      ],
    });
    expect(findings.map(({ title }) => plain(title))).toEqual([
      'Pools of database shop may open 50 connections, 10 more than the 40 that it may have.',
      'Pools of role watcher may open 8 connections, 3 more than the 5 that it may have.',
    ]);
    expect(findings).toMatchObject([{ object: { kind: 'database' } }, { object: { kind: 'role', name: 'watcher' } }]);
    expect(plain(findings[0]?.detail)).toContain('Largest: shop-web 30 and jobs 20.');
  });

  test('an unknown ceiling cannot be judged', () => {
    expect(gaveUp(poolMaxima, { 'application-pools': [row({ ceiling: null })] }).because).toContain('not known');
  });
});
