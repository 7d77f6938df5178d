import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { loadMask, maskStatement } from './statement';

test('before the scanner is loaded only the first word is shown', () => {
  expect(maskStatement("select 'Hunter2'")).toBe('select …');
  expect(maskStatement('Hunter2 select')).toBe('…');
});

beforeAll(async () => {
  // The first test looks at what is there before.
  setTimeout(() => void loadMask(), 0);
});

test.each([
  ["select * from users where email = 'a@b.c' and id = 42", 'select * from users where email = ? and id = ?'],
  ["select E'it\\'s', U&'d\\0061t', B'101', X'1F', 1.5e3, .5, 0x1F, 1_000", `select ${list(8)}`],
  ["select $$a 'b'$$, $tag$ $$ $tag$", 'select ?, ?'],
  ['select /* Hunter2 */ a -- Hunter2\n from t', 'select  a \n from t'],
  ['select a /* outer /* inner */ Hunter2 */ from t', 'select a  from t'],
  ['select "Ünï", t1.x from t where y = \'é\' limit 10', 'select "Ünï", t1.x from t where y = ? limit ?'],
  ['select a from t where b = $1 and c = $12', 'select a from t where b = $1 and c = $12'],
  ["select 'abc\n'  \n  'def'", 'select ?'],
  ['explain (analyze, buffers) select 1', 'explain (analyze, buffers) select ?'],
  ["alter role app password 'Hunter2' valid until '2026-01-01'", 'alter role app password ? valid until ?'],
  ['set app.tenant = acme', 'set app.tenant = ?'],
  ['set search_path to acme, "Other"; select a', 'set search_path to ?, ?; select a'],
  ['set local enable_seqscan = off', 'set local enable_seqscan = off'],
  ['alter role app set app.token to acme', 'alter role app set app.token to ?'],
  ['update t set a = b where c = d', 'update t set a = b where c = d'],
  ['alter table t set (fillfactor = 70)', 'alter table t set (fillfactor = ?)'],
  [
    'create function f() returns int set search_path = acme as $$ select 1 $$ language sql', // a value, then words again
    'create function f() returns int set search_path = ? as ? language sql',
  ],
  ["do $$ begin perform 'Hunter2'; end $$", 'do ?'],
  ['', ''],
])('%s', async (text, expected) => {
  await loadMask();
  expect(maskStatement(text)).toBe(expected);
});

test.each([
  ["select a from t where b = 'cut in the mid", 'select a from t where b = ?…'],
  ["select E'cut at its escape\\", 'select ?…'],
  ['select $x$ cut in a dollar $y$ quote', 'select ?…'],
  ['select $x$ cut in its closing $x', 'select ?…'],
  ['select a /* cut in a comment', 'select a…'],
  ['select a /* cut /* in the second', 'select a…'],
  ['select "cut', 'select "cut"…'],
])('%s is masked to its end', async (text, expected) => {
  await loadMask();
  expect(maskStatement(text)).toBe(expected);
});

test.each([
  // A server with standard_conforming_strings off reads on behind the second quote.
  ["select 'a\\'Hunter2'", 'select …'],
  ['select 1a', 'select …'],
  ["select E'\\uZZZZ'", 'select …'],
  ['Hunter2', 'Hunter2'],
  ["Hunter2 'a\\'b'", '…'],
])('%s: what cannot be told is its first word', async (text, expected) => {
  await loadMask();
  expect(maskStatement(text)).toBe(expected);
});

test('a long text is cut, and a text is masked the same the second time', async () => {
  await loadMask();
  const long = `select ${Array.from({ length: 9000 }, () => "'Hunter2'").join(', ')}`;
  const masked = maskStatement(long);
  expect(masked.length).toBeLessThan(20_000);
  expect(masked).not.toContain('Hunter');
  expect(maskStatement("select 'x'")).toBe(maskStatement("select 'x'"));
});

/** Z and 7 stand in literals alone, so that one of them left is a literal that survived. */
const inside = fc
  .array(fc.constantFrom('Z', '7', "'", '"', '\\', '$', '$Z$', '/*', '*/', '--', '\n', ' ', 'é', '🐘', ';', 'Z7Z'), {
    maxLength: 12,
  })
  .map((parts) => parts.join(''));
const values = fc.oneof(
  inside.map((text) => `'${text.replaceAll("'", "''")}'`),
  inside.map((text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`),
  inside.map((text) => `U&'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`),
  inside.filter((text) => !text.includes('$')).map((text) => `$tag$${text}$tag$`),
  inside.filter((text) => !text.includes('$')).map((text) => `$$${text}$$`),
  inside.filter((text) => !/\/\*|\*\//.test(text)).map((text) => `/*${text}*/ null`),
  inside.filter((text) => !text.includes('\n')).map((text) => `null --${text}\n`),
  fc.constantFrom('7', '77.7', '.7e7', '0x77', '7_7', "B'7'", "X'7Z'", "date '7'", "interval '7 Z'", '-7', "'Z'\n'7'"),
);
const statements = fc
  .tuple(
    fc.constantFrom('select', 'insert into t values (', 'set x.y =', 'call f(', 'do', 'update t set a ='),
    fc.array(values, { minLength: 1, maxLength: 5 }),
  )
  .map(([head, list]) => `${head} ${list.join(' , ')}`);

test('no part of a literal survives, wherever the statement is cut', async () => {
  await loadMask();
  fc.assert(
    fc.property(statements, fc.nat(), (statement, cut) => {
      for (const text of [statement, statement.slice(0, cut % (statement.length + 1))])
        expect(maskStatement(text)).not.toMatch(/[Z7]/);
    }),
    { numRuns: 1500 },
  );
});

function list(count: number): string {
  return Array.from({ length: count }, () => '?').join(', ');
}
