import { describe, expect, it } from 'vitest';
import { nameProblem, readTokenEntries, readUserEntries } from './config-people';

const stored = `scrypt$32768$8$3$${'A'.repeat(22)}$${'B'.repeat(43)}`;
const sha256 = 'c0ffee00'.repeat(8);

describe('PGDECK_USERS', () => {
  it('is users with spaces, commas or lines between', () => {
    expect(readUserEntries(` ann:admin:${stored},bob@example.net:viewer:${stored}\n`)).toEqual([
      { name: 'ann', role: 'admin', password: stored },
      { name: 'bob@example.net', role: 'viewer', password: stored },
    ]);
    expect(readUserEntries('')).toEqual([]);
  });

  it('ends the start where it is wrong, and never repeats what may be a secret', () => {
    for (const [text, message] of [
      ['ann:admin:my-plain-password', 'PGDECK_USERS: entry 1 (ann) cannot be read.'],
      ['ann:admin:my-plain-password:more', 'PGDECK_USERS: entry 1 (ann) cannot be read.'],
      [`ann:root:${stored}`, 'PGDECK_USERS: entry 1 (ann): choose one of the roles viewer, operator, admin.'],
      ['my-Plain-password', 'PGDECK_USERS: entry 1: a name is'],
      [`local:admin:${stored}`, 'PGDECK_USERS: entry 1: this name is taken by pgdeck itself.'],
      [`ann:admin:${stored} ann:viewer:${stored}`, 'PGDECK_USERS: ann is there twice.'],
      [
        'ann:root:x,bob:admin:x',
        '(ann): choose one of the roles viewer, operator, admin.\nPGDECK_USERS: entry 2 (bob)',
      ],
      [`ann:admin:scrypt$1024$8$1$${'A'.repeat(22)}$${'B'.repeat(43)}`, 'PGDECK_USERS: entry 1 (ann) cannot be read.'],
    ] as const) {
      expect(() => readUserEntries(text)).toThrow(message);
      expect(() => readUserEntries(text)).not.toThrow(/lain-password|scrypt\$1024/);
    }
  });
});

describe('PGDECK_TOKENS', () => {
  it('is tokens, with servers and a last day where they have them', () => {
    expect(readTokenEntries(`a:viewer:${sha256} b:admin:${sha256}:x+y c:viewer:${sha256}:*:2026-12-31`)).toEqual([
      { name: 'a', role: 'viewer', sha256 },
      { name: 'b', role: 'admin', sha256, servers: ['x', 'y'] },
      { name: 'c', role: 'viewer', sha256, expiresAt: '2026-12-31T23:59:59.999Z' },
    ]);
  });

  it('ends the start where it is wrong, such as the token itself in the place of its hash', () => {
    const token = `pgd_${'A'.repeat(43)}`;
    for (const text of [`a:viewer:${token}`, `a:viewer:${sha256}:`, `a:viewer:${sha256}:x:soon`, 'a:viewer']) {
      expect(() => readTokenEntries(text)).toThrow('PGDECK_TOKENS: entry 1 (a) cannot be read.');
      expect(() => readTokenEntries(text)).not.toThrow(/pgd_/);
    }
  });
});

it('takes names that mean the same everywhere', () => {
  for (const name of ['ann', 'a', '0', 'ann.b-c_d+e@example.net', 'x'.repeat(64)])
    expect(nameProblem(name), name).toBeUndefined();
  for (const name of ['', 'Ann', 'a b', '-a', 'a.', 'a:b', 'a,b', 'ä', 'x'.repeat(65), 'token:a', 'a\u202eb', 'local'])
    expect(nameProblem(name), name).toBeDefined();
});
