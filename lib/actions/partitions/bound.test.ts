import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadParser } from '../indexes/sql-expression';
import {
  type Bound,
  boundSql,
  joined,
  literal,
  misfit,
  parseBound,
  partitionBound,
  proposedName,
  provenBound,
} from './bound';

beforeAll(() => loadParser());

const bounds: [Bound, string][] = [
  [{ by: 'range', from: ['2026-01-01'], to: ['2026-02-01'] }, "for values from ('2026-01-01') to ('2026-02-01')"],
  [
    { by: 'range', from: ['1', { edge: 'minvalue' }], to: ['2', { edge: 'maxvalue' }] },
    "for values from ('1', minvalue) to ('2', maxvalue)",
  ],
  [{ by: 'list', values: ["it's", null, 'minvalue', ''] }, "for values in ('it''s', null, 'minvalue', '')"],
  [{ by: 'list', values: ["\\'; drop table x; --"] }, "for values in (E'\\\\''; drop table x; --')"],
  [{ by: 'hash', modulus: 4, remainder: 0 }, 'for values with (modulus 4, remainder 0)'],
  [{ by: 'default' }, 'default'],
];

describe('the bound of a partition', () => {
  it.each(bounds)('%j is written with literals, proven by the parser', (bound, sql) => {
    expect(partitionBound.parse(bound)).toEqual(bound);
    expect(boundSql(bound)).toBe(sql);
    expect(provenBound(bound)).toBeUndefined();
  });

  // T10: fails where a value of a bound is written without its quotes doubled (lib/actions/partitions/bound.ts).
  it('T10: with any text is proven, and read back from what the server tells', () => {
    const text = fc.string({
      maxLength: 30,
      unit: fc.constantFrom("'", '\\', 'a', '(', ')', ',', ' ', '"', '\n', 'ש', '$', '-'),
    });
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 4 }), (values) => {
        const bound: Bound = { by: 'list', values };
        expect(provenBound(bound)).toBeUndefined();
        expect(parseBound(`FOR VALUES IN (${values.map(literal).join(', ')})`)).toEqual(bound);
        const range: Bound = { by: 'range', from: values, to: values };
        expect(
          parseBound(`FOR VALUES FROM (${values.map(literal).join(', ')}) TO (${values.map(literal).join(', ')})`),
        ).toEqual(range);
      }),
    );
  });

  it('is read as PostgreSQL writes numbers, edges and NULL', () => {
    expect(parseBound('DEFAULT')).toEqual({ by: 'default' });
    expect(parseBound('FOR VALUES WITH (modulus 8, remainder 3)')).toEqual({ by: 'hash', modulus: 8, remainder: 3 });
    expect(parseBound("FOR VALUES FROM (1, MINVALUE) TO ('-5', MAXVALUE)")).toEqual({
      by: 'range',
      from: ['1', { edge: 'minvalue' }],
      to: ['-5', { edge: 'maxvalue' }],
    });
    expect(parseBound('FOR VALUES IN (true, 1.5, NULL)')).toEqual({ by: 'list', values: ['true', '1.5', null] });
    for (const odd of ['FOR VALUES IN (now())', "FOR VALUES IN ('a') extra", 'FOR VALUES FROM (1)', ''])
      expect(parseBound(odd), odd).toBeUndefined();
  });

  it('takes no NUL, no unknown edge and nothing beside', () => {
    for (const bad of [
      { by: 'list', values: ['a\0'] },
      { by: 'range', from: [{ edge: 'now()' }], to: ['1'] },
      { by: 'range', from: [], to: [] },
      { by: 'hash', modulus: 1.5, remainder: 0 },
      { by: 'default', sql: 'x' },
    ])
      expect(partitionBound.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
  });

  it('has to fit the key', () => {
    const range = (from: string, to = '2027-01-01'): Bound => ({ by: 'range', from: [from], to: [to] });
    expect(misfit(range('2026-01-01'), 'r', ['date'])).toBeUndefined();
    expect(misfit(range('2026-01-01 00:00:00+00'), 'r', ['timestamp with time zone'])).toBeUndefined();
    expect(misfit(range('anything'), 'r', ['text'])).toBeUndefined();
    expect(misfit(range('01/02/2026'), 'r', ['date'])).toContain('not a date');
    expect(misfit(range('now'), 'r', ['timestamp without time zone'])).toContain('not a date');
    expect(misfit(range('1'), 'r', ['integer', 'integer'])).toContain('2 columns');
    expect(misfit(range('1'), 'l', ['integer'])).toContain('partitioned by list');
    expect(misfit({ by: 'hash', modulus: 2, remainder: 2 }, 'h', ['integer'])).toContain('less than');
    expect(misfit({ by: 'default' }, 'h', ['integer'])).toContain('no default');
    expect(misfit({ by: 'list', values: ['a', null] }, 'l', ['text'])).toBeUndefined();
  });

  it('proposes a name that PostgreSQL does not cut', () => {
    expect(proposedName('orders', { by: 'range', from: ['2026-02-01'], to: ['2026-03-01'] })).toBe('orders_2026_02');
    expect(proposedName('orders', { by: 'range', from: ['2026-12-01'], to: ['2027-01-01'] })).toBe('orders_2026_12');
    expect(proposedName('orders', { by: 'range', from: ['2026-02-01'], to: ['2026-02-08'] })).toBe('orders_2026_02_01');
    expect(proposedName('orders', { by: 'list', values: ['Süd', null] })).toBe('orders_süd_null');
    expect(proposedName('orders', { by: 'list', values: ["';"] })).toBe('orders_part');
    expect(proposedName('orders', { by: 'hash', modulus: 4, remainder: 1 })).toBe('orders_h4_1');
    expect(proposedName('orders', { by: 'default' })).toBe('orders_default');
    const long = joined('ש'.repeat(31), '2026_01');
    expect(Buffer.byteLength(long)).toBeLessThanOrEqual(63);
    expect(long.endsWith('_2026_01')).toBe(true);
    // Letters of four bytes are never cut in two.
    const wide = proposedName('𐐨'.repeat(15), { by: 'list', values: ['𐐨'.repeat(40)] });
    expect(Buffer.byteLength(wide)).toBeLessThanOrEqual(63);
    expect(wide).not.toMatch(/\p{Surrogate}/u);
  });
});
