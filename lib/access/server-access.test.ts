import fc from 'fast-check';
import { afterAll, beforeEach, describe, expect, it } from 'vitest';
import type { AccessRule, ServerConfig } from '@/lib/config';
import type { AccessConfig, ActionsAllowed } from '@/lib/config-access';
import { shared } from '@/lib/runtime';
import {
  accessTo,
  coversAll,
  homeOf,
  requireDatabase,
  type ServerAccess,
  seesDatabase,
  serverFor,
  serversFor,
  whyNot,
  whyNotAll,
  whyNowhere,
} from './server-access';
import { accessOf } from './test-access';
import { covers, type Role, type User, type UserMode } from './user';

const roles: Role[] = ['viewer', 'operator', 'admin'];
const modes: UserMode[] = ['local', 'anonymous', 'password', 'oidc', 'proxy', 'token', 'embed'];
const names = ['ann', 'bob'];
const groups = ['dba', 'dev', 'user:ann'];
const databases = ['shop', 'books', 'logs'];

const server = (access?: AccessRule[], id = 'one') => ({ id, access, read: { database: 'shop' } }) as ServerConfig;
const config = (more: Partial<AccessConfig> = {}): AccessConfig => ({ ...accessOf(), ...more });
const person = (more: Partial<User> = {}): User => ({ name: 'ann', role: 'admin', mode: 'password', ...more });
const seen = (user: User, rules?: AccessRule[], more: Partial<AccessConfig> = {}) => {
  const access = accessTo(user, server(rules), config(more));
  if (!access) throw new Error('nothing is seen');
  return access;
};

const anyRule: fc.Arbitrary<AccessRule> = fc.record(
  {
    who: fc.uniqueArray(fc.constantFrom('*', 'user:ann', 'user:bob', 'dba', 'dev'), { minLength: 1 }),
    role: fc.constantFrom(...roles),
    databases: fc.uniqueArray(fc.constantFrom(...databases), { minLength: 1 }),
  },
  { requiredKeys: ['who', 'role'] },
);
const anyUser: fc.Arbitrary<User> = fc
  .record({
    name: fc.constantFrom(...names),
    role: fc.constantFrom(...roles),
    mode: fc.constantFrom(...modes),
    groups: fc.uniqueArray(fc.constantFrom(...groups)),
    servers: fc.option(fc.subarray(['one', 'two']), { nil: undefined }),
  })
  .map(({ servers, ...user }) => ({ ...user, ...(servers && { only: { servers } }) }));
const anyRules = fc.option(fc.array(anyRule, { maxLength: 4 }), { nil: undefined });
const anyActions = fc.constantFrom<ActionsAllowed>('off', 'safe', 'all');
const anyPlace = fc.constantFrom(...databases, null);
const any = fc.record({ user: anyUser, rules: anyRules, actions: anyActions });

describe('what somebody may see and do on a server', () => {
  it('without rules is all that their role allows', () => {
    for (const role of roles) {
      const access = seen(person({ role }));
      expect([access.role, access.databases, access.roleOn(null), access.roleOn('shop')]).toEqual([
        role,
        undefined,
        role,
        role,
      ]);
    }
  });

  // Fails when `accessTo()` gives something where no rule means the user.
  it('T12: with rules is nothing for whom none of them means', () => {
    expect(accessTo(person(), server([{ who: ['dba', 'user:bob'], role: 'viewer' }]), config())).toBeUndefined();
    expect(accessTo(person(), server([]), config())).toBeUndefined();
    expect(accessTo(person({ only: { servers: ['two'] } }), server(), config())).toBeUndefined();
  });

  it('T12: a group that is called like a person is only a group', () => {
    const rules: AccessRule[] = [{ who: ['user:ann'], role: 'admin' }];
    expect(accessTo(person({ name: 'eve', groups: ['user:ann'] }), server(rules), config())).toBeUndefined();
  });

  it('is the most that any rule gives in a database, and for the whole server only by rules without databases', () => {
    const access = seen(person({ groups: ['dba'] }), [
      { who: ['*'], role: 'viewer' },
      { who: ['dba'], role: 'operator', databases: ['shop'] },
      { who: ['user:ann'], role: 'admin', databases: ['books'] },
    ]);
    expect([null, 'shop', 'books', 'logs'].map((database) => access.roleOn(database))).toEqual([
      'viewer',
      'operator',
      'admin',
      'viewer',
    ]);
    expect([access.role, access.databases]).toEqual(['admin', undefined]);
  });

  it('T12: of some databases nothing of the others, nor of what is in none', () => {
    const access = seen(person(), [{ who: ['*'], role: 'admin', databases: ['shop', 'books'] }]);
    expect([null, 'shop', 'logs'].map((database) => access.roleOn(database))).toEqual([undefined, 'admin', undefined]);
    expect(['shop', 'logs', null, undefined, ''].map((database) => seesDatabase(access, database))).toEqual([
      true,
      false,
      false,
      false,
      false,
    ]);
    const refused = (database: string | null | undefined) => () => requireDatabase(access, 'one', database);
    expect(refused('shop')).not.toThrow();
    for (const none of [null, undefined, ''])
      expect(refused(none)).toThrow(expect.objectContaining({ status: 403, code: 'forbidden' }));
    expect(refused('logs')).toThrow(
      expect.objectContaining({ status: 404, message: 'Server "one" has no database "logs".', field: 'database' }),
    );
    expect(homeOf(access, server())).toBe('shop');
    expect(homeOf(access, { read: { ...server().read, database: 'logs' } })).toBe('books');
  });

  // Fails when one of `lesser()`, `limited` or the filter of rules is taken out of `accessTo()`.
  it('T12: is never more than the role, never a server that a token was not made for, never a database that no rule names', () => {
    fc.assert(
      fc.property(any, anyPlace, ({ user, rules, actions }, place) => {
        const access = accessTo(user, server(rules), config({ actions }));
        const meant = (rules ?? []).filter(
          ({ who }) =>
            who.includes('*') ||
            who.includes(`user:${user.name}`) ||
            who.some((each) => ['dba', 'dev'].includes(each) && user.groups?.includes(each)),
        );
        const open = rules === undefined || user.mode === 'token';
        if (user.only?.servers && !user.only.servers.includes('one')) return access === undefined;
        if (!open && meant.length === 0) return access === undefined;
        if (!access || !covers(user.role, access.role)) return false;
        const has = access.roleOn(place);
        if (has && (!covers(access.role, has) || !covers(user.role, has))) return false;
        if (open) return has === user.role && access.databases === undefined;
        const fitting = meant.filter((rule) => !rule.databases || (place !== null && rule.databases.includes(place)));
        if ((has === undefined) !== (fitting.length === 0)) return false;
        // Who is limited sees just what some rule names, and may do nothing to the whole.
        return access.databases === undefined
          ? meant.some((rule) => !rule.databases) && access.roleOn(null) !== undefined
          : access.roleOn(null) === undefined &&
              (place === null || seesDatabase(access, place) === (has !== undefined));
      }),
    );
  });
});

describe('why somebody cannot do something', () => {
  // Fails when `whyNot()` leaves out the role or PGDECK_ACTIONS.
  it('T25: each role with each bound: what is possible needs both', () => {
    for (const role of roles)
      for (const needed of roles)
        for (const actions of ['off', 'safe', 'all'] as const) {
          const possible = covers(role, needed) && (actions === 'all' || (actions === 'safe' && needed === 'operator'));
          const why = whyNot(seen(person({ role }), undefined, { actions }), needed, null);
          expect(why === undefined, `${role} ${needed} ${actions}: ${why}`).toBe(possible);
        }
  });

  it('T25: nothing is done without sign-in, and inside a frame only where that is switched on', () => {
    const access = (mode: UserMode, more: Partial<AccessConfig> = {}) => seen(person({ mode }), undefined, more);
    expect(whyNot(access('embed', { actions: 'all' }), 'operator', null)).toContain('inside a frame are off');
    const embed = { actions: true } as AccessConfig['embed'];
    expect(whyNot(access('embed', { actions: 'all', embed }), 'operator', null)).toBeUndefined();
    for (const role of ['viewer', 'operator', 'admin'] as const)
      expect(whyNot(access('anonymous', { actions: 'off' }), role, null)).toContain('Without sign-in');
  });

  it('tells nobody in a frame the long name of the audit', () => {
    const framed = seen(person({ mode: 'embed', name: 'embed:https://portal.example.net:ada', role: 'operator' }));
    expect(whyNot(framed, 'admin', null)).toBe('This needs the role admin; you are operator.');
  });

  // Fails when `whyNotAll()` is content with one of several databases, or with none.
  it('T12: what is about several databases needs the role in each, what is about none that is known on the whole', () => {
    fc.assert(
      fc.property(
        any,
        fc.constantFrom(...roles),
        fc.option(fc.subarray(databases)),
        ({ user, rules, actions }, role, about) => {
          const access = accessTo(user, server(rules), config({ actions }));
          if (!access) return true;
          const places = about?.length ? about : [null];
          const can = whyNotAll(access, role, about) === undefined;
          return (
            can === places.every((place) => whyNot(access, role, place) === undefined) &&
            coversAll(access, role, about) === places.every((place) => has(access, role, place)) &&
            (!can || (coversAll(access, role, about) && whyNowhere(access, role) === undefined))
          );
        },
      ),
    );
  });

  it('says what is needed and what somebody is, in words', () => {
    const access = seen(person({ role: 'operator' }));
    expect(whyNot(access, 'admin', null)).toBe('This needs the role admin; ann is operator.');
    const part = seen(person(), [{ who: ['*'], role: 'admin', databases: ['shop'] }]);
    expect(whyNot(part, 'admin', 'books')).toBe('This needs the role admin; ann is not allowed there.');
    expect(whyNowhere(part, 'admin')).toBeUndefined();
  });
});

const has = (access: ServerAccess, role: Role, place: string | null) => {
  const own = access.roleOn(place);
  return own !== undefined && covers(own, role);
};

describe('the servers of somebody', () => {
  beforeEach(() => {
    const servers = [server(undefined, 'one'), server([{ who: ['user:bob'], role: 'viewer' }], 'two')];
    Object.assign(shared(), {
      servers: new Map(servers.map((each) => [each.id, { config: each }])),
      config: { access: config() },
    });
  });
  afterAll(() => {
    for (const part of ['servers', 'config'] as const) delete shared()[part];
  });

  it('T12: are those that they may know of; another one is missed like one that is not there', () => {
    const ids = (user: User) => serversFor(user).map((each) => each.server.config.id);
    expect([ids(person()), ids(person({ name: 'bob' }))]).toEqual([['one'], ['one', 'two']]);
    const missed = (id: string) => {
      try {
        return serverFor(person(), id);
      } catch (error) {
        const { status, code, message, field } = error as Record<string, unknown>;
        return { status, code, field, message: String(message).replace(id, '…') };
      }
    };
    expect(missed('two')).toEqual(missed('three'));
    expect(missed('two')).toMatchObject({ status: 404 });
    expect(serverFor(person({ name: 'bob' }), 'two').access.role).toBe('viewer');
  });
});
