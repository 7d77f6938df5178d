import { expect, test } from 'vitest';
import { type ConfigurationRow, configurationChanges, resetChanges, runChanges } from './changes';

const setting = (name: string, value: string, more: Partial<ConfigurationRow> = {}): ConfigurationRow => ({
  kind: 'setting',
  name,
  value,
  unit: null,
  source: 'configuration file',
  pending_restart: false,
  ...more,
});
const role = (name: string, value: string): ConfigurationRow => ({ kind: 'role', name, value });
const titles = (before: ConfigurationRow[], after: ConfigurationRow[]) =>
  configurationChanges(before, after).map(({ kind, title }) => `${kind}: ${title}`);

test('a setting is told with its unit, before and after', () => {
  const before = setting('work_mem', '4096', { unit: 'kB', source: 'default' });
  const after = setting('work_mem', '65536', { unit: 'kB' });
  expect(configurationChanges([before], [after])).toEqual([
    {
      kind: 'setting',
      title: 'work_mem 4MB → 64MB',
      detail: { setting: 'work_mem', before: '4MB', after: '64MB', source: 'configuration file' },
    },
  ]);
  expect(titles([after], [after])).toEqual([]);
});

test('a setting that waits for a restart is told when it begins to wait and when it no longer does', () => {
  const running = setting('max_connections', '100');
  const waiting = setting('max_connections', '100', { pending_restart: true });
  expect(titles([running], [waiting])).toEqual([
    'setting: max_connections is changed in the configuration and waits for a restart',
  ]);
  expect(titles([waiting], [running])).toEqual(['setting: max_connections no longer waits for a restart']);
  // What was waited for: one event, not two.
  expect(titles([waiting], [setting('max_connections', '200')])).toEqual(['setting: max_connections 100 → 200']);
});

test('settings that only came into sight are no change; one that somebody wrote down is', () => {
  expect(titles([], [setting('data_directory', '/data', { source: 'override' })])).toEqual([]);
  expect(titles([setting('pg_stat_statements.max', '5000', { source: 'default' })], [])).toEqual([]);
  expect(titles([], [setting('app.mode', 'on')])).toEqual(['setting: app.mode set to on']);
  expect(titles([setting('app.mode', 'on')], [])).toEqual(['setting: app.mode reset, it was on']);
});

test('settings of roles and databases', () => {
  const of = (value: string): ConfigurationRow => ({ kind: 'role_setting', name: 'role app: work_mem', value });
  expect(titles([], [of('8MB')])).toEqual(['setting: role app: work_mem set to 8MB']);
  expect(titles([of('8MB')], [of('9MB')])).toEqual(['setting: role app: work_mem 8MB → 9MB']);
  expect(titles([of('9MB')], [])).toEqual(['setting: role app: work_mem reset, it was 9MB']);
});

test('roles and databases', () => {
  expect(titles([], [role('app', 'login')])).toEqual(['role: role app created']);
  expect(titles([role('App', 'login')], [])).toEqual(['role: role "App" dropped']);
  expect(titles([role('app', 'login, createdb')], [role('app', 'login, superuser, in pg_monitor')])).toEqual([
    'role: role app: now superuser, in pg_monitor; no longer createdb',
  ]);
  expect(titles([], [{ kind: 'database', name: 'shop', value: 'owner app' }])).toEqual([
    'schema: database shop created',
  ]);
});

test('many changes of one sort are told as one', () => {
  const before = Array.from({ length: 25 }, (_, index) => setting(`s${index}`, '1'));
  const after = before.map((row) => ({ ...row, value: '2' }));
  const [event, ...more] = configurationChanges(before, [...after, role('app', 'login')]);
  expect(event?.title).toBe('25 settings changed: s0, s1, s2 and 22 more');
  expect(event?.detail.objects).toHaveLength(25);
  expect(more.map(({ title }) => title)).toEqual(['role app created']);
});

// Fails when `folded()` keeps the database of the first of several.
test('T12: what is told as one is of a database only where all of it is', () => {
  const made = Array.from({ length: 25 }, (_, index) => ({ kind: 'database', name: `d${index}`, value: 'owner app' }));
  const [event] = configurationChanges([], made);
  expect(event?.title).toBe('25 databases created: d0, d1, d2 and 22 more');
  expect(event?.detail).not.toHaveProperty('database');
});

const run = {
  postmaster_start_time: '2026-11-21T09:00:00.123Z',
  in_recovery: true,
  server_version: '18.3',
};

test('a restart is at the time at which the server began, a promotion when it is seen', () => {
  const restarted = { ...run, postmaster_start_time: '2026-11-21T09:30:00.456Z', server_version: '18.4' };
  const seenAt = Date.parse('2026-11-21T09:29:50Z');
  expect(runChanges(run, run, seenAt)).toEqual([]);
  expect(runChanges(run, restarted, seenAt)).toEqual([
    {
      kind: 'restart',
      title: 'Server restarted as PostgreSQL 18.4, it was 18.3',
      detail: { before: '2026-11-21T09:00:00.123Z', after: '2026-11-21T09:30:00.456Z' },
      at: Date.parse('2026-11-21T09:30:00.456Z'),
    },
  ]);
  expect(runChanges(run, { ...run, in_recovery: false }, seenAt)).toEqual([
    {
      kind: 'failover',
      title: 'The standby was promoted: it is the primary now',
      detail: { before: 'standby', after: 'primary' },
    },
  ]);
});

test('a server that ran already while the other one was seen is no restart', () => {
  const other = { ...run, postmaster_start_time: '2026-11-20T09:00:00.000Z', in_recovery: false };
  const seenAt = Date.parse('2026-11-21T09:29:50Z');
  expect(runChanges(run, other, seenAt).map(({ kind, title, at }) => [kind, title, at])).toEqual([
    ['failover', 'Another server of the same cluster answers', undefined],
    ['failover', 'The standby was promoted: it is the primary now', undefined],
  ]);
});

test('statistics that began anew, not those that were never counted', () => {
  const at = (since: string | null, counted = true) => ({ 'database shop': { since, counted } });
  const [early, late] = ['2026-11-21T09:00:00.000Z', '2026-11-21T10:00:00.000Z'];
  expect(resetChanges(at(null), at(late))).toEqual([
    {
      kind: 'stats_reset',
      title: 'Statistics of database shop reset',
      detail: { before: null, after: late },
      at: Date.parse(late),
    },
  ]);
  expect(resetChanges(at(early), at(late))).toHaveLength(1);
  expect(resetChanges(at(late), at(late))).toEqual([]);
  expect(resetChanges(at(late), at(early))).toEqual([]);
  expect(resetChanges(at(late), at(null))).toEqual([]);
  expect(resetChanges(at(null, false), at(late))).toEqual([]);
  expect(resetChanges({}, at(late))).toEqual([]);
});
