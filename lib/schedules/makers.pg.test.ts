import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { accessOf } from '@/lib/access/test-access';
import type { User } from '@/lib/access/user';
import type { PreviewBody } from '@/lib/actions/protocol';
import type { AccessRule } from '@/lib/config';
import type { AccessConfig } from '@/lib/config-access';
import { until } from '@/lib/history/test-stage';
import { admin, refusal } from '@/lib/runner/test-stage';
import { Desk } from './test-desk';

const hourMs = 3_600_000;
let desk: Desk;
let body: PreviewBody;
beforeAll(async () => {
  desk = await Desk.build();
  await desk.stage.root('create table public.nightly as select 1 as id; alter table public.nightly owner to owner');
});
afterAll(() => desk?.end());
afterEach(() => desk.clear());

/** People come by a provider that tells their groups: `dba` are admins. */
const provider = (roleOf: Partial<AccessConfig['roleOf']> = { admin: ['dba'] }, more: Partial<AccessConfig> = {}) => ({
  ...accessOf(),
  mode: 'oidc' as const,
  actions: 'all' as const,
  roleOf: { viewer: [], operator: [], admin: [], ...roleOf },
  ...more,
});
const ann: User = { name: 'ann', role: 'admin', mode: 'oidc', groups: ['dba'] };

/** pgdeck as it is started anew with other settings. */
function restart(access: AccessConfig, rules?: AccessRule[]): void {
  desk.stage.access = access;
  desk.stage.use('actor', { access: rules });
}
beforeEach(async () => {
  restart(provider());
  const oid = await desk.stage.oid('nightly');
  body = { action: 'analyze', target: { kind: 'relation', database: 'postgres', oid } };
  await desk.stage.root("select pg_stat_reset_single_table_counters('nightly'::regclass)");
});

const make = (user = ann) =>
  desk.schedules().create('test', { title: 'hourly', cron: '0 * * * *', timeZone: 'UTC', body }, user);
const analyzed = async () =>
  Number(
    (await desk.stage.root<{ n: string }>("select pg_stat_get_analyze_count('nightly'::regclass)::text as n"))[0]?.n,
  );
/** The next hour comes; what became of it, in the list and in the audit. */
async function nextHour() {
  desk.now += hourMs;
  const keeper = desk.keeper();
  const before = (await row()).last_at;
  await until(async () => {
    await keeper.tick();
    const { holder, last_at } = await row();
    return holder === null && String(last_at) !== String(before);
  });
  const { last_status, last_message } = await row();
  const { entries } = await desk.stage.audit.read({ limit: 10, event: 'denied' });
  return { status: last_status, message: String(last_message), denied: entries, analyzed: await analyzed() };
}
const row = async () => (await desk.query('select * from pgdeck.schedule'))[0] ?? {};
const problem = async () => (await desk.schedules().list('test', ann)).schedules[0]?.problem;

describe('a schedule runs in the name of who made it', () => {
  test('with the role that they have now', async () => {
    await make();
    const { status, analyzed, denied } = await nextHour();
    expect({ status, analyzed, denied }).toEqual({ status: 'done', analyzed: 1, denied: [] });
    const [intent] = (await desk.stage.audit.read({ limit: 1, event: 'intent' })).entries;
    expect(intent?.user).toEqual({ name: 'ann', role: 'admin', mode: 'schedule' });
  });

  // Fails when `begin()` does not ask `makerNow()`.
  test.each([
    ['gone', provider({ admin: ['others'] }), undefined, 'ann, who made this, may not use this server any more.'],
    ['downgraded', provider({ operator: ['dba'] }), undefined, 'ann, who made this, is no admin there any more.'],
    [
      'not allowed on the server',
      provider(),
      [{ who: ['others'], role: 'admin' as const }],
      'ann, who made this, may not use this server any more.',
    ],
    [
      'no admin of that database',
      provider(),
      [
        { who: ['*'], role: 'admin' as const, databases: ['other'] },
        { who: ['*'], role: 'viewer' as const },
      ],
      'ann, who made this, is no admin there any more.',
    ],
    [
      'somebody of another way of sign-in',
      accessOf(),
      undefined,
      'ann, who made this, may not use this server any more.',
    ],
    ['bound by PGDECK_ACTIONS', provider(undefined, { actions: 'off' }), undefined, 'Actions are off on this pgdeck.'],
  ])('T12: and not when they are %s by then: told in the list and in the audit', async (_, access, rules, words) => {
    await make();
    restart(access, rules);
    const { status, message, denied, analyzed } = await nextHour();
    expect(message).toContain(words);
    expect({ status, analyzed }).toEqual({ status: 'nothing_done', analyzed: 0 });
    expect(denied).toMatchObject([
      {
        schedule: 'hourly',
        user: { name: 'ann', mode: 'schedule' },
        status: 403,
        message: expect.stringContaining(words),
      },
    ]);
    // Told a moment after it is written.
    await expect.poll(async () => (await desk.told()).at(0)).toBe('Schedule "hourly": nothing done');
  });

  test('which the list says before it is due', async () => {
    await make();
    expect(await problem()).toBeUndefined();
    restart(provider({ operator: ['dba'], admin: ['user:ann'] }), undefined);
    expect(await problem()).toBeUndefined();
    const { schedules } = await desk.schedules({ access: provider({ operator: ['dba'] }) }).list('test', ann);
    expect(schedules[0]?.problem).toContain('is no admin there any more');
  });
});

describe('one that was made before people signed in', () => {
  const forgetMaker = () => desk.query('update pgdeck.schedule set maker = null');

  test('is run while whoever sits at the machine still is who acts', async () => {
    restart(accessOf());
    await make(admin);
    await forgetMaker();
    expect(await nextHour()).toMatchObject({ status: 'done', analyzed: 1 });
  });

  // Fails when a row without a maker counts as made by an admin.
  test('T12: and not once people sign in', async () => {
    restart(accessOf());
    await make(admin);
    await forgetMaker();
    restart(provider());
    const { message, analyzed } = await nextHour();
    expect(message).toContain('local, who made this, may not use this server any more');
    expect(analyzed).toBe(0);
    await desk.query("update pgdeck.schedule set created_by = 'ann'");
    expect((await nextHour()).message).toContain('nobody stands behind it now');
  });
});

describe('who may see schedules', () => {
  const rules: AccessRule[] = [
    { who: ['dba'], role: 'admin' },
    { who: ['user:dora'], role: 'admin', databases: ['other'] },
    { who: ['user:otto'], role: 'operator' },
  ];
  const person = (name: string): User => ({ name, role: 'admin', mode: 'oidc', groups: [] });

  test('T12: admins of what they are about; for others they are not there', async () => {
    restart(provider({ admin: ['*'] }), rules);
    const { schedule } = await make();
    const id = schedule?.id ?? '';
    for (const name of ['dora', 'otto']) {
      expect((await desk.schedules().list('test', person(name))).schedules, name).toEqual([]);
      const change = () => desk.schedules().change('test', id, { enabled: false }, person(name));
      expect(await refusal(change()), name).toBe('404 not_found');
      expect(await refusal(desk.schedules().remove('test', id, person(name))), name).toBe('404 not_found');
    }
    expect(await refusal(desk.schedules().list('test', person('eve')))).toBe('404 not_found');
    expect((await desk.schedules().list('test', ann)).schedules).toHaveLength(1);
    expect((await desk.schedules().change('test', id, { enabled: false }, ann)).enabled).toBe(false);
  });

  test('T12: and only they make them, who can be looked up again', async () => {
    restart(provider({ admin: ['*'] }), [...rules, { who: ['user:embed:portal:ann'], role: 'admin' }]);
    expect(await refusal(make(person('dora')))).toBe('404 not_found');
    expect(await refusal(make(person('otto')))).toBe('403 forbidden');
    const framed = { ...ann, name: 'embed:portal:ann', mode: 'embed' as const };
    expect(await refusal(make(framed))).toBe('403 forbidden');
    expect((await desk.schedules().list('test', ann)).schedules).toEqual([]);
  });

  // Fails when `change()` or `remove()` does not ask `requireFullWindow()`.
  test('T15: nor are they changed or deleted inside a frame where actions are off', async () => {
    restart(provider({ admin: ['*'] }), [...rules, { who: ['user:embed:portal:ann'], role: 'admin' }]);
    const { schedule } = await make();
    const id = schedule?.id ?? '';
    const framed = { ...ann, name: 'embed:portal:ann', mode: 'embed' as const };
    expect(await refusal(desk.schedules().change('test', id, { enabled: false }, framed))).toBe('403 forbidden');
    expect(await refusal(desk.schedules().remove('test', id, framed))).toBe('403 forbidden');
    expect((await desk.schedules().list('test', ann)).schedules).toMatchObject([{ enabled: true }]);
  });
});
