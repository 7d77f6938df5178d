import { describe, expect, it } from 'vitest';
import type { Bound } from './bound';
import { clash, isEmpty } from './bound-overlap';

const range = (from: unknown[], to: unknown[]) => ({ by: 'range', from, to }) as Bound;
const [min, max] = [{ edge: 'minvalue' }, { edge: 'maxvalue' }];
const stamp = 'timestamp with time zone';

describe('bounds of one table', () => {
  it.each([
    ['date', ['2026-02-01'], ['2026-01-01'], true],
    ['date', ['2026-01-01'], ['2026-01-01'], true],
    ['date', ['2026-01-01'], ['2026-01-02'], false],
    ['bigint', ['10'], ['9'], true],
    ['bigint', ['9'], ['10'], false],
    ['bigint', [max], ['1'], true],
    ['bigint', [min], ['1'], false],
    [stamp, ['2026-01-01 00:00+02'], ['2025-12-31 22:00+00'], true],
    [stamp, ['2026-01-02'], ['2026-01-01 23:00+00'], false],
    [stamp, ['2026-01-05'], ['2026-01-01 23:00+00'], true],
    ['text', ['b'], ['a'], false],
    [null, ['2'], ['1'], false],
  ])('%s from %j to %j is surely empty: %s', (type, from, to, empty) => {
    expect(isEmpty(range(from, to), [type])).toBe(empty);
  });

  it('that take the same rows clash, where that is sure', () => {
    const january = range(['2026-01-01'], ['2026-02-01']);
    expect(clash(january, range(['2026-01-31'], ['2026-03-01']), ['date'])).toContain('some of these rows');
    expect(clash(january, range(['2026-02-01'], ['2026-03-01']), ['date'])).toBeUndefined();
    expect(clash(january, range(['2025-12-01'], [max]), ['date'])).toBeDefined();
    // Whose midnight it is, is not known: the next month may begin in another zone.
    expect(clash(january, range(['2026-02-01 00:00:00+00'], ['2026-03-01 00:00:00+00']), [stamp])).toBeUndefined();
    expect(clash(january, range(['2026-01-15 00:00:00+00'], ['2026-03-01 00:00:00+00']), [stamp])).toBeDefined();
    expect(clash(january, range(['2026-01-15'], ['2026-03-01']), ['text'])).toBeUndefined();
    const two = ['integer', 'integer'];
    expect(clash(range(['1', '5'], ['2', '0']), range(['1', min], ['1', '6']), two)).toBeDefined();
    expect(clash(range(['1', '5'], ['2', '0']), range(['1', min], ['1', '5']), two)).toBeUndefined();
  });

  it('of lists and by hash clash', () => {
    const list = (...values: (string | null)[]): Bound => ({ by: 'list', values });
    expect(clash(list('a', null), list('b', null), ['text'])).toBe('takes NULL');
    expect(clash(list('a'), list('A'), ['text'])).toBeUndefined();
    expect(clash(list('01'), list('1'), ['integer'])).toBe('takes “01”');
    const hash = (modulus: number, remainder: number): Bound => ({ by: 'hash', modulus, remainder });
    expect(clash(hash(4, 3), hash(2, 1), ['text'])).toBeDefined();
    expect(clash(hash(4, 3), hash(2, 0), ['text'])).toBeUndefined();
    expect(clash(hash(3, 1), hash(2, 0), ['text'])).toContain('multiple');
    expect(clash(hash(3, 1), { by: 'default' }, ['text'])).toBeUndefined();
  });
});
