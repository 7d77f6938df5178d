import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { admin, refusal } from '@/lib/runner/test-stage';
import type { Parts } from './parts';
import { createBody } from './shapes';
import { Desk } from './test-desk';

let desk: Desk;
let body: PreviewBody;
beforeAll(async () => {
  desk = await Desk.build();
});
afterAll(() => desk?.end());
beforeEach(async () => {
  desk.stage.use('actor');
  body = { action: 'analyze', target: { kind: 'relation', database: 'postgres', oid: await desk.stage.oid('orders') } };
});
afterEach(() => desk.clear());

const asked = (more: object = {}) => ({
  title: 'nightly',
  cron: '30 3 * * *',
  timeZone: 'Europe/Berlin',
  body,
  ...more,
});
/** The runner with previews that have to be confirmed by typing. */
const typed = (): Parts['runner'] => ({
  preview: async (...given) => ({
    ...(await desk.stage.runner.preview(...given)),
    confirm: 'typed',
    confirmText: 'orders',
  }),
  execute: (...given) => desk.stage.runner.execute(...given),
  run: (id) => desk.stage.runner.run(id),
});

describe('a schedule is made', () => {
  test('from a preview, at the time of its zone, and written down', async () => {
    const { schedule, preview, next } = await desk.schedules().create('test', asked(), admin);
    expect(preview).toMatchObject({
      executed: false,
      title: 'Analyze public.orders?',
      sql: [expect.stringContaining('analyze')],
    });
    expect(next).toBe('2026-11-21T02:30:00.000Z');
    expect(schedule).toEqual({
      id: expect.any(String),
      title: 'nightly',
      cron: '30 3 * * *',
      timeZone: 'Europe/Berlin',
      body,
      subject: 'Analyze public.orders?',
      enabled: true,
      createdBy: 'local',
      createdAt: '2026-11-21T02:00:00.000Z',
      next,
      running: null,
      last: null,
      missed: null,
    });
    expect(await desk.only()).toEqual(schedule);
    const { entries } = await desk.stage.audit.read({ limit: 1, event: 'schedule_created' });
    expect(entries[0]).toMatchObject({
      schedule: 'nightly',
      action: 'analyze',
      user: { name: 'local' },
      cron: '30 3 * * *',
    });
    expect(await desk.told()).toEqual(['Schedule "nightly" made']);
  });

  test('not by a dry run, which only looks', async () => {
    const answer = await desk.schedules().create('test', asked({ dryRun: true }), admin);
    expect(answer).toEqual({ preview: expect.objectContaining({ executed: false }), next: '2026-11-21T02:30:00.000Z' });
    expect((await desk.schedules().list('test', admin)).schedules).toEqual([]);
  });

  test('only with what has to be typed, compared here', async () => {
    const schedules = desk.schedules({ runner: typed() });
    for (const confirmText of [undefined, '', 'order'])
      expect(await refusal(schedules.create('test', asked({ confirmText }), admin))).toBe('422 confirm_mismatch');
    expect((await desk.schedules().list('test', admin)).schedules).toEqual([]);
    expect((await desk.stage.audit.read({ limit: 9, event: 'denied' })).entries).toHaveLength(3);
    expect((await schedules.create('test', asked({ confirmText: ' orders ' }), admin)).schedule?.enabled).toBe(true);
  });

  test('not of what ends sessions or drops things, of a target that is gone, or at times that never come', async () => {
    const create = (more: object) => refusal(desk.schedules().create('test', asked(more), admin));
    for (const action of ['terminate', 'drop-index', 'vacuum-full', 'nothing'])
      expect(await create({ body: { ...body, action } })).toBe('400 bad_input');
    expect(await create({ body: { ...body, target: { ...body.target, oid: 4_000_000_000 } } })).toBe('404 not_found');
    const bound = { by: 'range', from: ['2027-01-01'], to: ['2027-02-01'] };
    expect(await create({ body: { ...body, action: 'create-partition', options: { bound } } })).toBe('400 bad_input');
    expect(await create({ cron: '0 0 31 2 *' })).toBe('400 bad_input');
    expect(await create({ timeZone: 'Europe/Nowhere' })).toBe('400 bad_input');
    expect((await desk.schedules().list('test', admin)).schedules).toEqual([]);
    expect(await refusal(desk.schedules().create('other', asked(), admin))).toBe('404 not_found');
  });

  test('not where it cannot be written down', async () => {
    const audit = {
      note: async () => {},
      write: () => Promise.reject(new Error('The disk is full.')),
      resultOf: async () => undefined,
    };
    expect(await refusal(desk.schedules({ audit }).create('test', asked(), admin))).toBe('503 audit_unwritable');
    expect((await desk.schedules().list('test', admin)).schedules).toEqual([]);
  });
});

describe('a schedule is changed', () => {
  test('its times are reckoned anew, its switch stops it, and it can be deleted', async () => {
    const schedules = desk.schedules();
    const { schedule } = await schedules.create('test', asked(), admin);
    const id = schedule?.id ?? '';
    const changed = await schedules.change('test', id, { cron: '0 12 * * *', timeZone: 'UTC', title: 'noon' }, admin);
    expect(changed).toMatchObject({ title: 'noon', next: '2026-11-21T12:00:00.000Z' });
    expect(await schedules.change('test', id, { enabled: false }, admin)).toMatchObject({ enabled: false, next: null });
    desk.now += 86_400_000;
    const on = await schedules.change('test', id, { enabled: true }, admin);
    expect(on).toMatchObject({ next: '2026-11-22T12:00:00.000Z', missed: null });
    expect(await desk.only()).toEqual(on);
    expect(await refusal(schedules.change('test', id, { cron: 'x' }, admin))).toBe('400 bad_input');
    await schedules.remove('test', id, admin);
    expect(await refusal(schedules.remove('test', id, admin))).toBe('404 not_found');
    const { entries } = await desk.stage.audit.read({ limit: 9 });
    expect(entries.map(({ event }) => event)).toEqual([
      'schedule_deleted',
      'schedule_changed',
      'schedule_changed',
      'schedule_changed',
      'schedule_created',
    ]);
  });
});

test('while the store is off schedules are unavailable with the reason, and nothing is made', async () => {
  const state = { status: 'off' as const, reason: null, engine: null, version: null };
  const off = desk.schedules({ store: { ...desk.parts().store, on: false, state, now: () => desk.now } });
  expect(await off.list('test', admin)).toMatchObject({
    enabled: true,
    schedules: [],
    unavailable: { reason: expect.stringContaining('PGDECK_HISTORY is off'), hint: expect.any(String) },
  });
  expect(await refusal(off.create('test', asked(), admin))).toBe('503 history_unavailable');
  const failing = { ...state, status: 'failing' as const, reason: 'The disk of the history store is full.' };
  const away = desk.schedules({ store: { ...desk.parts().store, on: false, state: failing, now: () => desk.now } });
  expect((await away.list('test', admin)).unavailable?.reason).toContain('The disk of the history store is full.');
});

test('the body of a request names the field that is wrong', () => {
  const field = (more: object) => createBody.safeParse(asked(more)).error?.issues[0]?.path.join('.');
  expect(field({ title: ' ' })).toBe('title');
  expect(field({ title: 'a\0b' })).toBe('title');
  expect(field({ cron: 5 })).toBe('cron');
  expect(field({ timeZone: 'x'.repeat(65) })).toBe('timeZone');
  expect(field({ body: { ...body, options: { name: '\0' } } })).toBe('body');
  expect(field({})).toBeUndefined();
});
