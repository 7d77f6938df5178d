import { describe, expect, it } from 'vitest';
import { cancel } from './cancel';
import { catalogue } from './catalogue';
import { relationFits } from './fits';
import { actions, findAction } from './index';
import { executeBody, previewBody } from './protocol';
import { digits, type Session, statesOf } from './session';
import { backendTarget, target } from './target';
import { terminate } from './terminate';

const identity = { pid: 4711, backend_start_us: '1763697600000001', query_start_us: '1763697601000002' };
const session = (state: string | null): Session => ({
  ...identity,
  state,
  backend_type: 'client backend',
  application_name: 'shop',
  client: null,
  user_oid: 10,
  database_oid: 5,
  session_seconds: 1,
  transaction_seconds: null,
  query_seconds: 1,
  state_seconds: 1,
  writes: false,
  wait_event_type: null,
  wait_event: null,
  own: false,
});

describe('each action', () => {
  it.each(Object.entries(actions))('%s is described by the catalogue', (id, action) => {
    expect(action.id).toBe(id);
    expect(catalogue().find((described) => described.id === id)).toMatchObject({
      title: action.title,
      role: action.role,
    });
    expect(findAction(id)).toBe(action);
  });

  it('says which relations it fits where it is done to some of them', () => {
    for (const id of Object.keys(relationFits)) expect(findAction(id)?.targetKinds, id).toContain('relation');
    expect(catalogue().find(({ id }) => id === 'create-partition')?.relations).toEqual({ relkinds: 'p' });
    expect(catalogue().find(({ id }) => id === 'checkpoint')).not.toHaveProperty('relations');
  });

  it('is found by its own name only', () => {
    expect(findAction('toString')).toBeUndefined();
    expect(findAction('drop')).toBeUndefined();
  });
});

describe('the statement of a signal', () => {
  it('checks pid, start to the microsecond, kind of process and application in the statement that acts', () => {
    for (const sql of [
      terminate.sql(identity),
      cancel.sql(identity),
      terminate.sql(identity, { states: statesOf('idle') }),
    ]) {
      expect(sql).toMatch(/^select \/\* pgdeck:(terminate|cancel) \*\/ /);
      expect(sql).toContain('pg_catalog.pg_stat_get_activity(4711)');
      expect(sql).toContain('(extract(epoch from a.backend_start) * 1000000)::bigint = 1763697600000001::bigint');
      expect(sql).toContain("a.backend_type = 'client backend'");
      expect(sql).toContain('a.pid <> pg_catalog.pg_backend_pid()');
      expect(sql).toContain("not coalesce(a.application_name, '') ~ '^pgdeck(:|$)'");
      expect(sql).not.toContain('pg_stat_activity');
    }
    expect(cancel.sql(identity)).toContain(
      '(extract(epoch from a.query_start) * 1000000)::bigint = 1763697601000002::bigint',
    );
    expect(cancel.sql(identity)).toContain("a.state in ('active'");
    expect(terminate.sql(identity, { states: statesOf('idle in transaction') })).toContain(
      "a.state in ('idle in transaction', 'idle in transaction (aborted)')",
    );
  });

  it('takes digits only', () => {
    expect(() => digits('1; drop table x')).toThrow();
    expect(() => digits('-1')).toThrow();
    expect(() => digits(1.5)).toThrow();
    expect(() => terminate.sql({ ...identity, backend_start_us: '1 or true' })).toThrow();
  });
});

it('a statement can only be cancelled while it runs', () => {
  expect(cancel.refuse(session('active'))).toBeUndefined();
  for (const state of ['idle', 'idle in transaction', 'idle in transaction (aborted)', 'disabled', null])
    expect(cancel.refuse(session(state))?.code).toBe('nothing_to_cancel');
  expect(cancel.remains(identity, { ...session('active'), query_start_us: '1' })).toBe(false);
  expect(cancel.remains(identity, session('active'))).toBe(true);
  expect(terminate.remains(identity, session('idle'))).toBe(true);
});

describe('the protocol', () => {
  // T10: fails where a target in lib/actions/target.ts is not strict, or an identity any text (`microseconds`, `oid`).
  it('T10: takes identities as digits and nothing that it does not know', () => {
    const good = { kind: 'backend', pid: 1, backend_start_us: '1763697600000001' };
    expect(backendTarget.safeParse(good).success).toBe(true);
    for (const bad of [
      { ...good, pid: '1' },
      { ...good, pid: 0 },
      { ...good, pid: 2 ** 31 },
      { ...good, backend_start_us: 1763697600000001 },
      { ...good, backend_start_us: '1763697600000001 or true' },
      { ...good, sql: 'select 1' },
      { kind: 'relation', database: 'x', oid: '1' },
      { kind: 'relation', database: 'x', name: 'orders' },
      { kind: 'relation', database: 'x', oid: 1, name: 'orders; drop table orders' },
      { kind: 'backends', filter: { state: 'disabled', older_than_seconds: 1 } },
      { kind: 'backends', filter: { state: 'idle', older_than_seconds: 0 } },
      { kind: 'everything' },
    ])
      expect(target.safeParse(bad).success, JSON.stringify(bad)).toBe(false);
    expect(previewBody.safeParse({ action: 'terminate', target: good, sql: [] }).success).toBe(false);
    expect(executeBody.safeParse({ previewId: 'x', idempotencyKey: '' }).success).toBe(false);
  });
});
