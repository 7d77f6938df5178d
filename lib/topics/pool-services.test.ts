import { describe, expect, test } from 'vitest';
import { applicationPools } from './application-pools';
import { poolServices, type ServicesGiven } from './pool-services';

const connection = (changes: Record<string, unknown> = {}) => ({
  datname: 'shop',
  usename: 'app_shop',
  application_name: 'shop-web',
  client_addr: '10.0.0.1',
  state: 'idle',
  wait_event_type: null,
  own: false,
  connections: 1,
  ceiling: 97,
  ...changes,
});
const pool = (changes: Record<string, unknown> = {}) => ({
  database: 'shop',
  user: 'app_shop',
  datname: 'shop',
  sv_active: 4,
  sv_idle: 2,
  pool_size: 20,
  reserve_pool_size: 5,
  max_connections: null,
  ...changes,
});
const given = (changes: Partial<ServicesGiven>): ServicesGiven => ({
  connections: [],
  applications: [],
  own: [{ usename: 'watcher', most: 6 }],
  bouncer: [],
  cpus: undefined,
  spindles: undefined,
  ...changes,
});
const web = { name: 'web', match: { application_name: 'shop-web' }, poolMax: 10 };
const services = (changes: Partial<ServicesGiven>) =>
  Object.fromEntries(
    poolServices(given(changes)).map((row) => {
      const parsed = applicationPools.row.parse(row);
      return [`${parsed.kind} ${parsed.name}`, parsed];
    }),
  );

describe('services', () => {
  test('each connection counts in exactly one, by what it does', () => {
    const all = services({
      connections: [
        connection({ state: 'active', connections: 3 }),
        connection({ state: 'active', wait_event_type: 'Lock', connections: 2 }),
        connection({ state: 'idle in transaction (aborted)' }),
        connection({ application_name: 'nightly', state: null, connections: 4 }),
        connection({ application_name: '', usename: 'batch', connections: 5 }),
        connection({ own: true, application_name: 'pgdeck', connections: 2 }),
      ],
      applications: [web, { ...web, name: 'twice' }],
      cpus: 8,
      spindles: 1,
    });
    expect(all['application web']).toMatchObject({
      sessions: 6,
      active: 3,
      waiting: 2,
      idle_in_transaction: 1,
      idle: 0,
    });
    expect(all['application twice']).toMatchObject({
      sessions: 0,
      instances: null,
      instances_from: null,
      slots_most: 10,
    });
    expect(all['seen nightly']).toMatchObject({ sessions: 4, other: 4, pool_max: null, most: null, slots_most: 4 });
    expect(all['seen batch']).toMatchObject({ sessions: 5, usename: 'batch' });
    expect(all['pgdeck pgdeck']).toMatchObject({
      sessions: 2,
      most: 6,
      slots_most: 6,
      ceiling: 97,
      cpus: 8,
      spindles: 1,
    });
    expect(Object.keys(all)).toHaveLength(5);
  });

  test('instances are given, or as many as addresses are seen', () => {
    const connections = ['10.0.0.1', '10.0.0.2', '10.0.0.2', null].map((client_addr) => connection({ client_addr }));
    expect(services({ connections, applications: [web] })['application web']).toMatchObject({
      instances: 3,
      instances_from: 'seen',
      most: 30,
    });
    expect(services({ connections, applications: [{ ...web, instances: 2 }] })['application web']).toMatchObject({
      instances: 2,
      instances_from: 'configuration',
      most: 20,
    });
  });

  test("what PgBouncer holds counts for PgBouncer's pools, and the application behind it for nothing", () => {
    const all = services({
      connections: [connection({ connections: 6 }), connection({ usename: 'batch', application_name: 'cron' })],
      applications: [web, { name: 'cron', match: { usename: 'batch' }, poolMax: 2 }],
      bouncer: [
        pool(),
        pool({ user: 'other', sv_active: 0, sv_idle: 0 }),
        pool({ database: 'elsewhere', datname: null }),
      ],
    });
    expect(all['pgbouncer shop']).toMatchObject({ sessions: 6, instances: 2, pool_max: 25, most: 50, slots_most: 50 });
    expect(all['application web']).toMatchObject({ sessions: 0, through_pgbouncer: true, slots_most: 0 });
    expect(all['application cron']).toMatchObject({ sessions: 1, through_pgbouncer: false, slots_most: 2 });
    expect(all['pgbouncer elsewhere']).toBeUndefined();
  });

  test('the limit of the database caps its pools; sizes that differ or are not known are not made up', () => {
    const connections = [connection()];
    const capped = services({
      connections,
      bouncer: [pool({ max_connections: 30 }), pool({ user: 'b', pool_size: 40 })],
    });
    expect(capped['pgbouncer shop']).toMatchObject({ pool_max: null, instances: 2, most: 30 });
    const unknown = services({ connections, bouncer: [pool({ pool_size: null })] });
    expect(unknown['pgbouncer shop']).toMatchObject({ pool_max: null, most: null, slots_most: 1 });
  });

  test('two databases of PgBouncer that lead to one database hold its connections together', () => {
    const all = services({
      connections: [connection({ connections: 5 }), connection({ application_name: 'report', connections: 3 })],
      applications: [web],
      bouncer: [
        pool({ sv_active: 5, sv_idle: 0, pool_size: 5, reserve_pool_size: 0 }),
        pool({ database: 'shop_ro', sv_active: 1, sv_idle: 2, pool_size: 3, reserve_pool_size: 2 }),
      ],
    });
    expect(all['application web']).toMatchObject({ through_pgbouncer: true, slots_most: 0, sessions: 0 });
    expect(all['pgbouncer shop']).toMatchObject({ sessions: 5, slots_most: 5 });
    expect(all['pgbouncer shop_ro']).toMatchObject({ sessions: 3, slots_most: 5 });
    expect(Object.keys(all).filter((name) => name.startsWith('seen'))).toEqual([]);
  });

  test('a name that is not seen tells nothing of the way, so its pool counts', () => {
    const metabase = { name: 'metabase', match: { application_name: 'metabase' }, poolMax: 30, instances: 1 };
    const bouncer = [pool()];
    const apart = services({ connections: [connection()], applications: [metabase], bouncer });
    expect(apart['application metabase']).toMatchObject({ through_pgbouncer: false, slots_most: 30 });
    const behind = services({
      connections: [connection({ application_name: 'metabase' })],
      applications: [metabase],
      bouncer,
    });
    expect(behind['application metabase']).toMatchObject({ through_pgbouncer: true, slots_most: 0 });
  });

  test('more connections of a role than PgBouncer may open: some come directly', () => {
    const all = services({ connections: [connection({ connections: 26 })], applications: [web], bouncer: [pool()] });
    expect(all['application web']).toMatchObject({ sessions: 20, through_pgbouncer: false, most: 10, slots_most: 20 });
    expect(all['pgbouncer shop']).toMatchObject({ sessions: 6, slots_most: 25 });
  });

  test('one session that comes directly makes no direct application of one that comes through PgBouncer', () => {
    const app = { name: 'web', match: { usename: 'app_shop', datname: 'shop' }, poolMax: 20, instances: 4 };
    const given = (direct: number) => ({
      connections: [
        connection({ application_name: 'psql', connections: direct }),
        connection({ application_name: 'pgbench', state: 'active', connections: 1 }),
        connection({ application_name: 'pgbench', connections: 3 }),
      ],
      applications: [app],
      bouncer: [pool({ cl_active: 8, cl_waiting: 4, sv_idle: 0, pool_size: 3, reserve_pool_size: 1 })],
    });
    const all = services(given(1));
    expect(all['application web']).toMatchObject({ sessions: 1, idle: 1, through_pgbouncer: true, slots_most: 1 });
    expect(all['pgbouncer shop']).toMatchObject({ sessions: 4, active: 1, slots_most: 4 });
    // Where more come directly than through it, its own pools are what counts.
    expect(services(given(13))['application web']).toMatchObject({ through_pgbouncer: false, slots_most: 80 });
    const named = { ...app, match: { application_name: 'psql', usename: 'app_shop' } };
    const apart = services({ ...given(1), applications: [named] });
    expect(apart['application web']).toMatchObject({ sessions: 1, through_pgbouncer: false, slots_most: 80 });
  });

  test("pgdeck's connections count by the role that they signed in as", () => {
    const all = services({
      connections: [
        connection({ own: true, usename: 'reader', connections: 3 }),
        connection({ own: true, usename: 'actor', connections: 1 }),
        connection({ own: true, usename: null, connections: 1 }),
      ],
      own: [
        { usename: 'reader', most: 4 },
        { usename: 'actor', most: 4 },
      ],
    });
    expect(all['pgdeck pgdeck']).toMatchObject({ usename: 'reader', sessions: 4, most: 4 });
    expect(all['pgdeck pgdeck as actor']).toMatchObject({ usename: 'actor', sessions: 1, most: 4 });
  });

  test('the limit of a role or database is shared by all its pools, and the tightest is told', () => {
    const limits = { rolconnlimit: 12, datconnlimit: 50 };
    const all = services({
      connections: [
        connection({ ...limits, connections: 2 }),
        connection({ ...limits, application_name: 'cron', connections: 5 }),
        connection({ usename: 'other', application_name: 'report', datconnlimit: 50 }),
        connection({ own: true, usename: 'watcher', datname: 'postgres', rolconnlimit: 5 }),
      ],
      applications: [web],
    });
    const role = { limit_of: 'role', limit_name: 'app_shop', limit: 12, limit_most: 15 };
    expect(all['application web']).toMatchObject({ usename: null, slots_most: 10, ...role });
    expect(all['seen cron']).toMatchObject({ slots_most: 5, ...role });
    expect(all['seen report']).toMatchObject({ limit_of: 'database', limit_name: 'shop', limit: 50, limit_most: 16 });
    expect(all['pgdeck pgdeck']).toMatchObject({ limit_of: 'role', limit_name: 'watcher', limit: 5, limit_most: 6 });
    expect(services({ connections: [connection()] })['seen shop-web']).toMatchObject({ limit_of: null, limit: null });
  });
});
