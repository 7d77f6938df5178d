import { expect, test } from 'vitest';
import { caution, type Index, indexesSentence, scatterSentence, standing } from './summary';

const index = (changes: Partial<Index>): Index =>
  ({
    indexrelname: 'orders_status_idx',
    is_valid: true,
    is_building: null,
    is_partitioned: false,
    is_primary: false,
    is_unique: false,
    is_replident: false,
    is_clustered: false,
    constraint_type: null,
    idx_scan: 0,
    size_bytes: 1024 * 1024,
    ...changes,
  }) as Index;

test('an index that keeps values unique is never called unused', () => {
  expect(standing(index({}))).toBe('unused');
  expect(standing(index({ is_unique: true }))).toBe('needed');
  expect(standing(index({ is_primary: true, is_unique: true, constraint_type: 'p' }))).toBe('needed');
  expect(standing(index({ is_replident: true }))).toBe('needed');
});

test('an index whose definition was not read is unknown, not unused', () => {
  expect(standing(index({ is_unique: null }))).toBe('unknown');
});

test('an index under way is told apart from one that was left behind', () => {
  expect(standing(index({ is_valid: false, is_building: true }))).toBe('building');
  expect(standing(index({ is_valid: false, is_building: false }))).toBe('invalid');
});

test('the sentence counts what does no work', () => {
  expect(indexesSentence([index({}), index({ idx_scan: 7 })]).replaceAll('\u00a0', ' ')).toBe(
    '2 indexes take 2 MB. 1 index of 1 MB was not used on this server since its statistics began.',
  );
});

test('the chart names the largest that does nothing and the busiest', () => {
  const rows = [
    index({ indexrelname: 'idle', relname: 'orders', schemaname: 'public' }),
    index({ indexrelname: 'busy', idx_scan: 7 }),
  ];
  expect(scatterSentence(rows).replaceAll('\u00a0', ' ')).toBe(
    'The largest that is not used is idle on orders, 1 MB; busy is used most, 7 times.',
  );
});

test('young statistics and standbys are said where an index could be dropped', () => {
  expect(caution(3600, true, false)).toContain('once a month');
  expect(caution(40 * 86_400, true, false)).not.toContain('once a month');
  expect(caution(null, true, true)).toContain('the primary counts its own use');
});
