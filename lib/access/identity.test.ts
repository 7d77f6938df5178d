import { describe, expect, it } from 'vitest';
import { groupsOfClaims, nameOfClaims, readGroups, readName } from './identity';

describe('a name that another system gives', () => {
  it.each(['ann', 'Jörg Ünal', 'ann@example.net', '山田', 'DOMAIN\\ann', 'a'.repeat(128)])('is taken: %s', (name) => {
    expect(readName(name)).toBe(name);
  });

  it.each([
    ['nothing', ''],
    ['a number', 7],
    ['a list', ['ann']],
    ['spaces around it', ' ann'],
    ['a line break', 'ann\nadmin'],
    ['NUL', 'ann\0'],
    ['a direction mark', 'nna\u202e'],
    ['a character without width', 'an\u200bn'],
    ['half of a character', 'ann\ud800'],
    ['too many characters', 'a'.repeat(129)],
  ])('is refused with %s', (_, name) => {
    expect(readName(name)).toBeUndefined();
  });
});

it('groups are all taken or none; one that looks like a person of the settings is left out', () => {
  expect(readGroups(['dba', 'team 1', 'user:ann'])).toEqual(['dba', 'team 1']);
  expect(readGroups(['dba', ''])).toBeUndefined();
  expect(readGroups(['dba', 1])).toBeUndefined();
});

describe('claims', () => {
  it('give a name; an e-mail address that the provider calls unproved is none', () => {
    expect(nameOfClaims({ email: 'ann@example.net' }, 'email')).toBe('ann@example.net');
    expect(nameOfClaims({ email: 'ann@example.net', email_verified: true }, 'email')).toBe('ann@example.net');
    expect(nameOfClaims({ email: 'ann@example.net', email_verified: false }, 'email')).toBeUndefined();
    expect(nameOfClaims({ email: 'ann@example.net', email_verified: 'false' }, 'email')).toBeUndefined();
    expect(nameOfClaims({ upn: 'ann', email_verified: false }, 'upn')).toBe('ann');
    expect(nameOfClaims({}, 'constructor')).toBeUndefined();
  });

  it('give groups as a list, or as one', () => {
    expect(groupsOfClaims({ groups: ['dba'] }, 'groups')).toEqual(['dba']);
    expect(groupsOfClaims({ groups: 'dba' }, 'groups')).toEqual(['dba']);
    expect(groupsOfClaims({ 'https://example.net/groups': [] }, 'https://example.net/groups')).toEqual([]);
    expect(groupsOfClaims({}, 'groups')).toBe('missing');
    expect(groupsOfClaims({ groups: null }, 'groups')).toBe('missing');
    expect(groupsOfClaims({ groups: { dba: true } }, 'groups')).toBeUndefined();
  });
});
