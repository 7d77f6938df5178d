import { describe, expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { poolMaxima } from './pool-maxima';
import { gaveUp, judge, plain } from './test-given';

const row = (changes: Partial<Row<'application-pools'>>): Partial<Row<'application-pools'>> => ({
  kind: 'application',
  name: 'shop-web',
  sessions: 6,
  instances_from: 'configuration',
  slots_most: 80,
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

  test('given instances make it sure', () => {
    const { findings } = judge(poolMaxima, { 'application-pools': [row({ slots_most: 200 }), own] });
    expect(findings).toMatchObject([{ confidence: 'high' }]);
  });

  test('an unknown ceiling cannot be judged', () => {
    expect(gaveUp(poolMaxima, { 'application-pools': [row({ ceiling: null })] }).because).toContain('not known');
  });
});
