import type { Column } from '@/components/table/column';
import { LoadCell } from '@/components/table/load-cell';
import { visible } from '@/components/ui/highlight';
import { StateText } from '@/components/ui/state';
import { byteRate, count, duration, milliseconds, notApplicable, rate } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import { type BouncerPool, judgeBouncerPool, sizeText } from './pgbouncer-summary';
import { serversOf } from './slots';

/** Rows of the other topics of PgBouncer. */
export type BouncerDatabase = Row<'pgbouncer-databases'>;
export type BouncerClient = Row<'pgbouncer-clients'>;
export type BouncerServer = Row<'pgbouncer-servers'>;
export type BouncerStats = Row<'pgbouncer-stats'>;
export type BouncerSetting = Row<'pgbouncer-config'>;

const none = <span className="muted">{notApplicable}</span>;
const zero = (value: number) => (value === 0 ? <span className="muted zero">0</span> : count(value));
const maybe = <Value,>(value: Value | null, shown: (value: Value) => React.ReactNode) =>
  value === null ? none : shown(value);

/** The colours of server connections, from the bottom of a stack. */
export const serverLooks = [
  { column: 'sv_active', label: 'Linked to a client', color: 'var(--wait-cpu)' },
  { column: 'sv_used', label: 'Used, to be checked', color: 'var(--wait-io)' },
  { column: 'sv_idle', label: 'Idle', color: 'var(--wait-other)', quiet: true },
];

/** The colours of clients, from the bottom of a stack. */
export const clientLooks = [
  { column: 'cl_waiting', label: 'Waiting', color: 'var(--wait-lock)' },
  { column: 'cl_active', label: 'Working or idle', color: 'var(--wait-cpu)' },
];

/**
 * The columns of PgBouncer's pools; `most` is the largest number of server connections in any of them, `room` the width of the
 * words beside their bars, in px.
 */
export function poolColumns(most: number, room: number): Column<BouncerPool>[] {
  return [
    {
      id: 'database',
      header: 'Pool',
      value: (row) => `${row.database}/${row.user}`,
      cell: (row) => visible(`${row.database}/${row.user}`),
      meaning: 'Database as clients name it, and the user.',
    },
    {
      id: 'state',
      header: 'State',
      value: (row) => judgeBouncerPool(row).word,
      cell: (row) => {
        const { state, word, why } = judgeBouncerPool(row);
        return (
          <span title={why}>
            <StateText state={state} small>
              {word}
            </StateText>
          </span>
        );
      },
      meaning: 'Paused or disabled; whether clients wait; nearly full from 80 % of its size.',
    },
    {
      id: 'cl_active',
      header: 'Clients',
      unit: 'not waiting',
      kind: 'number',
      value: (row) => row.cl_active,
      cell: (row) => zero(row.cl_active),
    },
    {
      id: 'cl_waiting',
      header: 'Waiting',
      kind: 'number',
      value: (row) => row.cl_waiting,
      cell: (row) => zero(row.cl_waiting),
    },
    {
      id: 'maxwait_seconds',
      header: 'First waits',
      kind: 'number',
      ticks: true,
      value: (row) => row.maxwait_seconds,
      cell: (row) => (row.cl_waiting === 0 ? none : duration(row.maxwait_seconds)),
    },
    {
      id: 'servers',
      header: 'Server connections',
      kind: 'bar',
      value: serversOf,
      cell: (row) => <Servers pool={row} most={most} room={room} />,
      meaning: 'Of its pool_size: linked to a client, used and to be checked, idle, others.',
    },
    // The table of its databases has them too, where this one would push its menu aside.
    { id: 'pool_mode', header: 'Mode', rank: 3, value: (row) => row.pool_mode },
    {
      id: 'reserve_pool_size',
      header: 'Reserve',
      kind: 'number',
      rank: 3,
      value: (row) => row.reserve_pool_size,
      cell: (row) => maybe(row.reserve_pool_size, zero),
    },
    {
      id: 'max_connections',
      header: 'Database limit',
      kind: 'number',
      hidden: true,
      value: (row) => row.max_connections,
    },
  ];
}

function Servers({ pool, most, room }: { pool: BouncerPool; most: number; room: number }) {
  const all = serversOf(pool);
  const pieces = [
    { label: 'Linked to a client', value: pool.sv_active, color: 'var(--wait-cpu)' },
    { label: 'Used, to be checked', value: pool.sv_used, color: 'var(--wait-io)' },
    { label: 'Idle', value: pool.sv_idle, color: 'var(--wait-other)' },
    { label: 'Others', value: all - pool.sv_active - pool.sv_used - pool.sv_idle, color: 'var(--wait-client)' },
  ];
  const size = sizeText(pool);
  return (
    <LoadCell pieces={pieces} most={most} text={count} room={room}>
      {count(all)}
      {size !== null && (
        <span className="soft pool-of" title={pool.reserve_pool_size ? 'and its reserve' : undefined}>
          {' '}
          of {size}
        </span>
      )}
    </LoadCell>
  );
}

/** The columns of PgBouncer's databases. */
export const databaseColumns: Column<BouncerDatabase>[] = [
  { id: 'name', header: 'Database', value: (row) => row.name, cell: (row) => visible(row.name) },
  {
    id: 'state',
    header: 'State',
    value: (row) => (row.paused ? 'Paused' : row.disabled ? 'Disabled' : 'Open'),
    cell: (row) =>
      row.paused || row.disabled ? (
        <StateText state="warning" small>
          {row.paused ? 'Paused' : 'Disabled'}
        </StateText>
      ) : (
        <span className="soft">Open</span>
      ),
    meaning: 'Paused: clients wait until it is resumed. Disabled: it refuses new clients.',
  },
  {
    id: 'host',
    header: 'Leads to',
    grow: true,
    value: (row) => `${row.host ?? 'its socket'}:${row.port ?? ''}/${row.database ?? row.name}`,
    cell: (row) => (
      <span className="cut block soft">
        {visible(`${row.host ?? 'its socket'}:${row.port ?? ''}/${row.database ?? row.name}`)}
        {row.datname === null && ', another server'}
      </span>
    ),
    meaning: 'Host, port and database that PgBouncer connects to.',
  },
  { id: 'pool_size', header: 'Pool size', kind: 'number', value: (row) => row.pool_size },
  {
    id: 'reserve_pool_size',
    header: 'Reserve',
    kind: 'number',
    value: (row) => row.reserve_pool_size,
    cell: (row) => maybe(row.reserve_pool_size, zero),
  },
  {
    id: 'current_connections',
    header: 'Now',
    kind: 'number',
    value: (row) => row.current_connections,
    cell: (row) => maybe(row.current_connections, zero),
  },
  {
    id: 'max_connections',
    header: 'Limit',
    kind: 'number',
    value: (row) => row.max_connections,
    cell: (row) => maybe(row.max_connections, count),
  },
  {
    id: 'pool_mode',
    header: 'Mode',
    value: (row) => row.pool_mode,
    cell: (row) => row.pool_mode ?? <span className="muted">as set for all</span>,
  },
  { id: 'force_user', header: 'Signs in as', hidden: true, value: (row) => row.force_user },
];

/** The columns of PgBouncer's clients. */
export const clientColumns: Column<BouncerClient>[] = [
  {
    id: 'application_name',
    header: 'Application',
    value: (row) => row.application_name,
    cell: (row) => (row.application_name ? visible(row.application_name) : <span className="muted">unnamed</span>),
  },
  { id: 'user', header: 'User', value: (row) => row.user, cell: (row) => visible(row.user) },
  { id: 'database', header: 'Database', value: (row) => row.database, cell: (row) => visible(row.database) },
  {
    id: 'state',
    header: 'State',
    value: (row) => row.state,
    cell: (row) =>
      row.waits ? (
        <StateText state="warning" small>
          {row.state}
        </StateText>
      ) : (
        <span className="soft">{row.state}</span>
      ),
  },
  {
    id: 'wait_seconds',
    header: 'Waits',
    kind: 'number',
    ticks: true,
    value: (row) => row.wait_seconds,
    cell: (row) => maybe(row.wait_seconds, duration),
  },
  {
    id: 'addr',
    header: 'Client',
    value: (row) => (row.addr === null ? null : `${row.addr}:${row.port ?? ''}`),
  },
  {
    id: 'connected_seconds',
    header: 'Connected',
    kind: 'number',
    ticks: true,
    value: (row) => row.connected_seconds,
    cell: (row) => maybe(row.connected_seconds, duration),
  },
  {
    id: 'request_seconds',
    header: 'Last request',
    kind: 'number',
    ticks: true,
    value: (row) => row.request_seconds,
    cell: (row) => maybe(row.request_seconds, duration),
  },
  { id: 'tls', header: 'TLS', hidden: true, value: (row) => row.tls },
];

/** The columns of PgBouncer's server connections; `sessionHref` is the address of a backend's session. */
export function serverColumns(link: (pid: number) => React.ReactNode): Column<BouncerServer>[] {
  return [
    {
      id: 'remote_pid',
      header: 'Backend',
      value: (row) => (row.remote_pid === null ? null : String(row.remote_pid)),
      cell: (row) =>
        row.remote_pid === null || row.datname === null ? (row.remote_pid ?? none) : link(row.remote_pid),
    },
    {
      id: 'database',
      header: 'Pool',
      value: (row) => `${row.database}/${row.user}`,
      cell: (row) => visible(`${row.database}/${row.user}`),
    },
    {
      id: 'state',
      header: 'State',
      value: (row) => row.state,
      cell: (row) => <span className="soft">{row.state}</span>,
    },
    {
      id: 'application_name',
      header: 'Application',
      value: (row) => row.application_name,
      cell: (row) => maybe(row.application_name, visible),
    },
    {
      id: 'close_needed',
      header: 'Closes when free',
      value: (row) => row.close_needed,
      cell: (row) => (row.close_needed ? 'yes' : <span className="muted">no</span>),
    },
    {
      id: 'addr',
      header: 'Server',
      value: (row) => (row.addr === null ? null : `${row.addr}:${row.port ?? ''}`),
    },
    { id: 'connect_time', header: 'Opened', value: (row) => row.connect_time },
    { id: 'tls', header: 'TLS', hidden: true, value: (row) => row.tls },
  ];
}

const perSecond = (value: number | null | undefined, shown: (value: number) => string) =>
  value === null || value === undefined ? none : shown(value);

/** The columns of PgBouncer's traffic, as rates between two samples. */
export const statsColumns: Column<BouncerStats>[] = [
  { id: 'database', header: 'Database', value: (row) => row.database, cell: (row) => visible(row.database) },
  {
    id: 'total_xact_count_per_second',
    header: 'Transactions',
    kind: 'number',
    value: (row) => row.total_xact_count_per_second ?? null,
    cell: (row) => perSecond(row.total_xact_count_per_second, rate),
    meaning: 'Transactions by the second.',
  },
  {
    id: 'total_query_count_per_second',
    header: 'Statements',
    kind: 'number',
    value: (row) => row.total_query_count_per_second ?? null,
    cell: (row) => perSecond(row.total_query_count_per_second, rate),
    meaning: 'Statements by the second.',
  },
  {
    id: 'avg_query_time_seconds',
    header: 'Mean statement',
    kind: 'number',
    value: (row) => row.avg_query_time_seconds,
    cell: (row) => maybe(row.avg_query_time_seconds, (value) => milliseconds(value * 1000)),
  },
  {
    id: 'avg_wait_time_seconds',
    header: 'Mean wait',
    kind: 'number',
    value: (row) => row.avg_wait_time_seconds,
    cell: (row) => maybe(row.avg_wait_time_seconds, (value) => milliseconds(value * 1000)),
  },
  {
    id: 'total_received_bytes_per_second',
    header: 'From clients',
    kind: 'number',
    value: (row) => row.total_received_bytes_per_second ?? null,
    cell: (row) => perSecond(row.total_received_bytes_per_second, byteRate),
    meaning: 'Bytes by the second that came from clients.',
  },
  {
    id: 'total_sent_bytes_per_second',
    header: 'To clients',
    kind: 'number',
    value: (row) => row.total_sent_bytes_per_second ?? null,
    cell: (row) => perSecond(row.total_sent_bytes_per_second, byteRate),
    meaning: 'Bytes by the second that were sent to clients.',
  },
];

/** The columns of PgBouncer's settings. */
export const settingColumns: Column<BouncerSetting>[] = [
  { id: 'key', header: 'Setting', value: (row) => row.key },
  {
    id: 'value',
    header: 'Value',
    grow: true,
    value: (row) => row.value,
    cell: (row) => (
      <span className={`cut block ${row.is_default ? 'soft' : ''}`}>
        {row.value === null ? <span className="muted">empty</span> : visible(row.value)}
      </span>
    ),
  },
  {
    id: 'default',
    header: 'Default',
    value: (row) => row.default,
    cell: (row) => (row.is_default ? <span className="muted">the same</span> : maybe(row.default, visible)),
  },
  {
    id: 'changeable',
    header: 'Changed by',
    value: (row) => (row.changeable === null ? null : row.changeable ? 'RELOAD' : 'a restart'),
    cell: (row) => (
      <span className="soft">{row.changeable === null ? notApplicable : row.changeable ? 'RELOAD' : 'a restart'}</span>
    ),
    meaning: 'Whether RELOAD brings a new value into effect.',
  },
];
