import { describe, expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { invalidIndex } from './invalid-index';
import { judge } from './test-given';

describe('invalid index', () => {
  const index = (changes: Partial<Row<'index-usage'>>): Partial<Row<'index-usage'>> => ({
    indexrelid: 16_500,
    schemaname: 'shop',
    relname: 'orders',
    indexrelname: 'orders_at',
    is_valid: false,
    is_ready: true,
    is_unique: true,
    is_building: false,
    is_partitioned: false,
    size_bytes: 8192,
    ...changes,
  });

  test('a leftover is one, with the SQL that mends it', () => {
    const { findings } = judge(invalidIndex, { 'index-usage': [index({})] });
    expect(findings).toMatchObject([
      { severity: 'warning', title: 'Index shop.orders_at is invalid, and no session builds it.' },
    ]);
    expect(findings[0]?.detail).toContain('reindex index concurrently shop.orders_at;');
    expect(findings[0]?.detail).toContain('refused where it sees a duplicate');
    expect(findings[0]?.remedy).toEqual({
      action: 'reindex',
      target: { kind: 'index', database: 'shop', oid: 16_500 },
    });
  });

  test('what REINDEX CONCURRENTLY left behind is only to be dropped', () => {
    const { findings } = judge(invalidIndex, { 'index-usage': [index({ indexrelname: 'orders_at_ccnew1' })] });
    expect(findings[0]?.detail).not.toContain('reindex index');
    expect(findings[0]?.remedy?.action).toBe('drop-index');
  });

  test('one that is being built is none, nor a partitioned one that waits for its parts', () => {
    const { findings, sentence } = judge(invalidIndex, {
      'index-usage': [index({ is_building: true }), index({ is_partitioned: true }), index({ is_valid: true })],
    });
    expect(findings).toEqual([]);
    expect(sentence).toContain('; one is being built');
  });

  test('where the progress is hidden nobody can tell', () => {
    const judged = judge(invalidIndex, { 'index-usage': [index({ is_building: null })] });
    expect(judged.findings).toEqual([]);
    expect(judged.notJudged?.because).toContain('grant it pg_monitor');
  });
});
