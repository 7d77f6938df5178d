import { useMemo } from 'react';
import { connectionLooks } from '@/components/charts/look';
import type { Column } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { LoadCell } from '@/components/table/load-cell';
import { visible } from '@/components/ui/highlight';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import type { TopicView } from '@/lib/client/use-topic';
import { count, duration, exact, notApplicable, percent } from '@/lib/format';
import type { SessionKind } from '../sessions/session-kind';
import { type SlotRow, type Slots, slotsSentence } from './slots';
import { TrackBar, type TrackPiece } from './track-bar';

const looks: { kind: SessionKind; label: string; color: string }[] = (
  [
    ['waiting', 'waiting'],
    ['idle-in-transaction', 'idle_in_transaction'],
    ['active', 'active'],
    ['idle', 'idle'],
    ['other', 'other'],
  ] as const
).flatMap(([kind, column]) =>
  connectionLooks.filter((look) => look.column === column).map(({ label, color }) => ({ kind, label, color })),
);

const piecesOf = (counts: SlotRow['counts']): (TrackPiece & { color: string })[] =>
  looks.map(({ kind, label, color }) => ({ label, value: counts[kind], color }));

const rowKey = (row: SlotRow) => row.key;

/** Who holds the server's slots: from the application over PgBouncer to the backends. */
export function SlotsPanel({
  slots,
  view,
  bouncer,
  part,
  warnFrom,
  alerts = true,
}: {
  slots: Slots | undefined;
  /** What the slots are counted from. */
  view: TopicView;
  /** Whether there is a PgBouncer to tell of. */
  bouncer: boolean;
  /** Only some databases are seen. */
  part: boolean;
  warnFrom: number;
  /** False: another panel of the page already says what is missing. */
  alerts?: boolean;
}) {
  return (
    <Panel
      id="slots"
      title="Who holds the server's slots"
      sentence={slots ? sentenceOf(slots, part, warnFrom) : '\u00a0'}
      view={view}
      source={bouncer ? 'pg_stat_activity, SHOW POOLS, CLIENTS, SERVERS' : 'pg_stat_activity'}
      footer={bouncer && view.at === null && <span>counted apart from the next table, which is read every 5 s</span>}
      means="Each backend of a client takes one slot. Behind PgBouncer, backends are told by the process that each of its server connections has on the server."
      flush
      height={260}
      alerts={alerts}
    >
      {() => slots && <Body slots={slots} bouncer={bouncer} part={part} warnFrom={warnFrom} view={view} />}
    </Panel>
  );
}

function sentenceOf(slots: Slots, part: boolean, warnFrom: number) {
  const words = slotsSentence(slots, part, warnFrom);
  const { used, ceiling } = slots;
  if (part || ceiling === null || used < warnFrom * ceiling) return words;
  return (
    <>
      <StateText state="warning" small>
        Nearly full
      </StateText>{' '}
      {words}
    </>
  );
}

function Body({
  slots,
  bouncer,
  part,
  warnFrom,
  view,
}: {
  slots: Slots;
  bouncer: boolean;
  part: boolean;
  warnFrom: number;
  view: TopicView;
}) {
  const { rows, ceiling, all } = slots;
  const most = Math.max(0, ...rows.map(({ total }) => total));
  const columns = useMemo(() => slotColumns(bouncer, most), [bouncer, most]);
  return (
    <>
      {ceiling !== null && all !== null && !part && (
        <SlotsBar slots={slots} ceiling={ceiling} all={all} warnFrom={warnFrom} />
      )}
      <DataTable
        id="slots"
        caption="Who holds the server's slots"
        rows={rows}
        columns={columns}
        rowKey={rowKey}
        rowState={(row) => (row.kind === 'rest' ? 'rest' : undefined)}
        sort={{ column: 'backends', descending: true }}
        view={view}
        inUrl={false}
        filterText=""
        empty="No client is connected. Rows appear when an application connects."
      />
    </>
  );
}

function SlotsBar({ slots, ceiling, all, warnFrom }: { slots: Slots; ceiling: number; all: number; warnFrom: number }) {
  const { counts, used } = slots;
  const reserved = all - ceiling;
  const pieces: TrackPiece[] = [
    ...piecesOf(counts),
    { label: 'Free', value: Math.max(0, ceiling - used) },
    { label: 'Reserved', value: Math.min(reserved, Math.max(0, all - used)), hatched: true },
  ];
  return (
    <TrackBar
      label={`${exact(all)} slots: ${pieces
        .filter(({ value }) => value > 0)
        .map(({ label, value }) => `${label.toLowerCase()} ${exact(value)}`)
        .join(', ')}`}
      pieces={pieces}
      whole={all}
      marks={[{ at: warnFrom * ceiling, label: `warning ${percent(warnFrom)}` }]}
      text={count}
    />
  );
}

const none = <span className="muted">{notApplicable}</span>;
const zero = (value: number) => (value === 0 ? <span className="muted zero">0</span> : count(value));

type Clients = NonNullable<NonNullable<SlotRow['pool']>['clients']>;

/** What is told of a pool's clients: nothing where it comes directly, unknown while PgBouncer does not answer. */
function known({ pool }: SlotRow, shown: (clients: Clients) => React.ReactNode) {
  if (!pool) return none;
  return pool.clients ? shown(pool.clients) : <span className="muted">unknown</span>;
}

/** The columns from left to right as a connection goes: application, PgBouncer's pool, backends. */
function slotColumns(bouncer: boolean, most: number): Column<SlotRow>[] {
  const through: Column<SlotRow>[] = [
    {
      id: 'pool',
      header: 'PgBouncer pool',
      value: (row) => row.pool?.name ?? null,
      cell: (row) =>
        row.pool ? visible(row.pool.name) : <span className="muted">{row.unknown ? 'unknown' : 'direct'}</span>,
      meaning:
        'Database and user of the pool that its connections go through; direct: none; unknown: it began after PgBouncer was asked last, or the server does not answer.',
    },
    {
      id: 'clients',
      header: 'Clients',
      unit: 'working',
      kind: 'number',
      value: (row) => row.pool?.clients?.active ?? null,
      cell: (row) => known(row, ({ active }) => zero(active)),
      meaning: 'Clients of PgBouncer in this pool that do not wait.',
    },
    {
      id: 'waiting_clients',
      header: 'Waiting',
      kind: 'number',
      value: (row) => row.pool?.clients?.waiting ?? null,
      cell: (row) => known(row, (clients) => <Waiting {...clients} />),
      meaning: 'Clients of PgBouncer that wait for a server connection, and how long the first one has.',
    },
  ];
  return [
    {
      id: 'name',
      header: 'Application',
      value: (row) => row.name,
      cell: (row) => (
        <span className={row.kind === 'rest' || row.kind === 'pgdeck' ? 'soft' : undefined}>{visible(row.name)}</span>
      ),
      meaning: 'Name in the configuration, else the one that the sessions give, else their role.',
    },
    ...(bouncer ? through : []),
    {
      id: 'backends',
      header: 'Backends',
      kind: 'bar',
      value: (row) => row.total,
      cell: (row) => (
        <LoadCell pieces={piecesOf(row.counts)} most={most} text={count} room={44}>
          {count(row.total)}
        </LoadCell>
      ),
      meaning: 'Slots of the server that it holds now, by what they do, in the colours above.',
    },
    ...looks
      .filter(({ kind }) => kind !== 'other')
      .map(
        ({ kind, label }): Column<SlotRow> => ({
          id: kind.replaceAll('-', '_'),
          header: kind === 'waiting' ? 'For a lock' : label,
          kind: 'number',
          value: (row) => row.counts[kind],
          cell: (row) => zero(row.counts[kind]),
          meaning: `${label}: backends of it now.`,
        }),
      ),
  ];
}

function Waiting({ waiting, longestSeconds }: Clients) {
  if (waiting === 0) return zero(0);
  return (
    <StateText state="warning" small>
      {count(waiting)}
      {longestSeconds >= 0.1 && `, ${duration(longestSeconds)}`}
    </StateText>
  );
}
