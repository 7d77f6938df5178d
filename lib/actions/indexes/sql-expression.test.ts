import fc from 'fast-check';
import { beforeAll, describe, expect, it } from 'vitest';
import { madeBy } from '../recreate';
import { compared, createIndex, type Shape } from './definition';
import { loadParser, notInIndex, oneStatementOf, provenIndex } from './sql-expression';

beforeAll(loadParser);

const shape = (expressions: number, partial: boolean): Shape => ({
  unique: false,
  method: 'btree',
  keys: [{ column: 'id', after: '' }, ...Array.from({ length: expressions }, () => ({ after: ' desc nulls last' }))],
  include: ['note'],
  expressions: [],
  partial,
});
const statement = (expressions: string[], keys: number) =>
  createIndex(
    shape(keys, expressions.length > keys),
    { table: 'public.t', name: 'n', concurrently: true },
    expressions,
  );
const proven = (...expressions: string[]) =>
  provenIndex(expressions, (texts) => statement(texts, expressions.length - 1)) === undefined;

// T10: fails where provenIndex() returns undefined without parsing, or does not compare the tree with the one it was made for.
describe('T10: an expression that a person types', () => {
  it.each([
    'lower(note)',
    'note',
    '"Ünï ""x"""',
    "a->>'b'",
    'a + b -- why',
    'a /* b */ + 1',
    "$$;'$$ || note",
    "E'\\'' || note",
    'case when a > 1 then b end',
    'a is not null and b in (1, 2)',
    'tools.half(body)::pg_catalog.text collate "C"',
    '(((a)))',
  ])('%s is one', (text) => {
    expect(proven(text)).toBe(true);
    expect(proven('a', text)).toBe(true);
    expect(proven(text, 'a')).toBe(true);
  });

  it.each([
    '',
    ' ',
    '-- nothing',
    'a, b',
    'a) , (b',
    'a) desc, (b',
    'a) asc',
    'a); drop table t; --',
    'a); drop table t; select (1',
    'a) include (secret) where (true',
    'a) where (true',
    'a) with (fillfactor = 10) where (true',
    'a) tablespace x where (true',
    'a */',
    'a /*',
    'a --\n) where (b',
    "a || '",
    'a || $$',
    'a || "',
    '(select 1)',
    'a in (select 1)',
    'exists (select 1)',
    'array(select 1)',
    '$1',
    'default',
    'a;',
    'a\0b',
    'a as b',
    'create index on t (a)',
    `a${' + a'.repeat(600)}`,
  ])('%j is not one', (text) => {
    expect(proven(text)).toBe(false);
    expect(proven('a', text)).toBe(false);
    expect(proven(text, 'a')).toBe(false);
  });

  it('cannot close what another one opened', () => {
    expect(proven('a /*', '*/ b')).toBe(false);
    expect(proven('a /*', '*/), (b')).toBe(false);
    expect(proven("a || '", "' || b")).toBe(false);
    expect(proven("'", ") desc nulls last) include (note) where ('")).toBe(false);
    expect(proven('a || $x$', '$x$ || b')).toBe(false);
    expect(proven('(a', 'b)')).toBe(false);
  });

  it('never brings a second statement or changes another field, whatever it is', () => {
    const pieces = fc.constantFrom(
      ...[
        "'",
        '"',
        '$$',
        '$a$',
        '(',
        ')',
        '((',
        '))',
        ',',
        ';',
        '--',
        '/*',
        '*/',
        '\n',
        '\\',
        "E'",
        'a',
        'b',
        '1',
        ' ',
      ],
      ...[
        ' desc ',
        ' nulls first ',
        ' include (c) ',
        ' where ',
        ' with (fillfactor=10) ',
        ' tablespace x ',
        ' using hash ',
      ],
      ...[
        'drop table t',
        'select 1',
        ' as ',
        ' or ',
        '=',
        '::text',
        ' collate "C" ',
        ' text_ops ',
        ' only ',
        '$1',
        '[',
        ']',
        '.',
        '|',
      ],
    );
    const text = fc.oneof(
      fc.array(pieces, { maxLength: 12 }).map((all) => all.join('')),
      fc.string({ unit: 'binary', maxLength: 20 }),
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.array(text, { minLength: 1, maxLength: 3 }), (texts) => {
        const keys = texts.length - 1;
        if (provenIndex(texts, (each) => statement(each, keys)) !== undefined) return;
        taken++;
        const made = oneStatementOf('IndexStmt', statement(texts, keys));
        const params = (made?.indexParams ?? []) as { IndexElem: Record<string, unknown> }[];
        expect(params).toHaveLength(keys + 1);
        for (const { IndexElem } of params.slice(1))
          expect({ ...IndexElem, expr: undefined, name: undefined }).toEqual({
            ordering: 'SORTBY_DESC',
            nulls_ordering: 'SORTBY_NULLS_LAST',
          });
        const { indexParams, whereClause, ...rest } = made ?? {};
        expect(whereClause).toBeDefined();
        expect(notInIndex([indexParams, whereClause])).toBeUndefined();
        expect(rest).toEqual({
          idxname: 'n',
          relation: { schemaname: 'public', relname: 't', inh: true, relpersistence: 'p' },
          accessMethod: 'btree',
          concurrent: true,
          indexIncludingParams: [
            { IndexElem: { name: 'note', ordering: 'SORTBY_DEFAULT', nulls_ordering: 'SORTBY_NULLS_DEFAULT' } },
          ],
        });
      }),
      { numRuns: 5000, examples: [[['a', 'b']]] },
    );
    expect(taken).toBeGreaterThan(20);
  });
});

describe('two definitions', () => {
  it.each([
    ['create index x on a.t (id)', 'create index concurrently y on t using btree (id asc nulls last)', 'same'],
    ['create index x on t (id desc)', 'create index y on t (id desc nulls first)', 'same'],
    ['create index x on t (((a)))', 'create index x on t (a)', 'same'],
    ['create index x on t (lower(a))', 'create index x on t (pg_catalog.lower(a))', 'same'],
    ['create index x on t (a) where ((b > 1) and (c))', 'create index x on t (a) where b > 1 and c', 'same'],
    ["create index x on t (a) where b ~~ 'x%'", "create index x on t (a) where b like 'x%'", 'same'],
    ['create index x on t (a text_pattern_ops)', 'create index x on t (a pg_catalog.text_pattern_ops)', 'same'],
    ['create index x on t (lower((a)::text))', 'create index x on t (lower(a))', 'alike'],
    [
      "create index x on t (a) where (b)::text = any ((array['x'::varchar, 'y'::varchar])::text[])",
      "create index x on t (a) where b in ('x', 'y')",
      'alike',
    ],
    ['create index x on t (a)', 'create index x on t (b)', undefined],
    ['create index x on t (a)', 'create index x on t (a desc)', undefined],
    ['create index x on t (a)', 'create unique index x on t (a)', undefined],
    ['create index x on t (a)', 'create index x on t using hash (a)', undefined],
    ['create index x on t (a)', 'create index x on t (a) include (b)', undefined],
    ['create index x on t (a)', 'create index x on t (a) where b', undefined],
    ['create index x on t (a)', 'create index x on t (a, b)', undefined],
    ['create index x on t (a)', 'create index x on t (a text_pattern_ops)', undefined],
    ['create unique index x on t (a)', 'create unique index x on t (a) nulls not distinct', undefined],
    ['create index x on t (a)', '', undefined],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(compared(one, other)).toBe(expected);
    expect(compared(other, one)).toBe(expected);
  });
});

describe('a text that the audit kept', () => {
  it('is run again only where it is one statement that makes an index or statistics', () => {
    expect(madeBy('CREATE UNIQUE INDEX CONCURRENTLY "A b" ON s."T" USING btree (lower(x)) WHERE (y > 1)')).toEqual({
      kind: 'index',
      schema: undefined,
      name: 'A b',
      table: 's."T"',
    });
    expect(madeBy('CREATE STATISTICS s.x (ndistinct) ON a, b FROM s.t')).toEqual({
      kind: 'statistics',
      schema: 's',
      name: 'x',
      table: 's.t',
    });
    for (const text of [
      '',
      'create index x on s.t (a)',
      'create index concurrently on s.t (a)',
      'create index concurrently if not exists x on s.t (a)',
      'create index concurrently x on t (a)',
      'create index concurrently x on s.t (a); drop table t',
      'create index concurrently x on s.t ((select 1))',
      'create statistics x on a, b from s.t',
      'create statistics if not exists s.x on a, b from s.t',
      'create statistics s.x on a, b from s.t, s.u',
      'drop table s.t',
      'select 1',
    ])
      expect(madeBy(text), text).toBeUndefined();
  });
});
