import { expect, test } from 'vitest';
import type { Problem } from '@/lib/postgres/errors';
import { servicesNow } from './services';

type Own = Parameters<typeof servicesNow>[0];
type Asked = NonNullable<ReturnType<Parameters<typeof servicesNow>[1]>>;

const connection = {
  ...{ datname: 'shop', usename: 'web', application_name: 'pgbench', client_addr: null, state: 'idle' },
  ...{ wait_event_type: null, own: false, connections: 4, ceiling: 37 },
};
const pool = { database: 'shop', user: 'web', datname: 'shop', sv_idle: 4, pool_size: 4 };
const own = {
  config: {
    pgbouncer: {},
    applications: [{ name: 'web', match: { usename: 'web' }, poolMax: 20, instances: 4 }],
  },
  mostByRole: () => [],
} as unknown as Own;
const asked = (row: object): Asked => ({
  asking: undefined,
  failure: undefined,
  problem: undefined,
  snapshot: { rows: [{ ...row }], partial: undefined, sampledAt: 0, windowSeconds: null },
});
const gone: Problem = { reason: 'unreachable', sentence: 'Nothing listens.', hint: '' };
const now = (connections: Asked, pools: Asked) =>
  servicesNow(own, (id) => (id === 'connections' ? connections : pools)).then(({ rows }) => rows);

test('connections of before the server was lost are not held against what PgBouncer says since', async () => {
  const before = await now(asked(connection), asked(pool));
  expect(before).toMatchObject([
    { name: 'web', sessions: 0, through_pgbouncer: true, slots_most: 0 },
    { name: 'shop', sessions: 4 },
  ]);
  const empty = asked({ ...pool, sv_idle: 0 });
  // Known to be lost, before its next turn; and found lost by the question that is under way.
  await expect(now({ ...asked(connection), problem: gone }, empty)).rejects.toThrow('Nothing listens.');
  const failing = { ...asked(connection) };
  failing.asking = Promise.resolve().then(() => {
    failing.problem = gone;
  });
  await expect(now(failing, empty)).rejects.toThrow('Nothing listens.');
});
