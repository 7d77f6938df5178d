'use client';

import { parseAsString, useQueryState } from 'nuqs';
import { useCallback, useMemo, useState } from 'react';
import { useActionDialogs } from '@/components/actions/action-provider';
import { BarChart, type BarRow } from '@/components/charts/bar-chart';
import { tableCharts } from '@/components/history/charts-of';
import { RowCharts } from '@/components/history/row-charts';
import { PageHead } from '@/components/shell/page-head';
import { useServer } from '@/components/shell/use-server';
import { matches } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { FilterField } from '@/components/table/table-tools';
import { visible } from '@/components/ui/highlight';
import type { MenuEntry } from '@/components/ui/menu';
import { Panel } from '@/components/ui/panel';
import { Segmented } from '@/components/ui/segmented';
import { useDatabase, useFilter } from '@/lib/client/url-state';
import { useLasting } from '@/lib/client/use-lasting';
import { type TopicView, useTopic } from '@/lib/client/use-topic';
import { bytes } from '@/lib/format';
import { tableColumns } from './columns';
import { partsOf, sizeParts } from './parts';
import {
  behind,
  counted,
  maintenanceSentence,
  sizeSentence,
  stale,
  type Table,
  tableName,
  tablesSentence,
} from './summary';
import { tableMenu } from './table-menu';

const bars = 10;
const tableKey = (row: Table) => String(row.relid);

/** What rows are shown: all, those with too many dead rows, those with old statistics, those that are locked. */
const views: { value: string; label: string; test: (row: Table) => boolean }[] = [
  { value: 'all', label: 'All', test: () => true },
  { value: 'vacuum', label: 'Wait for vacuum', test: behind },
  { value: 'analyze', label: 'Stale statistics', test: stale },
  { value: 'locked', label: 'Locked', test: (row) => row.locked_by.length > 0 },
];

/** The Tables page: which tables take the space, and what maintenance has left undone. */
export function TablesPage({ server }: { server: string }) {
  const [database] = useDatabase();
  const [filter, setFilter] = useFilter();
  const summary = useServer(server);
  const dialogs = useActionDialogs();
  const lasting = useLasting();
  const view = useTopic(server, 'tables', { database });
  const all = useMemo(() => view.rows ?? [], [view.rows]);
  const chosen = views.find(({ value }) => value === filter.fields.show) ?? views[0];
  const rows = useMemo(() => all.filter((row) => chosen?.test(row)), [all, chosen]);
  const most = Math.max(0, ...all.map((row) => row.total_bytes));
  const [open, setOpen] = useQueryState('row', parseAsString);
  const toggle = useCallback((key: string) => void setOpen((now) => (now === key ? null : key)), [setOpen]);
  const columns = useMemo(() => tableColumns(most, { key: open, toggle }), [most, open, toggle]);
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => matches(row, columns, words)).length;
  const asked = view.database ?? database ?? summary?.database ?? null;
  const standby = summary?.inRecovery === true;

  const menu = useCallback(
    (row: Table): MenuEntry[] => {
      const path = `/${encodeURIComponent(server)}`;
      const query = new URLSearchParams({ ...(database && { database }), filter: row.relname });
      const hrefs = { indexes: lasting(`${path}/indexes?${query}`), locks: lasting(`${path}/locks`) };
      return tableMenu(row, { database: asked, standby, hrefs, dialogs });
    },
    [server, database, asked, standby, dialogs, lasting],
  );

  const detail = useCallback(
    (row: Table) =>
      tableKey(row) === open && asked !== null ? (
        <RowCharts server={server} series="table" of={{ database: asked, oid: row.relid }} charts={tableCharts} />
      ) : undefined,
    [server, open, asked],
  );

  return (
    <>
      <PageHead
        server={server}
        title="Tables"
        databases="one"
        range
        sentence={view.rows ? tablesSentence(all) : '\u00a0'}
      />
      {view.answer?.status === 'unavailable' && !view.rows ? null : <SizeChart view={view} rows={all} />}
      <div className="filters">
        <Segmented
          label="Which tables"
          segments={views.map(({ value, label, test }) => ({
            value,
            label,
            count: view.rows ? all.filter(test).length : undefined,
          }))}
          value={chosen?.value ?? 'all'}
          onChange={(value) =>
            setFilter({ ...filter, fields: { ...filter.fields, show: value === 'all' ? '' : value } })
          }
        />
        <FilterField placeholder="table, schema" found={found} />
      </div>
      <Panel
        title="Tables"
        sentence={view.rows ? maintenanceSentence(all) : '\u00a0'}
        view={view}
        flush
        height={420}
        empty={(every) =>
          every.length === 0
            ? {
                word: 'None',
                text: `Database ${asked ?? ''} has no tables of its own. They appear here when one is created.`,
              }
            : undefined
        }
      >
        <DataTable
          id="tables"
          caption="Tables"
          rows={rows}
          columns={columns}
          rowKey={tableKey}
          rowName={(row) => `table ${tableName(row)}`}
          sort={{ column: 'total_bytes', descending: true }}
          view={view}
          live
          menu={menu}
          detail={detail}
          menuTitle={(row) => (
            <>
              Table <b>{visible(tableName(row))}</b> · {bytes(row.total_bytes)}
            </>
          )}
          empty={chosen?.value === 'all' ? 'No table matches the filter.' : 'No table is like that now.'}
        />
      </Panel>
    </>
  );
}

function SizeChart({ view, rows }: { view: TopicView<Table>; rows: Table[] }) {
  const [table, setTable] = useState(false);
  const own = useMemo(
    () => counted(rows).toSorted((a, b) => b.total_bytes - a.total_bytes || a.relid - b.relid),
    [rows],
  );
  const first = own.slice(0, bars);
  const others = own.slice(bars);
  const drawn: BarRow[] = first.map((row) => ({ key: tableKey(row), label: tableName(row), values: partsOf(row) }));
  const sentence = view.rows ? sizeSentence(own) : '\u00a0';
  return (
    <Panel
      title="Biggest tables"
      sentence={sentence}
      view={view}
      alerts={false}
      height={(bars + 1) * 24 + 24}
      asTable={{ shown: table, toggle: () => setTable(!table) }}
      empty={(every) =>
        every.length === 0 ? { word: 'None', text: 'There is no table whose size could be drawn.' } : undefined
      }
      means="Size on disk with indexes and TOAST; partitions are counted with the table they belong to. The bars sum to all tables."
    >
      <BarChart
        label={`Biggest tables. ${sentence}`}
        rows={drawn}
        looks={sizeParts}
        text={bytes}
        rest={
          others.length > 0
            ? {
                key: 'others',
                label: `${others.length} others`,
                values: sizeParts.map((_, at) => others.reduce((sum, row) => sum + (partsOf(row)[at] ?? 0), 0)),
              }
            : undefined
        }
        asTable={table}
      />
    </Panel>
  );
}
