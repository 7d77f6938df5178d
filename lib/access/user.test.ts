import { expect, it } from 'vitest';
import { isMeant, roleFor } from './user';

const roleOf = { viewer: ['*'], operator: ['support', 'user:eve'], admin: ['dba', 'user:ann'] };

it('gives the highest role whose list means somebody, and none where no list does', () => {
  expect(roleFor(roleOf, 'ann', [])).toBe('admin');
  expect(roleFor(roleOf, 'eve', ['dba'])).toBe('admin');
  expect(roleFor(roleOf, 'eve', [])).toBe('operator');
  expect(roleFor(roleOf, 'otto', ['support'])).toBe('operator');
  expect(roleFor(roleOf, 'otto', ['others'])).toBe('viewer');
  expect(roleFor({ ...roleOf, viewer: [] }, 'otto', ['others'])).toBeUndefined();
});

it('takes no group for a person or for everybody, whatever the group is called', () => {
  expect(isMeant({ name: 'otto', groups: ['user:ann', '*'] }, ['user:ann'])).toBe(false);
  expect(isMeant({ name: 'otto', groups: ['*'] }, ['dba'])).toBe(false);
  expect(isMeant({ name: 'dba', groups: [] }, ['dba'])).toBe(false);
});
