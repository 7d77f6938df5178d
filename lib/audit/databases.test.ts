import { expect, it } from 'vitest';
import { databasesOf } from './databases';

it('a line says what it is about; one of before tells it by its target, never by where a statement was run', () => {
  expect(databasesOf({ databases: ['a', 'b'], target: { kind: 'backends' } })).toEqual(['a', 'b']);
  expect(databasesOf({ databases: null, target: { kind: 'relation', database: 'a' } })).toBeNull();
  expect(databasesOf({ target: { kind: 'relation', database: 'a' } })).toEqual(['a']);
  expect(databasesOf({ target: { kind: 'setting', database: 'a' } })).toBeNull();
  expect(databasesOf({ target: { kind: 'backend', pid: 7 } })).toBeNull();
  expect(databasesOf({})).toBeNull();
});

it('what is no list of names counts as the whole server', () => {
  for (const databases of [[], [1], ['a', null]])
    expect(databasesOf({ databases: databases as string[], target: { kind: 'relation', database: 'a' } })).toBeNull();
});
