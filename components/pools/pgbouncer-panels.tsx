import { ChevronDown } from 'lucide-react';
import { parseAsStringLiteral, useQueryState } from 'nuqs';
import { useMemo } from 'react';
import { useAction } from '@/components/actions/action-provider';
import { ChartPanel } from '@/components/charts/chart-panel';
import { momentOf, summarise } from '@/components/charts/summary';
import { DataTable } from '@/components/table/data-table';
import { Button } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { ActionMenu } from '@/components/ui/menu';
import { Panel } from '@/components/ui/panel';
import { Segmented } from '@/components/ui/segmented';
import { SqlBlock } from '@/components/ui/sql';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { useLasting } from '@/lib/client/use-lasting';
import { type TopicView, useTopic } from '@/lib/client/use-topic';
import { count, rate } from '@/lib/format';
import { Link } from '../ui/link';
import { databaseMenu, wholeMenu } from './pgbouncer-acts';
import {
  type BouncerClient,
  type BouncerDatabase,
  type BouncerServer,
  type BouncerSetting,
  type BouncerStats,
  clientColumns,
  clientLooks,
  databaseColumns,
  poolColumns,
  serverColumns,
  serverLooks,
  settingColumns,
  statsColumns,
} from './pgbouncer-columns';
import { type BouncerPool, bouncerSentence, waitInWords } from './pgbouncer-summary';
import { serversOf } from './slots';

/** PgBouncer: its pools, what they did over time, and its databases, clients, server connections, traffic and settings. */
export function PgBouncerPanels({
  server,
  view,
  named,
  part,
}: {
  server: string;
  view: TopicView<BouncerPool>;
  /** One is configured, and does not answer. */
  named: boolean;
  /** Only some databases are seen. */
  part: boolean;
}) {
  const { answer } = view;
  const most = Math.max(1, ...(view.rows ?? []).map((row) => Math.max(serversOf(row), row.pool_size ?? 0)));
  const hasReserve = view.rows?.some((row) => serversOf(row) > (row.pool_size ?? serversOf(row))) ?? false;
  const columns = useMemo(() => poolColumns(most, hasReserve ? 132 : 76), [most, hasReserve]);
  const preview = useAction();
  // Nobody named one: that is no failure, and one panel is enough to say so.
  if (answer?.status === 'unavailable' && answer.reason === 'setting' && !view.rows && !named) return <NotConfigured />;
  return (
    <>
      <Panel
        id="pgbouncer-pools"
        title="PgBouncer's pools"
        sentence={view.rows ? bouncerSentence(view.rows) : '\u00a0'}
        view={view}
        flush
        height={140}
        empty={(rows) =>
          rows.length === 0
            ? {
                word: 'None yet',
                text: 'A pool appears when the first client of a database and user connects to PgBouncer.',
              }
            : undefined
        }
      >
        {(rows) => (
          <DataTable
            id="pgbouncer-pools"
            caption="PgBouncer's pools"
            rows={rows}
            columns={columns}
            rowKey={poolKey}
            sort={{ column: 'cl_waiting', descending: true }}
            view={view}
            menu={(row) => databaseMenu({ name: row.database, paused: row.paused }, preview)}
            menuTitle={(row) => <b>{visible(poolKey(row))}</b>}
            rowName={(row) => `pool ${poolKey(row)}`}
            inUrl={false}
            filterText=""
          />
        )}
      </Panel>
      {(view.rows || view.at === null) && (
        <>
          {/* Figures over time are of the whole server. */}
          {!part && <BouncerCharts server={server} view={view} />}
          {/* One that has not answered yet cannot tell of more, nor be told anything. */}
          {(view.rows || !answer) && <BouncerLists server={server} part={part} />}
        </>
      )}
    </>
  );
}

const poolKey = (pool: BouncerPool) => `${pool.database}/${pool.user}`;

function NotConfigured() {
  return (
    <Panel
      id="pgbouncer"
      title="PgBouncer"
      sentence="None is configured for this server, so applications are taken to connect directly."
    >
      <div className="grid grid-cols-1 gap-2">
        <p className="pool-words">
          To see its pools here, name its console in the server's entry of pgdeck.config.json (or in
          PGDECK_PGBOUNCER_URL), with a user of its stats_users to look or of its admin_users to act as well:
        </p>
        <SqlBlock sql={bouncerLine} label="line of the configuration" />
      </div>
    </Panel>
  );
}

const bouncerLine = '"pgbouncerUrl": "postgresql://USER:PASSWORD@HOST:6432/pgbouncer"';

/** The panel of the pools tells why nothing new comes, for all of them. */
function BouncerCharts({ server, view }: { server: string; view: TopicView<BouncerPool> }) {
  const stats = useTopic(server, 'pgbouncer-stats');
  return (
    <div className="columns-2">
      <ChartPanel
        title="Clients of PgBouncer"
        series="pgbouncer-pools"
        view={view}
        alerts={false}
        looks={clientLooks}
        stacked
        unit="count"
        text={count}
        height={120}
        folded="most"
        sentence={(series) => nowAndMost(series, ['cl_waiting'], 'wait', count)}
      />
      <ChartPanel
        title="Server connections of PgBouncer"
        series="pgbouncer-pools"
        view={view}
        alerts={false}
        looks={serverLooks}
        stacked
        unit="count"
        text={count}
        height={120}
        folded="most"
        sentence={(series) => nowAndMost(series, ['sv_active'], 'are linked to a client', count)}
      />
      <ChartPanel
        title="Longest wait in PgBouncer"
        series="pgbouncer-maxwait"
        view={view}
        alerts={false}
        looks={waitLooks}
        text={waitInWords}
        height={120}
        folded="most"
        legend="none"
        sentence={(series) => nowAndMost(series, ['maxwait'], 'is the longest wait', waitInWords)}
      />
      <ChartPanel
        title="Traffic through PgBouncer"
        series="pgbouncer-traffic"
        view={stats}
        alerts={view.answer?.status === 'ok'}
        looks={trafficLooks}
        text={rate}
        height={120}
        sentence={(series) => nowAndMost(series, ['transactions'], 'transactions', rate)}
      />
    </div>
  );
}

const waitLooks = [{ column: 'maxwait', label: 'Longest wait', color: 'var(--accent)' }];
const trafficLooks = [
  { column: 'transactions', label: 'Transactions', color: 'var(--accent)' },
  { column: 'statements', label: 'Statements', color: 'var(--wait-client)' },
];

function nowAndMost(series: SeriesAnswer, columns: string[], words: string, text: (value: number) => string): string {
  const found = summarise(series, columns);
  if (!found) return 'Nothing is known of this time.';
  const now = `${text(found.now)} ${words} now`;
  if (found.highest <= found.now) return `${now}; never more in this time.`;
  return `${now}; at most ${text(found.highest)}, at ${momentOf(series, found.highestAt)}.`;
}

const lists = ['databases', 'clients', 'servers', 'traffic', 'settings'] as const;
const titles: Record<(typeof lists)[number], string> = {
  databases: 'Databases',
  clients: 'Clients',
  servers: 'Server connections',
  traffic: 'Traffic',
  settings: 'Settings',
};

/** One list of PgBouncer's at a time: what is not looked at is not asked for. */
function BouncerLists({ server, part }: { server: string; part: boolean }) {
  // Settings are of PgBouncer as a whole.
  const offered = lists.filter((value) => !part || value !== 'settings');
  const [chosen, setShown] = useQueryState('show', parseAsStringLiteral(lists).withDefault('databases'));
  const shown = offered.includes(chosen) ? chosen : 'databases';
  const preview = useAction();
  const List = { databases: Databases, clients: Clients, servers: Servers, traffic: Traffic, settings: Settings }[
    shown
  ];
  return (
    <>
      <div className="filters">
        <Segmented
          label="What of PgBouncer"
          value={shown}
          onChange={(next) => setShown(next)}
          segments={offered.map((value) => ({ value, label: titles[value] }))}
        />
        <span className="push" />
        <ActionMenu
          label="Act on PgBouncer"
          title="Each shows what it does before anything is done."
          trigger={
            <Button>
              PgBouncer as a whole
              <ChevronDown className="icon icon-tiny" aria-hidden />
            </Button>
          }
          entries={() => wholeMenu(preview)}
        />
      </div>
      <List server={server} />
    </>
  );
}

function Databases({ server }: { server: string }) {
  const view = useTopic(server, 'pgbouncer-databases');
  const preview = useAction();
  return (
    <Panel id="pgbouncer-databases" title="PgBouncer's databases" view={view} flush height={120}>
      {(rows: BouncerDatabase[]) => (
        <DataTable
          id="pgbouncer-databases"
          caption="PgBouncer's databases"
          rows={rows}
          columns={databaseColumns}
          rowKey={(row) => row.name}
          sort={{ column: 'name', descending: false }}
          view={view}
          inUrl={false}
          filterText=""
          menu={(row) => databaseMenu(row, preview)}
          menuTitle={(row) => <b>{visible(row.name)}</b>}
          rowName={(row) => `database ${row.name}`}
          empty="PgBouncer offers no database that you may see."
        />
      )}
    </Panel>
  );
}

function Clients({ server }: { server: string }) {
  const view = useTopic(server, 'pgbouncer-clients');
  return (
    <Panel id="pgbouncer-clients" title="PgBouncer's clients" view={view} flush height={240}>
      {(rows: BouncerClient[]) => (
        <DataTable
          id="pgbouncer-clients"
          caption="PgBouncer's clients"
          rows={rows}
          columns={clientColumns}
          rowKey={byPtr}
          sort={{ column: 'wait_seconds', descending: true }}
          view={view}
          live
          inUrl={false}
          filterText=""
          empty="No client is connected to PgBouncer."
        />
      )}
    </Panel>
  );
}

function Servers({ server }: { server: string }) {
  const view = useTopic(server, 'pgbouncer-servers');
  const lasting = useLasting();
  const columns = useMemo(
    () =>
      serverColumns((pid) => (
        <Link href={lasting(`/${encodeURIComponent(server)}/sessions?session=${pid}&idle=true`)} prefetch={false}>
          {pid}
        </Link>
      )),
    [server, lasting],
  );
  return (
    <Panel id="pgbouncer-servers" title="PgBouncer's server connections" view={view} flush height={240}>
      {(rows: BouncerServer[]) => (
        <DataTable
          id="pgbouncer-servers"
          caption="PgBouncer's server connections"
          rows={rows}
          columns={columns}
          rowKey={byPtr}
          sort={{ column: 'database', descending: false }}
          view={view}
          live
          inUrl={false}
          filterText=""
          empty="PgBouncer has no connection to a server now. One is opened when a client begins a transaction."
        />
      )}
    </Panel>
  );
}

const byPtr = ({ ptr }: { ptr: string }) => ptr;

function Traffic({ server }: { server: string }) {
  const view = useTopic(server, 'pgbouncer-stats');
  return (
    <Panel id="pgbouncer-stats" title="PgBouncer's traffic" view={view} flush height={120}>
      {(rows: BouncerStats[]) => (
        <DataTable
          id="pgbouncer-stats"
          caption="PgBouncer's traffic"
          rows={rows}
          columns={statsColumns}
          rowKey={(row) => row.database}
          sort={{ column: 'total_query_count_per_second', descending: true }}
          view={view}
          inUrl={false}
          filterText=""
          empty="Nothing went through PgBouncer yet."
        />
      )}
    </Panel>
  );
}

function Settings({ server }: { server: string }) {
  const view = useTopic(server, 'pgbouncer-config');
  return (
    <Panel id="pgbouncer-config" title="PgBouncer's settings" view={view} flush height={240}>
      {(rows: BouncerSetting[]) => (
        <DataTable
          id="pgbouncer-config"
          caption="PgBouncer's settings"
          rows={rows}
          columns={settingColumns}
          rowKey={(row) => row.key}
          sort={{ column: 'key', descending: false }}
          view={view}
          inUrl={false}
          filterText=""
        />
      )}
    </Panel>
  );
}
