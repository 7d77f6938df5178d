import type { Plan } from '@/lib/actions/action';
import type { Fact } from '@/lib/actions/protocol';
import { bytes, durationInWords, plural } from '@/lib/format';
import type { Server } from '@/lib/runtime';
import type { Query } from '../look';
import { stopsReads } from './blocks';
import type { Locked } from './relations';

/** Facts of the server that a plan runs into, and what of them is a warning. */
export type ServerFacts = { facts: Fact[]; warnings: string[] };

const notVisible = (role: string, needs = 'pg_monitor') => `not visible to role ${role} (needs ${needs})`;

const connectionsSql = `select /* pgdeck:free-connections */ current_user::text as role,
  (select sum(pg_stat_get_db_numbackends(d.oid)) from pg_catalog.pg_database as d)::int as used,
  current_setting('max_connections')::int as most, current_setting('superuser_reserved_connections')::int
    + coalesce(current_setting('reserved_connections', true)::int, 0) as reserved`;

/** How many long actions and connections there is room for. */
export async function slots(query: Query, { connections }: Server, plan: Plan, long: boolean): Promise<ServerFacts> {
  const pool = connections.pools().find(({ pool }) => pool === 'maintenance');
  const facts: Fact[] = [];
  if (pool && long && !plan.onlyShown) {
    const taken = pool.in_use + pool.idle;
    const free = Math.max(0, pool.size - taken);
    facts.push({
      label: 'Maintenance slots',
      value: `${free} of ${pool.size} free${free === 0 ? ': it waits in the queue until one is' : ''}`,
    });
  }
  const [row] = (await query<{ used: number; most: number; reserved: number }>(connectionsSql)).rows;
  if (!row) return { facts, warnings: [] };
  const left = Math.max(0, row.most - row.reserved - row.used);
  facts.push({ label: 'Connections left', value: `${left} of ${row.most} (${row.reserved} are reserved)` });
  const warnings =
    left < 3 ? [`Only ${plural(left, 'connection')} left on this server: the action needs one of its own.`] : [];
  return { facts, warnings };
}

const standbysSql = `select /* pgdeck:standbys */ current_user::text as role, count(*)::int as standbys,
  count(w.state)::int as visible, max(pg_wal_lsn_diff(n.lsn, w.replay_lsn))::float8 as lag_bytes,
  extract(epoch from max(w.replay_lag))::float8 as lag_seconds
from pg_catalog.pg_stat_get_wal_senders() as w
cross join (select case when not pg_is_in_recovery() then pg_current_wal_lsn() end as lsn) as n
where w.state is null or w.state in ('streaming', 'catchup')`;

type Standbys = {
  role: string;
  standbys: number;
  visible: number;
  lag_bytes: number | null;
  lag_seconds: number | null;
};

/** Standbys that the WAL of a plan goes to, how far behind they are, and what of it would get in the way of queries there. */
export async function standbys(query: Query, locked: Locked[], { steps, work }: Plan): Promise<ServerFacts> {
  const walBytes = work?.walBytes;
  const [row] = (await query<Standbys>(standbysSql)).rows;
  if (!row || row.standbys === 0) return { facts: [{ label: 'Standbys', value: 'none connected' }], warnings: [] };
  const behind =
    row.visible < row.standbys
      ? `how far behind is ${notVisible(row.role)}`
      : `at most ${bytes(row.lag_bytes ?? 0)} behind${row.lag_seconds === null ? '' : `, ${durationInWords(row.lag_seconds)} in replay`}`;
  const warnings: string[] = [];
  const exclusive = locked.filter(({ mode }) => stopsReads(mode));
  if (exclusive.length > 0)
    warnings.push(
      `AccessExclusiveLock is replayed on ${row.standbys === 1 ? 'the standby' : 'standbys'} too: queries there on ${exclusive[0]?.relation}${exclusive.length > 1 ? ` and ${exclusive.length - 1} more` : ''} are cancelled after max_standby_streaming_delay, or hold replay up for so long.`,
    );
  if (steps.some(({ progress }) => progress === 'VACUUM'))
    warnings.push(
      'Queries on a standby that still need the removed row versions are cancelled there after max_standby_streaming_delay, unless hot_standby_feedback is on.',
    );
  if (walBytes !== undefined && walBytes > 64 * 1024 * 1024)
    warnings.push(`Standbys will fall behind: about ${bytes(walBytes)} of WAL goes to them.`);
  return {
    facts: [{ label: 'Standbys', value: `${plural(row.standbys, 'connected', 'connected')}, ${behind}` }],
    warnings,
  };
}

const replicationSlotsSql = `select /* pgdeck:slots-keep */ count(*)::int as slots, count(*) filter (where not s.active)::int as inactive,
  max(pg_wal_lsn_diff(n.lsn, s.restart_lsn))::float8 as kept_bytes, min(s.safe_wal_size)::float8 as safe_bytes,
  current_setting('max_slot_wal_keep_size') as most
from pg_catalog.pg_get_replication_slots() as s
cross join (select case when not pg_is_in_recovery() then pg_current_wal_lsn() end as lsn) as n
where s.restart_lsn is not null`;

type Slots = { slots: number; inactive: number; kept_bytes: number | null; safe_bytes: number | null; most: string };

/** Replication slots that keep the WAL which a plan makes. */
export async function replicationSlots(query: Query, walBytes: number | undefined): Promise<ServerFacts> {
  const [row] = (await query<Slots>(replicationSlotsSql)).rows;
  if (!row || row.slots === 0) return { facts: [], warnings: [] };
  const limit =
    row.most === '-1' ? 'nothing limits it (max_slot_wal_keep_size = -1)' : `max_slot_wal_keep_size is ${row.most}`;
  const kept = row.kept_bytes === null ? '' : `, ${bytes(row.kept_bytes)} kept now`;
  const value = `${plural(row.slots, 'slot')} keep${row.slots === 1 ? 's' : ''} WAL${row.inactive > 0 ? `, ${row.inactive} without a reader` : ''}${kept}; ${limit}`;
  const warnings: string[] = [];
  if (row.inactive > 0 && walBytes !== undefined && walBytes > 0)
    warnings.push(
      `About ${bytes(walBytes)} of WAL stays on disk for ${plural(row.inactive, 'replication slot')} that nobody reads from.`,
    );
  if (row.safe_bytes !== null && walBytes !== undefined && walBytes > row.safe_bytes)
    warnings.push(
      `A replication slot would be lost: it may keep ${bytes(row.safe_bytes)} more, and about ${bytes(walBytes)} of WAL is made.`,
    );
  return { facts: [{ label: 'Replication slots', value }], warnings };
}

const settingsSql = `select /* pgdeck:limits */ n.name, s.setting, case when s.name is not null then current_setting(s.name) end as value,
  current_user::text as role
from unnest($1::text[]) with ordinality as n(name, place)
left join pg_catalog.pg_settings as s on s.name = n.name
order by n.place`;

/** The settings that limit a plan, with their values for the role that acts. */
export async function limits(query: Query, { settings = [], steps }: Plan): Promise<Fact[]> {
  const asked = settings.filter((name) => name !== 'lock_timeout');
  const { rows } =
    asked.length === 0
      ? { rows: [] }
      : await query<{ name: string; value: string | null; role: string }>(settingsSql, [asked]);
  const brief = steps.some(({ wait }) => wait === 'brief');
  return [
    ...rows.map(({ name, value, role }) => ({ label: name, value: value ?? notVisible(role, 'pg_read_all_settings') })),
    // What claims no lock and waits for none has nothing to say of it.
    ...(brief || steps.some(({ locks }) => locks.length > 0)
      ? [
          {
            label: 'lock_timeout',
            value: brief ? '2 s for each try, set by pgdeck' : 'none: it waits until it is granted',
          },
        ]
      : []),
  ];
}
