import { expect, it } from 'vitest';
import type { Plan, Step } from '@/lib/actions/action';
import type { Query } from '../look';
import type { Locked } from './relations';
import { limits, replicationSlots, standbys } from './server-facts';

const gigabyte = 1024 ** 3;
const answering = (row: object): Query =>
  (async () => ({ rows: [row], command: 'SELECT', notices: [], ms: 1 })) as never;
const step: Step = { sql: '', locks: [], wait: 'brief', inTransaction: true };
const plan = (more: Partial<Plan> = {}): Plan => ({
  question: '',
  effect: '',
  typed: '',
  facts: [],
  warnings: [],
  steps: [step],
  ...more,
});
const exclusive: Locked = {
  oid: 1,
  database_oid: 5,
  relation: 'public.orders',
  relkind: 'r',
  pages: 1,
  mode: 'AccessExclusiveLock',
  via: 'self',
  of: 'public.orders',
};
const plainly = ({ facts, warnings }: { facts: { label: string; value: string }[]; warnings: string[] }) => [
  ...facts.map(({ label, value }) => `${label}: ${value}`.replaceAll('\u00a0', ' ')),
  ...warnings.map((warning) => warning.replaceAll('\u00a0', ' ')),
];

it('standbys: how many, how far behind, and what of the plan gets in their way', async () => {
  const row = { role: 'actor', standbys: 2, visible: 2, lag_bytes: 3 * gigabyte, lag_seconds: 12 };
  const work = { readBytes: 0, writeBytes: 0, walBytes: gigabyte };
  const [fact, ...warnings] = plainly(await standbys(answering(row), [exclusive], plan({ work })));
  expect(fact).toBe('Standbys: 2 connected, at most 3 GB behind, 12 s in replay');
  expect(warnings[0]).toContain('queries there on public.orders are cancelled after max_standby_streaming_delay');
  expect(warnings[1]).toBe('Standbys will fall behind: about 1 GB of WAL goes to them.');
  const vacuum = plan({ steps: [{ ...step, progress: 'VACUUM' }] });
  expect(plainly(await standbys(answering(row), [], vacuum))[1]).toContain('hot_standby_feedback');
});

it('standbys that the role may not see are said to be hidden, not level', async () => {
  const row = { role: 'actor', standbys: 1, visible: 0, lag_bytes: null, lag_seconds: null };
  expect(plainly(await standbys(answering(row), [], plan()))).toEqual([
    'Standbys: 1 connected, how far behind is not visible to role actor (needs pg_monitor)',
  ]);
  const none = { ...row, standbys: 0 };
  expect(plainly(await standbys(answering(none), [exclusive], plan()))).toEqual(['Standbys: none connected']);
});

it('slots that would keep the WAL, and one that would be lost', async () => {
  const row = { slots: 2, inactive: 1, kept_bytes: gigabyte, safe_bytes: null, most: '-1' };
  expect(plainly(await replicationSlots(answering(row), gigabyte))).toEqual([
    'Replication slots: 2 slots keep WAL, 1 without a reader, 1 GB kept now; nothing limits it (max_slot_wal_keep_size = -1)',
    'About 1 GB of WAL stays on disk for 1 replication slot that nobody reads from.',
  ]);
  const limited = { ...row, inactive: 0, safe_bytes: gigabyte / 2, most: '2GB' };
  expect(plainly(await replicationSlots(answering(limited), gigabyte))[1]).toContain(
    'A replication slot would be lost: it may keep 512 MB more',
  );
  expect(plainly(await replicationSlots(answering({ ...row, slots: 0 }), gigabyte))).toEqual([]);
});

it('settings that the role may not see are said to be hidden; the wait for a lock is ours', async () => {
  const hidden = answering({ name: 'shared_preload_libraries', value: null, role: 'actor' });
  const facts = await limits(hidden, plan({ settings: ['shared_preload_libraries'] }));
  expect(plainly({ facts, warnings: [] })).toEqual([
    'shared_preload_libraries: not visible to role actor (needs pg_read_all_settings)',
    'lock_timeout: 2 s for each try, set by pgdeck',
  ]);
  const claim = { oid: 1, relation: 'public.orders', mode: 'ShareUpdateExclusiveLock' };
  const patient = await limits(hidden, plan({ steps: [{ ...step, wait: 'patient', locks: [claim] }] }));
  expect(patient.at(-1)?.value).toBe('none: it waits until it is granted');
  expect(await limits(hidden, plan({ steps: [{ ...step, wait: 'patient', locks: [] }] }))).toEqual([]);
});
