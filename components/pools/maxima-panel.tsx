import { useMemo } from 'react';
import type { Column } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { LoadCell } from '@/components/table/load-cell';
import { visible } from '@/components/ui/highlight';
import { Panel } from '@/components/ui/panel';
import { SqlBlock } from '@/components/ui/sql';
import { StateText } from '@/components/ui/state';
import type { TopicView } from '@/lib/client/use-topic';
import { count, exact, notApplicable, plural } from '@/lib/format';
import { isLimited, isUnlimited, type Maxima, maximaOf } from '@/lib/maxima';
import { linesFor, maximaSentence } from './maxima';
import type { Service } from './slots';
import { TrackBar, type TrackPiece } from './track-bar';

const kinds: { kind: string; label: string; color: string }[] = [
  { kind: 'application', label: 'Applications', color: 'var(--accent)' },
  { kind: 'pgbouncer', label: 'PgBouncer', color: 'var(--wait-client)' },
  { kind: 'pgdeck', label: 'pgdeck', color: 'var(--wait-ipc)' },
  { kind: 'seen', label: 'Not configured, as now', color: 'var(--wait-other)' },
];
const colorOf = (kind: string) => kinds.find((each) => each.kind === kind)?.color ?? 'var(--wait-other)';

const rowKey = ({ kind, name }: Service) => `${kind}:${name}`;

/** What all pools may open together, against what the server takes. */
export function MaximaPanel({ view }: { view: TopicView<Service> }) {
  const maxima = view.rows && maximaOf(view.rows);
  return (
    <Panel
      id="pool-maxima"
      title="If all pools fill"
      sentence={maxima ? sentenceOf(maxima) : '\u00a0'}
      view={view}
      flush
      height={200}
    >
      {(rows) => <Body rows={rows} view={view} />}
    </Panel>
  );
}

function Body({ rows, view }: { rows: Service[]; view: TopicView<Service> }) {
  const { most, ceiling, unknown, configured } = maximaOf(rows);
  const largest = Math.max(1, ...rows.map(({ slots_most }) => slots_most));
  const columns = useMemo(() => maximaColumns(largest), [largest]);
  return (
    <>
      {ceiling !== null && <MaximaBar rows={rows} most={most} ceiling={ceiling} />}
      <DataTable
        id="pool-maxima"
        caption="Pools and what each may open"
        rows={rows}
        columns={columns}
        rowKey={rowKey}
        sort={{ column: 'slots_most', descending: true }}
        view={view}
        inUrl={false}
        filterText=""
      />
      {unknown.length > 0 && <HowToConfigure unknown={unknown} configured={configured} />}
    </>
  );
}

function sentenceOf(maxima: Maxima) {
  const words = maximaSentence(maxima);
  if (maxima.beyond === 0 && maxima.limited.length === 0) return words;
  return (
    <>
      <StateText state="warning" small>
        Too many
      </StateText>{' '}
      {visible(words)}
    </>
  );
}

function MaximaBar({ rows, most, ceiling }: { rows: Service[]; most: number; ceiling: number }) {
  const pieces: TrackPiece[] = kinds.map(({ kind, label, color }) => ({
    label,
    color,
    value: rows.filter((row) => row.kind === kind).reduce((sum, row) => sum + row.slots_most, 0),
  }));
  const known = pieces.filter(({ value }) => value > 0);
  const free = ceiling - most;
  return (
    <TrackBar
      label={`Pools may open ${exact(most)} connections; the server takes ${exact(ceiling)} from applications`}
      pieces={free > 0 ? [...known, { label: 'Left', value: free }] : known}
      whole={Math.max(most, ceiling)}
      marks={[{ at: ceiling, label: `${exact(ceiling)} for applications` }]}
      text={count}
    />
  );
}

const none = <span className="muted">{notApplicable}</span>;

function maximaColumns(largest: number): Column<Service>[] {
  return [
    { id: 'name', header: 'Pool of', value: (row) => row.name, cell: (row) => visible(row.name) },
    {
      id: 'kind',
      header: 'Known from',
      value: kindWords,
      cell: (row) => <span className="soft">{kindWords(row)}</span>,
      meaning:
        'Where its size comes from. Not configured: nobody said, and what it has now is counted, as of pools of PgBouncer without a limit that is known. pgdeck: one more while a connection is renewed, and one for an action that is over in a moment.',
    },
    {
      id: 'pool_max',
      header: 'Pool size',
      kind: 'number',
      value: (row) => row.pool_max,
      cell: poolSizeCell,
    },
    {
      id: 'instances',
      header: 'Instances',
      kind: 'number',
      value: (row) => row.instances,
      cell: instancesCell,
    },
    {
      id: 'slots_most',
      header: 'Most',
      unit: 'slots',
      kind: 'bar',
      value: (row) => row.slots_most,
      cell: (row) => (
        <LoadCell
          pieces={[{ label: 'Most', value: row.slots_most, color: colorOf(row.kind) }]}
          most={largest}
          text={count}
          room={56}
        >
          {count(row.slots_most)}
        </LoadCell>
      ),
    },
    {
      id: 'limit',
      header: 'Limit',
      kind: 'number',
      value: (row) => row.limit,
      cell: limitCell,
      meaning:
        'Connections that its role or database may have (rolconnlimit, datconnlimit), shared by all its pools; –: no limit is known.',
    },
    {
      id: 'sessions',
      header: 'Now',
      kind: 'number',
      value: (row) => row.sessions,
      cell: (row) => (row.sessions === 0 ? <span className="muted zero">0</span> : count(row.sessions)),
    },
  ];
}

function poolSizeCell(row: Service) {
  if (row.pool_max !== null) return count(row.pool_max);
  if (row.kind !== 'pgbouncer') return <span className="muted">not said</span>;
  return <span className="muted">{isUnlimited(row) ? 'no limit known' : 'various'}</span>;
}

function limitCell(row: Service) {
  if (row.limit === null) return none;
  const words = (
    <>
      {count(row.limit)} <span className="muted">{row.limit_of}</span>
    </>
  );
  if (!isLimited(row)) return words;
  return (
    <StateText state="warning" small>
      {words}
    </StateText>
  );
}

function kindWords({ kind, through_pgbouncer, sessions }: Service): string {
  if (kind === 'application' && through_pgbouncer)
    return `configuration, behind PgBouncer${sessions > 0 ? `; ${exact(sessions)} directly now` : ''}`;
  if (kind === 'application') return 'configuration';
  if (kind === 'pgbouncer') return 'PgBouncer';
  return kind === 'pgdeck' ? "pgdeck's settings" : 'not configured';
}

function instancesCell({ kind, instances, instances_from }: Service) {
  if (kind === 'pgdeck') return none;
  if (instances === null) return <span className="muted">none seen</span>;
  if (kind === 'pgbouncer') return plural(instances, 'pool');
  return (
    <>
      {count(instances)} <span className="muted">{instances_from === 'configuration' ? 'given' : 'seen'}</span>
    </>
  );
}

function HowToConfigure({ unknown, configured }: { unknown: Service[]; configured: boolean }) {
  return (
    <details className="pool-lines" open={!configured}>
      <summary>
        {configured
          ? 'Lines for the pools that are not configured'
          : 'Say how large the pools of your applications are'}
      </summary>
      <p className="soft">
        Into the server's entry in pgdeck.config.json, with the maximum of each pool in place of what is seen now, then
        send pgdeck SIGHUP. Instances left out are counted by the addresses that are seen.
      </p>
      <SqlBlock sql={linesFor(unknown)} label="lines of the configuration" />
    </details>
  );
}
