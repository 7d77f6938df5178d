import { Registry } from 'prom-client';
import { expect, it } from 'vitest';
import type { TopicId } from '@/lib/topics/index';
import { Sheet } from '../sheet';
import type { Scene } from '../source';
import { mostDatabases } from './databases';
import { sources } from './index';

const scene: Scene = { versionNum: 180_000, inRecovery: false, databases: ['shop'] };

/** The lines that rows of one topic become. */
async function lines(topic: TopicId, rows: unknown[], of: Partial<Scene> = {}): Promise<string[]> {
  const sheet = new Sheet();
  for (const source of sources)
    if (source.topic === topic) source.note(sheet, { server: 'one' }, rows, { ...scene, ...of }, 'shop');
  const registry = new Registry();
  sheet.register(registry);
  return (await registry.metrics()).split('\n').filter((line) => line && !line.startsWith('#'));
}

const connection = {
  datname: 'shop',
  state: 'active' as string | null,
  wait_event_type: null as string | null,
  own: false,
  connections: 2,
  oldest_xact_seconds: 1.5,
  ceiling: 97,
};

it('counts clients by state and wait, and says nothing of either where the states of others are hidden', async () => {
  const told = await lines('connections', [
    connection,
    { ...connection, wait_event_type: 'Lock', connections: 3, oldest_xact_seconds: 9 },
    { ...connection, own: true, connections: 1 },
  ]);
  const shop = 'server="one",datname="shop",state="active",backend_type="client backend"';
  expect(told).toContain(`pg_stat_activity_count{${shop}} 6`);
  expect(told).toContain(`pg_stat_activity_max_tx_duration{${shop}} 9`);
  expect(told).toContain('pgdeck_active_sessions{server="one",wait="lock"} 3');
  expect(told).toContain('pgdeck_active_sessions{server="one",wait="cpu"} 2');
  expect(told).toContain(`pg_stat_activity_count{${shop.replace('active', 'idle')}} 0`);
  const hidden = await lines('connections', [connection, { ...connection, state: null }]);
  expect(hidden).toEqual(['pgdeck_connections{server="one"} 4', 'pgdeck_connections_ceiling{server="one"} 97']);
});

const place = {
  kind: 'standby',
  name: 'replica/17',
  client_addr: null as string | null,
  state: 'streaming',
  active: null as boolean | null,
  lag_bytes: 10 as number | null,
  lag_seconds: null as number | null,
  retained_bytes: null as number | null,
  wal_status: null as string | null,
};

it('tells of standbys with the same labels the one that is furthest behind, and no lag that is not known', async () => {
  const told = await lines('replication', [place, { ...place, name: 'replica/18', lag_bytes: 30 }]);
  const standby = 'server="one",application_name="replica",client_addr="",state="streaming"';
  expect(told).toContain(`pg_stat_replication_pg_wal_lsn_diff{${standby}} 30`);
  expect(told.filter((line) => line.startsWith('pg_stat_replication_'))).toHaveLength(1);
  expect(told.join()).not.toContain('pgdeck_replication_standby_lag_seconds{');
  expect(told).toContain('pg_replication_lag_seconds{server="one"} 0');
});

it('tells how far a standby is behind; where that is not known it is no 0', async () => {
  const replay = { ...place, kind: 'replay', name: 'this server', state: null, lag_seconds: 42 };
  const lag = async (row: object) =>
    (await lines('replication', [row], { inRecovery: true })).filter((line) => line.includes('pg_replication_lag'));
  expect(await lag(replay)).toEqual(['pg_replication_lag_seconds{server="one"} 42']);
  expect(await lag({ ...replay, lag_seconds: null })).toEqual([]);
});

it('tells of fifty slots at most', async () => {
  const slot = { ...place, kind: 'slot', state: 'physical', active: false, wal_status: 'reserved', retained_bytes: 5 };
  const told = await lines(
    'replication',
    Array.from({ length: 60 }, (_, i) => ({ ...slot, name: `s${i}` })),
  );
  expect(told.filter((line) => line.startsWith('pg_replication_slot_slot_is_active{'))).toHaveLength(50);
  expect(told).toContain(
    'pg_replication_slot_wal_status{server="one",slot_name="s0",slot_type="physical",wal_status="reserved"} 1',
  );
});

it('counts checkpoints under the name of the view that the version has', async () => {
  const row = { checkpoints_timed: 7, last_archived_time: '2026-11-21T03:14:02.000Z' };
  const names = async (versionNum: number) => (await lines('wal', [row], { versionNum })).join('\n');
  expect(await names(160_004)).toContain('pg_stat_bgwriter_checkpoints_timed_total{server="one"} 7');
  expect(await names(160_004)).not.toContain('pg_stat_checkpointer');
  expect(await names(170_000)).toContain('pg_stat_checkpointer_num_timed_total{server="one"} 7');
  expect(await names(170_000)).not.toContain('pg_stat_bgwriter_checkpoints');
  expect(await names(170_000)).toContain('pgdeck_archiver_last_archived_timestamp_seconds{server="one"} 1795230842');
});

it("tells PgBouncer's pools in seconds and connections, and nothing that its version does not show", async () => {
  const told = await lines('pgbouncer-pools', [
    { database: 'app', user: 'web "x"', cl_active: 3, cl_waiting: 9, maxwait_seconds: 1.25, pool_size: null },
  ]);
  expect(told).toEqual([
    'pgbouncer_pools_client_active_connections{server="one",database="app",user="web \\"x\\""} 3',
    'pgbouncer_pools_client_waiting_connections{server="one",database="app",user="web \\"x\\""} 9',
    'pgbouncer_pools_client_maxwait_seconds{server="one",database="app",user="web \\"x\\""} 1.25',
  ]);
});

it('tells of the largest databases only: hosts of many tenants have thousands', async () => {
  const many = Array.from({ length: mostDatabases + 5 }, (_, n) => ({
    datname: `d${n}`,
    size_bytes: n === 3 ? null : n,
  }));
  const told = await lines('database-sizes', many);
  expect(told).toHaveLength(mostDatabases);
  expect(told).toContain(`pg_database_size_bytes{server="one",datname="d${mostDatabases + 4}"} ${mostDatabases + 4}`);
  expect(told.join()).not.toContain('"d3"');
});
