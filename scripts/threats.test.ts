import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const root = resolve(import.meta.dirname, '..');
const folders = ['app', 'bin', 'bench', 'components', 'demo', 'e2e', 'lib', 'scripts'];

/** The numbers of the threats that the table of docs/security.md names, from its rows `| T1 | … | … |`. */
function defended(page: string): string[] {
  return [...page.matchAll(/^\| (T\d+) \| [^|]+ \| [^|]+ \|$/gm)].map(([, threat = '']) => threat);
}

/** The threats that titles of tests begin with (`'T8: …'`, `'T1: T12: …'`): what is skipped, or only said in a comment, proves nothing. */
function proven(source: string): string[] {
  const code = source.replace(/^\s*\/\/.*$/gm, '');
  const titles = code.matchAll(/(\b(?:skip|todo|fixme)\(\s*)?['"`]((?:T\d+: )+)/g);
  return [...titles].flatMap(([, left, threats = '']) => (left ? [] : (threats.match(/T\d+/g) ?? [])));
}

const files = folders.flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(test|spec)\.tsx?$/.test(file) && !/(^|\/)node_modules\//.test(file))
    .map((file) => join(folder, file))
    // The titles below are no tests.
    .filter((file) => file !== 'scripts/threats.test.ts'),
);
const tests = new Map<string, string[]>();
for (const file of files)
  for (const threat of proven(readFileSync(join(root, file), 'utf8')))
    tests.set(threat, [...(tests.get(threat) ?? []), file]);

const table = defended(readFileSync(join(root, 'docs/security.md'), 'utf8'));

test('the table of threats is whole: each once, in order', () => {
  expect(table).toEqual(Array.from({ length: 25 }, (_, i) => `T${i + 1}`));
});

describe.each(table)('%s', (threat) => {
  test('has a test that fails without its defence', () => {
    expect(tests.get(threat) ?? [], `no title of a test begins with "${threat}: "`).not.toEqual([]);
  });
});

test('no test names a threat that the table does not have', () => {
  const unknown = [...tests].filter(([threat]) => !table.includes(threat));
  expect(unknown).toEqual([]);
});

test('a title is found as tests are written, and nothing else', () => {
  expect(proven("test('T8: a name', () => {})\ntest.each([1])(\n  `T1: T12: x`")).toEqual(['T8', 'T1', 'T12']);
  expect(proven("// test('T8: a name')\ntest.skip('T9: x')\ntest('not T7: x')\ntest.fixme(\n 'T3: x')")).toEqual([]);
});
