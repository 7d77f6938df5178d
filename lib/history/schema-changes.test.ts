import { expect, test } from 'vitest';
import { type SchemaGroup, type SchemaObject, schemaChanges } from './schema-changes';

let next = 16_384;
const object = (name: string, parts: SchemaObject['parts'] = {}, more: Partial<SchemaObject> = {}): SchemaObject => ({
  name,
  oid: String(next++),
  parts,
  ...more,
});
const group = (kind: string, definitions: SchemaObject[], schemaname = 'public'): SchemaGroup => ({
  schemaname,
  kind,
  fingerprint: JSON.stringify(definitions),
  definitions,
});
const context = { database: 'shop', capped: false, otherVersion: false };
const titles = (before: SchemaGroup[], after: SchemaGroup[], changes: Partial<typeof context> = {}) =>
  schemaChanges(before, after, { ...context, ...changes }).map(({ title }) => title);
const altered = (kind: string, before: SchemaObject['parts'], after: SchemaObject['parts']) => {
  const was = object('orders', before);
  return titles([group(kind, [was])], [group(kind, [{ ...was, parts: after }])]);
};

test('a table comes with its indexes and sequences and goes with them', () => {
  const tables = [group('table', [object('orders', { columns: { id: 'bigint' } })])];
  const whole = [
    ...tables,
    group('index', [object('orders_note', { columns: 'note' }, { of: 'orders' })]),
    group('sequence', [object('orders_id_seq', {}, { of: 'orders' })]),
  ];
  expect(schemaChanges([], whole, context)).toEqual([
    {
      kind: 'schema',
      title: 'table orders created',
      detail: {
        object: 'table orders',
        columns: ['id'],
        with: ['index orders_note', 'sequence orders_id_seq'],
        database: 'shop',
      },
    },
  ]);
  expect(titles(whole, [])).toEqual(['table orders dropped']);
  expect(titles(tables, whole)).toEqual(['index orders_note on orders created', 'sequence orders_id_seq created']);
});

test('columns: added, dropped, of another type, with another default', () => {
  const at = (text: string) => ({ columns: { note: text } });
  expect(altered('table', { columns: {} }, at('text'))).toEqual(['table orders: column note added']);
  expect(altered('table', at('text'), { columns: {} })).toEqual(['table orders: column note dropped']);
  expect(altered('table', at('integer'), at('bigint not null'))).toEqual([
    'table orders: column note integer → bigint not null',
  ]);
  expect(altered('table', at('integer'), at('integer default #01234567'))).toEqual([
    'table orders: default of column note set',
  ]);
  expect(altered('table', at('integer default #01234567'), at('integer default #01234568'))).toEqual([
    'table orders: default of column note changed',
  ]);
});

test('constraints, triggers, options, owner, privileges', () => {
  expect(altered('table', {}, { constraints: { positive: 'check not valid #01234567' } })).toEqual([
    'table orders: constraint positive added',
  ]);
  const check = (text: string) => ({ constraints: { positive: `check${text} #01234567` } });
  expect(altered('table', check(' not valid'), check(''))).toEqual([
    'table orders: constraint positive check not valid → check',
  ]);
  expect(altered('table', { triggers: { log: '#01234567' } }, { triggers: { log: 'disabled #01234567' } })).toEqual([
    'table orders: trigger log now disabled',
  ]);
  expect(altered('table', { owner: 'a' }, { owner: 'b', options: 'fillfactor=50', privileges: '{b=r/b}' })).toEqual([
    'table orders: owner a → b; options set to fillfactor=50; privileges changed',
  ]);
});

test('more than three changes of an object are listed in its detail', () => {
  const was = object('orders', { columns: {} });
  const columns = Object.fromEntries(['a', 'b', 'c', 'd', 'e'].map((name) => [name, 'integer']));
  const [event] = schemaChanges([group('table', [was])], [group('table', [{ ...was, parts: { columns } }])], context);
  expect(event?.title).toBe('table orders: column a added; column b added; column c added; 2 more');
  expect(event?.detail.changes).toHaveLength(5);
  expect(event?.detail.after).toEqual({ columns });
});

test('a rename is no drop; a table dropped and made again is not the same', () => {
  const was = object('orders', { columns: {} });
  expect(titles([group('table', [was])], [group('table', [{ ...was, name: 'Purchases' }])])).toEqual([
    'table orders is now "Purchases"',
  ]);
  expect(
    titles(
      [group('table', [was])],
      [group('table', [was], 'old')].map((each) => ({ ...each })),
    ),
  ).toEqual(['table orders is now old.orders']);
  expect(titles([group('table', [was])], [group('table', [{ ...was, oid: '99999' }])])).toEqual([
    'table orders: dropped and created again',
  ]);
  // REINDEX CONCURRENTLY gives an index another OID.
  expect(titles([group('index', [was])], [group('index', [{ ...was, oid: '99999' }])])).toEqual([]);
});

test('an index that became valid, functions and views with another text, extensions', () => {
  expect(altered('index', { validity: 'not valid' }, {})).toEqual(['index orders: now valid']);
  expect(altered('function', { body: 'a' }, { body: 'b' })).toEqual(['function orders: body changed']);
  expect(altered('view', { definition: 'a' }, { definition: 'b' })).toEqual(['view orders: definition changed']);
  expect(altered('extension', { version: '1.10' }, { version: '1.11' })).toEqual([
    'extension orders: version 1.10 → 1.11',
  ]);
  expect(titles([], [group('function', [object('add(integer, text)')], 'app')])).toEqual([
    'function app.add(integer, text) created',
  ]);
  const [event] = schemaChanges([], [group('extension', [object('citext', { version: '1.6' })], '')], context);
  expect(event).toMatchObject({ kind: 'extension', title: 'extension citext 1.6 created' });
});

test('a partition is told as one, attached and detached without the columns of its table', () => {
  const part = object('events_1', { 'partition of': 'events', bound: 'a' });
  expect(titles([], [group('table', [part])])).toEqual(['partition events_1 of events created']);
  expect(titles([group('table', [part])], [group('table', [{ ...part, parts: { columns: { at: 'date' } } }])])).toEqual(
    ['table events_1: detached from events'],
  );
});

test('a schema takes with it what was in it', () => {
  const before = [group('schema', [object('app')], 'app'), group('table', [object('a'), object('b')], 'app')];
  expect(titles(before, [])).toEqual(['schema app dropped']);
});

test('many of one sort are one', () => {
  const tables = Array.from({ length: 30 }, (_, index) => object(`t${index}`));
  expect(titles([], [group('table', tables)])).toEqual(['30 tables created: t0, t1, t2 and 27 more']);
});

test('another version writes expressions otherwise: no change', () => {
  const before = [group('view', [object('v', { definition: 'a', columns: { id: 'integer default #01234567' } })])];
  const after = before.map((each) => ({
    ...each,
    fingerprint: 'other',
    definitions: each.definitions.map((v) => ({
      ...v,
      parts: { definition: 'b', columns: { id: 'integer default #01234568' } },
    })),
  }));
  expect(titles(before, after)).toHaveLength(1);
  expect(titles(before, after, { otherVersion: true })).toEqual([]);
});

test('of a capped reading only what is new by its OID was created', () => {
  const known = object('known');
  const before = [group('table', [known])];
  const after = [group('table', [object('new'), object('old', {}, { oid: '16000' })])];
  expect(titles(before, after, { capped: true })).toEqual(['table new created', 'table known dropped']);
});
