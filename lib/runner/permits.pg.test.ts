import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { accessOf } from '@/lib/access/test-access';
import type { User } from '@/lib/access/user';
import type { PreviewBody } from '@/lib/actions/protocol';
import type { AccessRule } from '@/lib/config';
import type { AccessConfig } from '@/lib/config-access';
import { pidOf, refusal, Stage } from './test-stage';

let stage: Stage;
beforeAll(async () => {
  stage = await Stage.build();
  const other = await stage.client('postgres', 'admin', 'other');
  await other.query('create table public.books as select 1 as id; alter table public.books owner to owner');
});
afterEach(() => stage.clear());
afterAll(() => stage?.end());

const person = (name: string, more: Partial<User> = {}): User => ({
  ...{ name, role: 'admin', mode: 'oidc', groups: [name], ...more },
});
/** Admin everywhere; operator of the whole server; admin of `other` and of nothing else; the same and a viewer of the rest. */
const [ann, otto, dora, vera, bea] = ['ann', 'otto', 'dora', 'vera', 'bea'].map((name) => person(name)) as [
  User,
  User,
  User,
  User,
  User,
];
const rules: AccessRule[] = [
  { who: ['ann', 'bea', 'user:token'], role: 'admin' },
  { who: ['otto'], role: 'operator' },
  { who: ['dora', 'vera'], role: 'admin', databases: ['other'] },
  { who: ['vera'], role: 'viewer' },
];
const provider = (more: Partial<AccessConfig> = {}): AccessConfig => ({
  ...accessOf(),
  mode: 'oidc',
  actions: 'all',
  roleOf: { viewer: [], operator: [], admin: ['*'] },
  ...more,
});
function start(more: Partial<AccessConfig> = {}): void {
  stage.access = provider(more);
  stage.use('actor', { access: rules });
}
beforeEach(() => {
  stage.approval = 'off';
  start();
});

const preview = (body: PreviewBody, user: User) => stage.runner.preview('test', body, user);
const orders = async (action = 'analyze') => ({
  action,
  target: { kind: 'relation' as const, database: 'postgres', oid: await stage.oid('orders') },
});
async function books(action = 'analyze') {
  const client = await stage.client('postgres', 'admin', 'other');
  const { rows } = await client.query("select 'books'::regclass::oid as oid");
  return { action, target: { kind: 'relation' as const, database: 'other', oid: Number(rows[0].oid) } };
}
const terminate = async (client: Awaited<ReturnType<Stage['client']>>, more: Partial<{ pid: number }> = {}) => {
  const { pid, backend_start_us } = await stage.identity(client);
  return { action: 'terminate', target: { kind: 'backend' as const, pid, backend_start_us, ...more } };
};
const said = (work: Promise<unknown>) => work.catch((error) => `${error.status} ${error.code} ${error.message}`);
const denied = async () => (await stage.audit.read({ limit: 20, event: 'denied' })).entries;
let keys = 0;
const run = async (body: PreviewBody, user: User, confirmText?: string) => {
  const { previewId } = await preview(body, user);
  const asked = { previewId, idempotencyKey: `k${keys++}`, ...(confirmText && { confirmText }) };
  const { run } = await stage.runner.execute('test', asked, user);
  return run.status === 'awaiting_approval' ? run : stage.ended(run);
};

describe('an action is permitted by the role on what it is about', () => {
  // Fails when `permitTarget()` asks for the most that somebody may do anywhere.
  it('T2: in one database and not in another, and never to the server by a role on a part of it', async () => {
    expect(await run(await books(), dora)).toMatchObject({ status: 'done', databases: ['other'] });
    expect(await refusal(preview(await orders(), dora))).toBe('404 not_found');
    expect(await refusal(preview(await orders(), vera))).toBe('403 forbidden');
    expect(await refusal(preview(await orders('vacuum'), otto))).toBe('403 forbidden');
    expect((await run(await orders(), otto)).status).toBe('done');
    const checkpoint = { action: 'checkpoint', target: { kind: 'server' as const } };
    for (const user of [dora, vera, otto]) expect(await refusal(preview(checkpoint, user))).toBe('403 forbidden');
    expect(await preview(checkpoint, ann)).toMatchObject({ executed: false });
    expect((await denied()).map(({ user, action }) => [user?.name, action])).toEqual([
      ['otto', 'checkpoint'],
      ['vera', 'checkpoint'],
      ['dora', 'checkpoint'],
      ['otto', 'vacuum'],
      ['vera', 'analyze'],
    ]);
  });

  it('T12: on a server that one may not know of, as on one that is not there', async () => {
    const stranger = person('eve');
    const words = async (server: string) =>
      String(await said(stage.runner.preview(server, await orders(), stranger))).replace(server, '…');
    expect(await words('test')).toBe(await words('nowhere'));
    expect(await words('test')).toMatch(/^404 not_found/);
  });

  // Fails when `previewSession()` does not look at the database of the session.
  it('T12: a session of another database is gone, as one that is not there', async () => {
    const here = await stage.client('app');
    const there = await stage.client('app', 'shop', 'other');
    const nobody = await terminate(here, { pid: 4_194_000 });
    const words = async (body: PreviewBody, pid: number) =>
      String(await said(preview(body, dora))).replace(String(pid), '…');
    expect(await words(await terminate(here), pidOf(here))).toBe(await words(nobody, 4_194_000));
    expect(await words(nobody, 4_194_000)).toMatch(/^409 target_changed/);
    expect(await preview(await terminate(there), dora)).toMatchObject({ executed: false });
    // Who may see it and not act on it is told so.
    expect(await refusal(preview(await terminate(here), vera))).toBe('403 forbidden');
    expect(await preview(await terminate(there), vera)).toMatchObject({ executed: false });
  });

  // Fails when `previewSessions()` does not ask `may`.
  it('T12: of many sessions only those are taken that are in databases where one may', async () => {
    const here = await stage.client('app');
    const there = await stage.client('app', 'shop', 'other');
    await Promise.all([here, there].map((client) => client.query('begin')));
    await sleep(1200);
    const filter = { state: 'idle in transaction' as const, older_than_seconds: 1 };
    const bulk = (user: User, datname?: string) =>
      preview(
        { action: 'terminate', target: { kind: 'backends', filter: { ...filter, ...(datname && { datname }) } } },
        user,
      );
    const members = async (user: User) => (await bulk(user)).members?.map(({ pid }) => pid).sort();
    expect(await members(ann)).toEqual([pidOf(here), pidOf(there)].sort());
    expect(await members(dora)).toEqual([pidOf(there)]);
    expect(await members(vera)).toEqual([pidOf(there)]);
    expect(await said(bulk(dora, 'postgres'))).toBe(await said(bulk(dora, 'nowhere')));
    const shown = await bulk(dora);
    const { run } = await stage.runner.execute(
      'test',
      { previewId: shown.previewId, idempotencyKey: 'bulk', confirmText: '1' },
      dora,
    );
    expect(await stage.ended(run)).toMatchObject({ status: 'done', databases: ['other'] });
    expect(await Promise.all([here, there].map((client) => stage.alive(client)))).toEqual([true, false]);
  });

  it.each([
    ['off', person('ann'), '403 Actions are off on this pgdeck'],
    ['safe', person('ann'), '403 Only cancelling and ANALYZE are switched on'],
    ['all', { ...ann, mode: 'embed' as const }, '403 Actions inside a frame are off'],
    ['all', { ...ann, mode: 'anonymous' as const, groups: [] }, '404'],
  ])('T25: with PGDECK_ACTIONS=%s it is bound', async (actions, user, words) => {
    start({ actions: actions as AccessConfig['actions'] });
    const answer = await preview(await orders('vacuum'), user).catch(({ status, message }) => `${status} ${message}`);
    expect(answer).toContain(words);
    const safe = await preview(await orders('analyze'), user).catch(({ status }) => status);
    if (actions === 'safe') expect(safe).toMatchObject({ executed: false });
    else expect(safe).toBe(Number(words.slice(0, 3)));
  });
});

describe('a preview is of who made it', () => {
  // Fails when `usable()` compares the name alone.
  it('T12: nobody else runs it, not the same name of another sign-in either', async () => {
    const shown = await preview(await orders(), ann);
    const body = { previewId: shown.previewId, idempotencyKey: 'mine' };
    for (const user of [bea, { ...ann, mode: 'proxy' as const }])
      expect(await refusal(stage.runner.execute('test', body, user))).toBe('410 preview_expired');
    const { run } = await stage.runner.execute('test', body, ann);
    expect((await stage.ended(run)).status).toBe('done');
    // The key is theirs, too: another one gets no answer for it.
    expect(await refusal(stage.runner.execute('test', body, { ...ann, mode: 'proxy' }))).toBe('410 preview_expired');
    expect((await stage.runner.execute('test', body, ann)).run.runId).toBe(run.runId);
  });

  // Fails when `execute()` does not permit anew.
  it('T2: and is not run once the role behind it is gone', async () => {
    const { previewId } = await preview(await orders('vacuum'), ann);
    const less = { ...ann, role: 'operator' as const };
    expect(await refusal(stage.runner.execute('test', { previewId, idempotencyKey: 'less' }, less))).toBe(
      '403 forbidden',
    );
    expect((await denied())[0]).toMatchObject({ user: { name: 'ann', role: 'operator' }, action: 'vacuum' });
  });
});

describe('what waits for an approval', () => {
  async function waiting() {
    const victim = await stage.client('app', 'shop', 'other');
    stage.approval = 'typed';
    stage.use('actor', { access: rules });
    const body = await terminate(victim);
    const waits = await run(body, ann, String(body.target.pid));
    expect(waits.status).toBe('awaiting_approval');
    return { victim, runId: waits.runId };
  }

  // Fails when `requireApproval()` lets any of these pass.
  it('T12: is approved by another person who is admin of what it is about', async () => {
    const { victim, runId } = await waiting();
    const approve = (user: User) => refusal(stage.runner.approve(runId, user));
    expect(await approve(ann)).toBe('403 own_action');
    expect(await approve({ ...ann, mode: 'proxy' })).toBe('403 own_action');
    expect(await approve({ ...bea, mode: 'token', name: 'token:bot' })).toBe('403 no_person');
    expect(await approve(otto)).toBe('403 forbidden');
    expect(await approve(person('eve'))).toBe('404 not_found');
    expect(await stage.alive(victim)).toBe(true);
    expect(await stage.ended(await stage.runner.approve(runId, dora))).toMatchObject({
      status: 'done',
      approvedBy: 'dora',
    });
  });

  // Fails when `requireApproval()` takes the name that a portal gives for another person's.
  it('T12: is not approved through a portal, where the same person has another name', async () => {
    start({ embed: { origins: [], issuer: 'portal', algorithm: 'HS256', key: '', maxRole: 'admin', actions: true } });
    const { victim, runId } = await waiting();
    const framed = { ...ann, mode: 'embed' as const, name: 'embed:portal:ann' };
    expect(await refusal(stage.runner.approve(runId, framed))).toBe('403 other_way');
    expect(await stage.alive(victim)).toBe(true);
    await stage.runner.cancel(runId, ann);
  });

  // Fails when `perform()` does not ask `permitNow()`.
  it('T2: is not done when who asked for it may not any more by then', async () => {
    const { victim, runId } = await waiting();
    stage.access.roleOf = { viewer: [], operator: ['ann'], admin: ['bea'] };
    const now = await stage.ended(await stage.runner.approve(runId, bea));
    expect(now).toMatchObject({ status: 'nothing_done', message: expect.stringContaining('ann is operator') });
    expect(await stage.alive(victim)).toBe(true);
    expect(await denied()).toMatchObject([{ user: { name: 'ann', role: 'operator' }, action: 'terminate' }]);
    expect(await stage.events()).toContain('result nothing_done');
  });

  // Fails when `requireCancel()` does not ask `requireFullWindow()`.
  it('T15: is not taken back inside a frame where actions are off, whoever asks', async () => {
    const { runId } = await waiting();
    const framed = { ...ann, mode: 'embed' as const };
    expect(await refusal(stage.runner.cancel(runId, framed))).toBe('403 forbidden');
    expect(stage.runner.run(runId).status).toBe('awaiting_approval');
    await stage.runner.cancel(runId, ann);
  });

  // Fails when `requireCancel()` compares the name alone, or asks for the role anywhere.
  it('T12: is taken back by who asked for it and by admins of what it is about', async () => {
    for (const [user, expected] of [
      [otto, '403 forbidden'],
      [{ ...otto, name: 'ann', groups: ['otto'] }, 'cancelled'],
      [{ ...otto, name: 'ann', mode: 'proxy' as const }, '403 forbidden'],
      [person('eve'), '404 not_found'],
      [dora, 'cancelled'],
    ] as const) {
      const { runId } = await waiting();
      const outcome = await stage.runner.cancel(runId, user).then(
        async (run) => (await stage.ended(run)).status,
        ({ status, code }) => `${status} ${code}`,
      );
      expect(outcome, user.name).toBe(expected);
      await stage.runner.cancel(runId, ann).catch(() => {});
    }
  });
});
