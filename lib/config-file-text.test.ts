import fc from 'fast-check';
import { expect, test } from 'vitest';
import { JsonProblem, readJsonText } from './config-file-text';

function taken(text: string): { value: unknown } | undefined {
  try {
    return { value: readJsonText(text).value };
  } catch (error) {
    expect(error).toBeInstanceOf(JsonProblem);
    return undefined;
  }
}

function parsed(text: string): { value: unknown } | undefined {
  try {
    return { value: JSON.parse(text) };
  } catch {
    return undefined;
  }
}

test('what JSON.parse takes is taken, and nothing else', () => {
  const mangled = fc
    .tuple(fc.json({ maxDepth: 4 }), fc.nat(), fc.nat(3), fc.string({ maxLength: 2, unit: 'binary' }))
    .map(([text, at, cut, put]) => {
      const place = at % (text.length + 1);
      return text.slice(0, place) + put + text.slice(place + cut);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), mangled), (text) => {
      // A byte order mark, which editors put there, is taken in addition.
      expect(taken(text)).toEqual(parsed(text.replace(/^\uFEFF/, '')));
    }),
    { numRuns: 500 },
  );
});

test('a value knows its line; what is not there has that of what it belongs to', () => {
  const { lineOf } = readJsonText('\uFEFF{\n "servers": [\n  { "id": "a",\n    "x": 1 },\n  {}\n ]\n}');
  expect(['', 'servers', 'servers[0].x', 'servers[0].y', 'servers[1].id', 'other'].map(lineOf)).toEqual([
    1, 2, 4, 3, 5, 1,
  ]);
});
