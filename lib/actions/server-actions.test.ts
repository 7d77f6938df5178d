import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Given, WorkAction } from './action';
import { alterSystem } from './alter-system';
import { createExtension } from './create-extension';
import { dropSlot } from './drop-slot';
import { refreshCollationVersion } from './refresh-collation-version';
import { resetStatements } from './reset-statements';
import { rollbackPrepared } from './rollback-prepared';
import { allowedExtensions, mayBeInstalled } from './server/allowed-extensions';
import { cautionOf, leastOf, mayBeSet } from './server/allowed-settings';
import { versionLiteral } from './server/extension-words';
import type { Subject } from './subjects/subject';

const actor = { role: 'actor', superuser: false, major: 18 };
const given = (subject: object, more: Partial<Given> = {}): Given => ({
  subject: { database: 'shop', ...subject } as Subject,
  details: [],
  options: {},
  actor,
  ...more,
});
const refused = (action: WorkAction, asked: Given) => action.refuse?.(asked)?.code;

const setting = {
  kind: 'setting',
  name: 'work_mem',
  quoted: 'work_mem',
  fingerprint: '',
  setting: '4096',
  unit: 'kB',
  vartype: 'integer',
  min_val: '64',
  max_val: '2147483647',
  enumvals: null,
  boot_val: '4096',
  context: 'user',
  source: 'default',
  sourcefile: null,
  source_visible: true,
  pending_restart: false,
  category: '',
  short_desc: '',
  hidden: false,
  auto_visible: false,
  may_alter: true,
  may_reload: true,
  alter_system_allowed: true,
};
const to = (value: string | null, changes: object = {}, more: Partial<Given> = {}) =>
  given({ ...setting, ...changes }, { options: { value }, ...more });

describe('a setting', () => {
  it.each([
    ['alter_system_off', to('8MB', { alter_system_allowed: false })],
    ['command_line', to('8MB', { source: 'command line' })],
    ['not_visible', to('8MB', { hidden: true, source: 'client' })],
    ['not_visible', to(null, { source_visible: false })],
    ['nothing_to_reset', to(null, { auto_visible: true })],
    ['not_allowed', to('x', { name: 'archive_command' })],
    [
      'no_change',
      to('8MB', { auto_visible: true }, { details: [{ kind: 'file', place: '/postgresql.auto.conf', value: '8192' }] }),
    ],
    ['files_broken', to('8MB', { auto_visible: true }, { details: [{ kind: 'error', place: '/data/a.conf' }] })],
    ['too_low', to('64', {}, { details: [{ kind: 'least', value: '100' }] })],
  ])('is refused: %s', (code, asked) => {
    expect(refused(alterSystem, asked)).toBe(code);
  });

  it('is changed and reset although what its file says cannot be seen, and that is said', () => {
    const auto = { setting: '8192', sourcefile: '/data/postgresql.auto.conf' };
    for (const asked of [to(null), to('8MB', auto)]) {
      expect(refused(alterSystem, asked)).toBeUndefined();
      const { facts } = alterSystem.plan(asked);
      expect(facts.find(({ label }) => label === 'In postgresql.auto.conf')?.value).toContain('not known');
    }
  });

  it('has an undo only where it can be seen what the file said', () => {
    const undo = (asked: Given) => alterSystem.plan(asked).undo?.body.options;
    const auto = { setting: '8192', sourcefile: '/data/postgresql.auto.conf', source: 'configuration file' };
    expect(undo(to('16MB'))).toEqual({ value: null });
    expect(undo(to('16MB', auto))).toEqual({ value: '8192' });
    expect(undo(to('16MB', { ...auto, sourcefile: '/data/postgresql.conf' }))).toEqual({ value: null });
    const blind = to('16MB', { source_visible: false });
    expect(undo(blind)).toBeUndefined();
    expect(alterSystem.plan(blind).warnings.join()).toContain('there is no undo');
    expect(undo(to('16MB', { pending_restart: true }))).toBeUndefined();
    const file = { kind: 'file', place: 'C:/data/postgresql.auto.conf', value: '9MB' };
    expect(undo(to('16MB', { auto_visible: true }, { details: [file] }))).toEqual({ value: '9MB' });
  });

  it('is never said to be in effect before it is', () => {
    const asked = to('8MB');
    const judge = (after: object) => alterSystem.judge({ loaded: 1 }, { loaded: 2, auto: null, ...after }, asked);
    expect(judge({ value: '8192' }).done).toBe(true);
    expect(judge({ value: '8192', loaded: 1 }).done).toBe(false);
    expect(judge({ value: '4096' }).done).toBe(false);
    expect(alterSystem.judge({ loaded: 1 }, undefined, asked).done).toBe(false);
    const restart = to('8MB', { context: 'postmaster' });
    const waiting = alterSystem.judge({ loaded: 1 }, { loaded: 2, value: '4096', pending_restart: true }, restart);
    expect(waiting).toMatchObject({ done: true, warnings: [expect.stringContaining('after a restart')] });
  });

  it('is warned of where it is dear', () => {
    expect(cautionOf('autovacuum', 'off')).toContain('dead rows');
    expect(cautionOf('autovacuum', 'on')).toBeUndefined();
    expect(cautionOf('log_min_duration_statement', '0')).toContain('fills the log');
    expect(cautionOf('log_min_duration_statement', '-1')).toBeUndefined();
    expect(cautionOf('constructor', 'x')).toBeUndefined();
    for (const name of Object.keys(leastOf)) expect(mayBeSet(name)).toBe(true);
  });
});

describe('an extension', () => {
  const extension = {
    kind: 'extension',
    name: 'pg_trgm',
    quoted: 'pg_trgm',
    installed: null,
    schema: null,
    schema_name: null,
    default_version: '1.6',
    versions: [{ version: '1.6', superuser: false, trusted: true, schema: null, requires: null }],
    superuser: false,
    may_create_here: true,
    installed_here: [],
  };

  it('is only created in the schema that the server quoted, with a version that it has', () => {
    const options = { schema: 'x"; drop table y; --' };
    const asked = given(extension, { options, details: [{ schema: '"x""; drop table y; --"', preloaded: null }] });
    expect(refused(createExtension, asked)).toBeUndefined();
    expect(createExtension.plan(asked).steps.map(({ sql }) => sql)).toEqual([
      'create /* pgdeck:create-extension */ extension pg_trgm schema "x""; drop table y; --"',
    ]);
    fc.assert(
      fc.property(fc.string(), (version) => {
        fc.pre(version !== '1.6');
        expect(
          refused(createExtension, given(extension, { options: { version }, details: [{ schema: 'public' }] })),
        ).toBe('no_such_version');
      }),
    );
  });

  it('has a plain version, or none', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (version) => {
        let literal = "'1'";
        try {
          literal = versionLiteral(version);
        } catch {
          // Odd ones are refused.
        }
        expect(literal).toMatch(/^'[^'\\\s]+'$/);
      }),
    );
  });

  it('is on the list, or left alone', () => {
    expect(new Set(allowedExtensions).size).toBe(allowedExtensions.length);
    for (const never of [
      'dblink',
      'file_fdw',
      'pg_surgery',
      'adminpack',
      'plpython3u',
      'plperlu',
      'plpgsql',
      'toString',
    ])
      expect(mayBeInstalled(never), never).toBe(false);
    for (const name of allowedExtensions) expect(name).toMatch(/^[a-z_-]+$/);
  });
});

it('a slot that is a copy of one on the primary is not dropped', () => {
  const slot = { kind: 'slot', name: 'x', active: false, temporary: false, synced: true };
  expect(refused(dropSlot, given(slot))).toBe('slot_synced');
  expect(refused(dropSlot, given({ ...slot, synced: false }))).toBeUndefined();
});

it('a prepared transaction is confirmed by what can be typed', () => {
  const typed = (gid: string) =>
    rollbackPrepared.plan(given({ kind: 'prepared', gid, quoted: `'${gid}'`, transaction: '4711', age_seconds: 1 }))
      .typed;
  expect(typed('order-1')).toBe('order-1');
  for (const odd of ['a b', 'é', '\u202eabc', 'x'.repeat(65), ' x']) expect(typed(odd)).toBe('4711');
});

it('a collation without a version has none to record', () => {
  const database = { kind: 'database', quoted: 'shop', collation_version: null, actual_collation_version: null };
  expect(refused(refreshCollationVersion, given(database))).toBe('no_version');
});

describe('statistics of statements', () => {
  const extension = { schema: 'public', preloaded: true, selective: true, tells_reset: true, may_reset: true };
  const statement = { kind: 'statement', name: '-7', quoted: 'statement -7', userid: '10', dbid: '5', queryid: '-7' };

  it.each([
    ['not_installed', { ...extension, schema: null }],
    ['not_preloaded', { ...extension, preloaded: false }],
    ['version', { ...extension, selective: false }],
    ['no_statistics', extension],
  ])('are refused: %s', (code, found) => {
    expect(refused(resetStatements, given({ ...statement, ...found }))).toBe(code);
  });

  it('are named by digits only', () => {
    const sql = (changes: object) =>
      resetStatements.plan(given({ ...statement, ...extension, ...changes })).steps.map((step) => step.sql);
    expect(sql({})).toEqual([
      "select /* pgdeck:reset-statements */ public.pg_stat_statements_reset(10::oid, 5::oid, '-7'::bigint)",
    ]);
    expect(() => sql({ queryid: "1'" })).toThrow();
    expect(() => sql({ userid: '0); drop' })).toThrow();
  });
});
