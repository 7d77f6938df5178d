import fc from 'fast-check';
import { expect, test } from 'vitest';
import { tokens, visible } from './highlight';

const kinds = (sql: string) => tokens(sql).map(({ kind, text }) => `${kind}:${text}`);

test('keywords, strings, numbers and comments are told apart', () => {
  expect(kinds("select /* pgdeck:x */ 'it''s', 12, $1 from t1 -- end")).toEqual([
    'keyword:select',
    'text: ',
    'comment:/* pgdeck:x */',
    'text: ',
    "string:'it''s'",
    'text:, ',
    'number:12',
    'text:, $1 ',
    'keyword:from',
    'text: t1 ',
    'comment:-- end',
  ]);
});

test('a keyword inside a quoted name is not one', () => {
  expect(kinds('drop table "select"')).toEqual(['keyword:drop', 'text: ', 'keyword:table', 'text: "select"']);
});

test('whatever the text, the pieces are the text', () => {
  fc.assert(
    fc.property(fc.string(), fc.constantFrom("'", '"', '$$', '/*', '--', ''), (text, open) => {
      const sql = `select ${open}${text}`;
      expect(
        tokens(sql)
          .map((token) => token.text)
          .join(''),
      ).toBe(sql);
    }),
  );
});

test('characters that turn or hide text are shown', () => {
  expect(visible('a\u202eb\u0000')).toBe('a⟨U+202E⟩b⟨U+0000⟩');
  expect(visible('a\n\tb')).toBe('a\n\tb');
});
