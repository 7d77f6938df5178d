import { expect, test } from 'vitest';
import type { Lookup } from '@/lib/topics/topic';
import { Remembered } from './remembered';

const roles: Lookup = { id: 'roles', sql: {}, keys: () => [], everySeconds: 300, shared: true };
const tables: Lookup = { ...roles, id: 'tables', shared: false };

test('only keys that are not remembered are due, each again after its time', () => {
  const remembered = new Remembered();
  expect(remembered.due(roles, 'shop', ['10', '11', '10'], 0)).toEqual(['10', '11']);
  remembered.keep(roles, 'shop', ['10', '11'], [{ key: '10', rolname: 'postgres' }], 0);
  expect(remembered.due(roles, 'shop', ['10', '11', '12'], 1000)).toEqual(['12']);
  expect(remembered.due(roles, 'shop', ['10'], 300_000)).toEqual(['10']);
});

test('a key that the server does not know is remembered as unknown', () => {
  const remembered = new Remembered();
  remembered.keep(roles, 'shop', ['11'], [], 0);
  expect(remembered.known('shop')(roles, '11')).toBeUndefined();
  expect(remembered.due(roles, 'shop', ['11'], 1000)).toEqual([]);
});

test('what is shared is known in every database, the rest only where it was asked', () => {
  const remembered = new Remembered();
  remembered.keep(roles, 'shop', ['10'], [{ key: '10', rolname: 'postgres' }], 0);
  remembered.keep(tables, 'shop', ['10'], [{ key: '10', relname: 'orders' }], 0);
  expect(remembered.known('crm')(roles, 10)?.rolname).toBe('postgres');
  expect(remembered.known('crm')(tables, 10)).toBeUndefined();
  expect(remembered.known('shop')(tables, 10)?.relname).toBe('orders');
});

test('a lookup that fails keeps what is known and is left alone for 5 s', () => {
  const remembered = new Remembered();
  remembered.keep(roles, 'shop', ['10'], [{ key: '10', rolname: 'postgres' }], 0);
  remembered.failed(roles, 'shop', 300_000);
  expect(remembered.due(roles, 'shop', ['10'], 301_000)).toEqual([]);
  expect(remembered.known('shop')(roles, '10')?.rolname).toBe('postgres');
  expect(remembered.due(roles, 'shop', ['10'], 305_001)).toEqual(['10']);
});

test('a lookup may be left alone for longer, and keep only its newest answer', () => {
  const remembered = new Remembered();
  const state: Lookup = { ...tables, id: 'state', single: true, retrySeconds: 600 };
  remembered.keep(state, 'shop', ['before'], [{ key: 'before', objects: 1 }], 0);
  remembered.keep(state, 'shop', ['after'], [{ key: 'after', objects: 2 }], 1000);
  expect(remembered.known('shop')(state, 'before')).toBeUndefined();
  expect(remembered.known('shop')(state, 'after')?.objects).toBe(2);
  remembered.failed(state, 'shop', 2000);
  expect(remembered.due(state, 'shop', ['next'], 601_000)).toEqual([]);
  expect(remembered.due(state, 'shop', ['next'], 602_001)).toEqual(['next']);
});
