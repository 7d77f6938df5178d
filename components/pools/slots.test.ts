import { describe, expect, it } from 'vitest';
import type { Session } from '@/components/sessions/session-kind';
import type { Row } from '@/lib/topics/index';
import { type Bouncer, type Service, slotsOf, slotsOfServices, slotsSentence } from './slots';

const session = (changes: Partial<Session> = {}) =>
  ({
    pid: 100,
    backend_start_us: '1',
    backend_type: 'client backend',
    datname: 'shop',
    usename: 'app_shop',
    application_name: 'shop-web',
    state: 'idle',
    wait_event_type: null,
    client_addr: '10.0.0.9',
    backend_seconds: 600,
    ...changes,
  }) as Session;
const own = (changes: Partial<Row<'connections'>> = {}) =>
  ({ own: true, state: 'idle', connections: 2, ceiling: 97, max_connections: 100, ...changes }) as Row<'connections'>;
const pool = (changes: Partial<Row<'pgbouncer-pools'>> = {}) =>
  ({
    database: 'shop',
    user: 'app_shop',
    datname: 'shop',
    cl_active: 3,
    cl_waiting: 0,
    sv_active: 1,
    sv_idle: 1,
    sv_used: 0,
    sv_tested: 0,
    sv_login: 0,
    maxwait_seconds: 0,
    ...changes,
  }) as Row<'pgbouncer-pools'>;
const server = (remote_pid: number, changes: Partial<Row<'pgbouncer-servers'>> = {}) =>
  ({ remote_pid, database: 'shop', user: 'app_shop', datname: 'shop', ...changes }) as Row<'pgbouncer-servers'>;
const client = (application_name: string | null, changes: Partial<Row<'pgbouncer-clients'>> = {}) =>
  ({ application_name, database: 'shop', user: 'app_shop', ...changes }) as Row<'pgbouncer-clients'>;

const totals = (sessions: Session[], bouncer?: Bouncer, services?: Service[]) =>
  Object.fromEntries(slotsOf(sessions, [own()], services, bouncer).rows.map((row) => [row.key, row.total]));

/** Words with plain spaces, as a reader reads them. */
const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('slots', () => {
  it('without PgBouncer are what the pools are told to hold now, figure by figure', () => {
    const service = (kind: string, name: string, changes: Partial<Service> = {}) =>
      ({
        kind,
        name,
        sessions: 0,
        waiting: 0,
        active: 0,
        idle_in_transaction: 0,
        idle: 0,
        other: 0,
        ceiling: 97,
        ...changes,
      }) as Service;
    const slots = slotsOfServices(
      [
        service('application', 'web', { sessions: 3, waiting: 1, idle: 2 }),
        service('application', 'jobs'),
        service('seen', 'web', { sessions: 1, active: 1 }),
        service('pgdeck', 'pgdeck', { sessions: 2, idle: 2 }),
        service('pgdeck', 'pgdeck as actor', { sessions: 1, other: 1 }),
      ],
      [own()],
    );
    expect(slots.rows.map(({ key, name, total }) => [key, name, total])).toEqual([
      ['direct:web', 'web', 4],
      ['pgdeck', 'pgdeck itself', 3],
    ]);
    expect(slots).toMatchObject({
      counts: { waiting: 1, active: 1, 'idle-in-transaction': 0, idle: 4, other: 1 },
      used: 7,
      ceiling: 97,
      all: 100,
    });
  });

  it('are each in exactly one row, by what they do', () => {
    const slots = slotsOf(
      [
        session({ state: 'active' }),
        session({ state: 'active', wait_event_type: 'Lock' }),
        session({ application_name: '', usename: 'batch', state: 'idle in transaction' }),
        session({ backend_type: 'walsender' }),
        session({ application_name: null, usename: null, backend_start_us: null, backend_type: null, state: null }),
      ],
      [own({ state: 'active', connections: 1 }), own(), own({ own: false, connections: 5 })],
    );
    expect(slots.rows.map((row) => [row.name, row.total])).toEqual([
      ['shop-web', 2],
      ['batch', 1],
      ['unnamed', 1],
      ['pgdeck itself', 3],
    ]);
    expect(slots).toMatchObject({ used: 7, ceiling: 97, all: 100 });
    expect(slots.counts).toEqual({ waiting: 1, active: 2, 'idle-in-transaction': 1, idle: 2, other: 1 });
  });

  it('have the name of the configuration where it fits', () => {
    const service = { kind: 'application', name: 'web', application_name: 'shop-web', usename: null, datname: null };
    expect(totals([session()], undefined, [service as Service])).toEqual({ 'direct:web': 1, pgdeck: 2 });
  });

  it("are PgBouncer's by the process behind each of its server connections", () => {
    const sessions = [
      session({ pid: 1 }),
      session({ pid: 2 }),
      session({ pid: 3 }),
      session({ pid: 4, datname: 'crm' }),
    ];
    const servers = [server(1), server(2), server(4)];
    const slots = slotsOf(sessions, [own()], [], {
      pools: [pool({ cl_waiting: 2, maxwait_seconds: 3 })],
      servers,
      clients: [client('checkout'), client('shop-web'), client('shop-web'), client(null, { database: 'crm' })],
    });
    expect(slots.rows.map(({ key, name, total }) => [key, name, total])).toEqual([
      ['pool:shop/app_shop', 'shop-web and checkout', 2],
      ['direct:shop-web', 'shop-web', 2],
      ['pgdeck', 'pgdeck itself', 2],
    ]);
    expect(slots.rows[0]?.pool).toEqual({
      name: 'shop/app_shop',
      clients: { active: 3, waiting: 2, longestSeconds: 3 },
    });
    const away = slotsOf(sessions, [own()], [], { pools: [pool()], servers, away: true });
    expect(away.rows[0]).toMatchObject({ pool: { name: 'shop/app_shop' }, total: 2 });
    expect(away.rows[0]?.pool).not.toHaveProperty('clients');
  });

  it('are of nobody knows whom where PgBouncer answered after the server was lost', () => {
    const slots = slotsOf([session({ pid: 1 })], [own()], [], { pools: [pool()], servers: [], later: true });
    expect(slots.rows.map(({ name, unknown, total }) => [name, unknown, total])).toEqual([
      ['app_shop', undefined, 0],
      ['shop-web', true, 1],
      ['pgdeck itself', undefined, 2],
    ]);
  });

  it('of backends that began after PgBouncer was asked are of nobody knows whom, unless they come from elsewhere', () => {
    const young = { backend_seconds: 3 };
    const sessions = [
      session({ pid: 1 }),
      session({ pid: 2, ...young }),
      session({ pid: 3, ...young, client_addr: '10.0.0.4' }),
      session({ pid: 4, ...young, datname: 'crm', client_addr: '10.0.0.4', application_name: 'crm' }),
      session({ pid: 5, backend_seconds: 6 }),
      session({ pid: 6, application_name: 'cron' }),
    ];
    const bouncer = { pools: [pool()], servers: [server(1)] };
    const told = (agoSeconds?: number) =>
      slotsOf(sessions, [], [], { ...bouncer, agoSeconds }).rows.map(({ key, name, unknown, total }) => [
        key,
        name,
        unknown ?? false,
        total,
      ]);
    expect(told(4)).toEqual([
      ['pool:shop/app_shop', 'app_shop', false, 1],
      ['direct:shop-web', 'shop-web', false, 2],
      ['direct:cron', 'cron', false, 1],
      // In its database PgBouncer has none whose address could be compared.
      ['unknown:direct:crm', 'crm', true, 1],
      ['unknown:direct:shop-web', 'shop-web', true, 1],
    ]);
    // PgBouncer told of them after they began, and a little later.
    expect(told(1).filter(([, , unknown]) => unknown)).toEqual([]);
    // One that was signing in when PgBouncer was asked.
    expect(told(2.5).filter(([, , unknown]) => unknown)).toHaveLength(2);
  });

  it('of backends that may not be seen are of nobody knows whom while PgBouncer does not answer', () => {
    const hidden = session({ pid: 7, backend_seconds: null, application_name: 'hidden' });
    const told = (away: boolean) =>
      slotsOf([hidden], [], [], { pools: [], servers: [], agoSeconds: 4, away }).rows.map(({ unknown }) => unknown);
    expect(told(true)).toEqual([true]);
    expect(told(false)).toEqual([undefined]);
  });

  it('are told by role and database where the server connections are not known', () => {
    expect(totals([session(), session({ usename: 'other', application_name: 'cron' })], { pools: [pool()] })).toEqual({
      'pool:shop/app_shop': 1,
      'direct:cron': 1,
      pgdeck: 2,
    });
  });

  it('name clients by another user where PgBouncer signs in as one of its own, and leave out other servers', () => {
    const pools = [pool(), pool({ database: 'away', datname: null }), pool({ database: 'unused', cl_active: 0 })];
    const { rows } = slotsOf([session({ pid: 1 })], [], [], {
      pools,
      servers: [server(1)],
      clients: [client(null, { user: 'ann' })],
    });
    expect(rows.map(({ key, name }) => [key, name])).toEqual([['pool:shop/app_shop', 'ann']]);
  });

  it('of many applications are summed in one row', () => {
    const sessions = Array.from({ length: 40 }, (_, at) => session({ pid: at, application_name: `job ${at}` }));
    const { rows, used } = slotsOf(sessions, [own()]);
    expect(rows).toHaveLength(14);
    expect(rows.at(-2)).toMatchObject({ kind: 'rest', name: '28 others', total: 28 });
    expect(used).toBe(42);
  });

  it('are told in a sentence', () => {
    const slots = slotsOf([session({ state: 'active' }), session()], [own()]);
    expect(plain(slotsSentence(slots, false, 0.8))).toBe(
      '4 of 97 (4 %) are taken: 1 active, 3 idle; 93 free. Warning from 80 % (78).',
    );
    expect(plain(slotsSentence(slots, true, 0.8))).toBe(
      '4 are taken in the databases that you may see: 1 active, 3 idle. The server takes 97 from applications.',
    );
  });
});
