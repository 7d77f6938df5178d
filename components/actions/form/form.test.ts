import { expect, test } from 'vitest';
import { z } from 'zod';
import { actions } from '@/lib/actions/index';
import type { ActionDescription } from '@/lib/actions/protocol';
import { typedWords, withArticle } from '../words';
import { boundOf, wrongBound } from './bound-draft';
import { bodyOf, choosable, choosableKinds, draftOf, isPlain, wrongDraft } from './draft';
import { changed, indexDraft, indexOptions, moved, withMethod, withPart, wrongIndex } from './index-draft';
import { parameterOf, parametersWords } from './parameters';
import { fieldsOf, optionOf, optionsOf, rangeWords, saidAtField, sentenceCase, wrongOf } from './schema';

const schema = z.toJSONSchema(
  z.strictObject({
    freeze: z.boolean().default(false).meta({ title: 'Freeze', description: 'Old rows are frozen.' }),
    truncate: z.boolean().optional(),
    index_cleanup: z.enum(['auto', 'on', 'off']).default('auto'),
    parallel: z.int().min(0).max(1024).optional(),
    mode: z.enum(['a', 'b']),
    name: z.string().max(63).optional(),
    columns: z.array(z.int().min(1).max(1600)).optional(),
    kinds: z.array(z.enum(['ndistinct', 'mcv'])).optional(),
    value: z.int().nullable().optional(),
  }),
);
const fields = fieldsOf(schema);
const field = (name: string) => {
  const found = fields.find((each) => each.name === name);
  if (!found) throw new Error(`no field ${name}`);
  return found;
};

test('each option of a schema has the control that fits it', () => {
  expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
    ['freeze', 'check'],
    ['truncate', 'switch'],
    ['index_cleanup', 'choice'],
    ['parallel', 'number'],
    ['mode', 'choice'],
    ['name', 'text'],
    ['columns', 'attnums'],
    ['kinds', 'many'],
    ['value', 'number'],
  ]);
  expect(field('freeze')).toMatchObject({ title: 'Freeze', description: 'Old rows are frozen.', initial: false });
  expect(field('index_cleanup')).toMatchObject({
    title: 'Index cleanup',
    required: false,
    values: ['auto', 'on', 'off'],
  });
  expect(field('parallel')).toMatchObject({ whole: true, least: 0, most: 1024 });
  expect(field('mode').required).toBe(true);
  expect(field('value')).toMatchObject({ required: false, least: undefined, most: undefined });
  expect(fieldsOf(undefined)).toEqual([]);
});

test('what is left alone is left to the server, and what was typed is sent as its type', () => {
  expect(optionsOf(fields, { mode: 'a', parallel: '', name: '', columns: [] })).toEqual({ mode: 'a' });
  expect(optionsOf(fields, { freeze: true, truncate: false, parallel: '4', columns: [2, 1], kinds: ['mcv'] })).toEqual({
    freeze: true,
    truncate: false,
    parallel: 4,
    columns: [2, 1],
    kinds: ['mcv'],
  });
});

test('what cannot be is said at its field before the server is asked', () => {
  expect(wrongOf(field('parallel'), '2.5')).toBe('It must be a whole number.');
  expect(wrongOf(field('parallel'), 'many')).toBe('It must be a number.');
  expect(wrongOf(field('parallel'), '5000')).toBe('It must be at most 1024.');
  expect(wrongOf(field('parallel'), '-1')).toBe('It must be at least 0.');
  expect(wrongOf(field('parallel'), '')).toBeUndefined();
  expect(wrongOf(field('mode'), undefined)).toBe('It must be given.');
  expect(optionOf('options.columns.0.expression')).toBe('columns');
  expect(optionOf('target.oid')).toBeUndefined();
  expect(optionOf(undefined)).toBeUndefined();
  const refused = (message: string) => saidAtField({ field: 'options.parallel', message });
  expect(refused('options.parallel must be a whole number; it was “x”.')).toBe(
    'It must be a whole number; it was “x”.',
  );
  expect(refused('options.parallel: not here.')).toBe('not here.');
  expect(refused('There is no field options.parallel.')).toBe('There is no field options.parallel.');
  expect(sentenceCase('bufferUsage_limit')).toBe('Buffer usage limit');
});

const two = withPart(withPart(indexDraft({}), { attnum: 1 }), { attnum: 2 });

test('the columns of an index keep the order they are given', () => {
  const [first, second] = two.columns.map(({ key }) => key) as [number, number];
  expect(moved(two, second, -1).columns.map(({ attnum }) => attnum)).toEqual([2, 1]);
  expect(moved(two, first, -1)).toBe(two);
  expect(moved(two, second, 1)).toBe(two);
  const sorted = changed(moved(two, second, -1), second, { order: 'desc', nulls: 'last' });
  expect(indexOptions(sorted)).toEqual({ columns: [{ attnum: 2, order: 'desc', nulls: 'last' }, { attnum: 1 }] });
});

test('an index of another method has neither order nor another method’s operators', () => {
  const draft = changed(two, two.columns[0]?.key ?? 0, { order: 'desc', opclass: 77 });
  const gin = withMethod({ ...draft, include: [3], unique: true, where: ' a > 1 ', name: ' x ' }, 'gin');
  expect(indexOptions(gin)).toEqual({
    columns: [{ attnum: 1 }, { attnum: 2 }],
    where: 'a > 1',
    method: 'gin',
    name: 'x',
  });
});

test('a column that is added to the index is no longer only carried by it', () => {
  expect(withPart({ ...indexDraft({}), include: [1, 2] }, { attnum: 2 }).include).toEqual([1]);
});

test('an index without columns, or with an empty expression, is not asked for', () => {
  expect(wrongIndex(indexDraft({}))?.field).toBe('columns');
  expect(wrongIndex(withPart(two, { expression: ' ' }))?.message).toContain('Expression 3 is empty');
  expect(wrongIndex(two)).toBeUndefined();
});

const action = (change: Partial<ActionDescription>): ActionDescription => ({
  id: 'vacuum',
  title: 'Vacuum',
  summary: '',
  targetKinds: ['relation'],
  group: 'tables',
  options: schema,
  locks: [],
  rights: '',
  role: 'operator',
  confirm: 'click',
  ...change,
});

test('an option that can be set back has a third answer, and one that must be told takes empty as none', () => {
  const given = fieldsOf(
    z.toJSONSchema(
      z.strictObject({
        fillfactor: z.int().min(10).max(100).nullable().optional(),
        autovacuum_enabled: z.boolean().nullable().optional(),
        value: z.string().nullable(),
      }),
    ),
  );
  expect(given.map(({ kind, resets, empty }) => [kind, resets, empty])).toEqual([
    ['number', true, 'out'],
    ['switch', true, 'out'],
    ['text', false, 'null'],
  ]);
  expect(optionsOf(given, {})).toEqual({ value: null });
  expect(optionsOf(given, { fillfactor: null, autovacuum_enabled: null, value: '64MB' })).toEqual({
    fillfactor: null,
    autovacuum_enabled: null,
    value: '64MB',
  });
  expect(given.map((each) => wrongOf(each, null))).toEqual([undefined, undefined, undefined]);
});

test('the rows of a partition are typed a value a line', () => {
  const range = { by: 'range' as const, from: '2026-01-01\n', to: 'maxvalue' };
  expect(boundOf(range)).toEqual({ by: 'range', from: ['2026-01-01'], to: [{ edge: 'maxvalue' }] });
  expect(wrongBound(range)).toBeUndefined();
  expect(wrongBound({ ...range, from: 'a\nb' })).toContain('each key column');
  expect(wrongBound({ by: 'range', from: 'a' })).toContain('one to end before');
  expect(boundOf({ by: 'list', values: 'a\n null \nb c' })).toEqual({ by: 'list', values: ['a', null, 'b c'] });
  expect(wrongBound({ by: 'list', values: ' ' })).toContain('at least one value');
  expect(boundOf({ by: 'hash', modulus: '4', remainder: '0' })).toEqual({ by: 'hash', modulus: 4, remainder: 0 });
  expect(wrongBound({ by: 'hash', modulus: '4' })).toContain('whole numbers');
  expect(boundOf({ by: 'default' })).toEqual({ by: 'default' });
  expect(boundOf({ by: '' })).toBeUndefined();
});

test('the actions on partitions have their bound, their table and what goes together', () => {
  const made = fieldsOf(z.toJSONSchema(actions['create-partition'].options));
  expect(made.map(({ name, kind }) => [name, kind])).toEqual([
    ['bound', 'bound'],
    ['name', 'text'],
    ['ahead', 'group'],
  ]);
  expect(optionsOf(made, { bound: { by: '' }, ahead: { interval: 'month', count: '3' } })).toEqual({
    ahead: { interval: 'month', count: 3 },
  });
  expect(optionsOf(made, { bound: { by: 'default' }, ahead: {} })).toEqual({ bound: { by: 'default' } });
  expect(
    made.map((each) => wrongOf(each, each.name === 'ahead' ? { interval: 'month', count: '' } : undefined)),
  ).toEqual([undefined, undefined, 'How many ahead: It must be given.']);
  const attached = fieldsOf(z.toJSONSchema(actions['attach-partition'].options));
  expect(attached.map(({ name, kind, required }) => [name, kind, required])).toEqual([
    ['parent', 'table', true],
    ['bound', 'bound', true],
  ]);
  expect(attached.map((each) => wrongOf(each, each.kind === 'bound' ? { by: '' } : undefined))).toEqual([
    'It must be given.',
    'It must be given.',
  ]);
  expect(fieldsOf(z.toJSONSchema(actions['drop-partition'].options))).toEqual([]);
});

test('no option of any action is left to be typed as JSON', () => {
  const kinds = Object.values(actions).flatMap(({ id, options }) =>
    id === 'create-index' ? [] : fieldsOf(z.toJSONSchema(options)).map(({ name, kind }) => ({ id, name, kind })),
  );
  expect(kinds.filter(({ kind }) => kind === 'json')).toEqual([]);
});

test('what is chosen on a page of its own is no choice of the form', () => {
  const reset = action({ targetKinds: ['statement', 'database', 'server'] });
  expect(choosableKinds(reset)).toEqual(['database', 'server']);
  expect(choosable([reset, action({ targetKinds: ['statement'] }), action({ targetKinds: ['backend'] })])).toEqual([
    reset,
  ]);
});

test('the form of storage parameters knows what is set', () => {
  const set = ['fillfactor=70', 'toast.autovacuum_enabled=off'];
  expect(parameterOf(set, 'fillfactor')).toBe('70');
  expect(parameterOf(set, 'autovacuum_enabled')).toBeUndefined();
  expect(parameterOf(undefined, 'fillfactor')).toBeUndefined();
  expect(parametersWords(set)).toContain('Set now: fillfactor = 70, toast.autovacuum_enabled = off.');
  expect(parametersWords([])).toContain('None is set now');
});

test('a range is told with its ends, and without the end of what a number can hold', () => {
  expect(rangeWords(10, 1_000_000)).toBe('10 to 1,000,000.');
  expect(rangeWords(-1, 2_147_483_647)).toMatch(/^.1 or more\.$/);
});

test('a noun has its article, and a line break in a name to be typed is seen', () => {
  expect(['index', 'extension', 'table'].map(withArticle)).toEqual(['an index', 'an extension', 'a table']);
  expect(typedWords('new\nline\u202e')).toBe('new ⏎ line⟨U+202E⟩');
});

test('the form leads to the preview of what was chosen', () => {
  const target = { label: 't', detail: null, target: { kind: 'relation' as const, database: 'd', oid: 7 } };
  const vacuum = action({});
  expect(wrongDraft(draftOf({}), undefined)).toEqual([{ field: 'action', message: 'Choose an action.' }]);
  expect(wrongDraft({ action: 'vacuum', target: undefined, values: {} }, vacuum).map((each) => each.field)).toEqual([
    'target',
    'mode',
  ]);
  expect(bodyOf({ action: 'vacuum', target, values: { mode: 'b' } }, vacuum)).toEqual({
    action: 'vacuum',
    target: target.target,
    options: { mode: 'b' },
  });
  const checkpoint = action({ id: 'checkpoint', targetKinds: ['server'], options: { properties: {} } });
  expect(bodyOf(draftOf({ action: 'checkpoint' }), checkpoint)).toEqual({
    action: 'checkpoint',
    target: { kind: 'server' },
  });
  expect(isPlain({ action: 'vacuum', target }, checkpoint)).toBe(true);
  expect(isPlain({ action: 'vacuum', target }, vacuum)).toBe(false);
  expect(isPlain({ action: 'vacuum' }, checkpoint)).toBe(false);
});
