'use client';

import { Copy, Lock, Table2 } from 'lucide-react';
import { parseAsString, useQueryState } from 'nuqs';
import { useCallback, useMemo, useState } from 'react';
import { useActionDialogs } from '@/components/actions/action-provider';
import { ScatterChart, type ScatterGroup } from '@/components/charts/scatter-chart';
import { indexCharts } from '@/components/history/charts-of';
import { RowCharts } from '@/components/history/row-charts';
import { PageHead } from '@/components/shell/page-head';
import { useServer } from '@/components/shell/use-server';
import { matches } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { FilterField } from '@/components/table/table-tools';
import { visible } from '@/components/ui/highlight';
import type { MenuEntry } from '@/components/ui/menu';
import { Note } from '@/components/ui/note';
import { Panel } from '@/components/ui/panel';
import { Segmented } from '@/components/ui/segmented';
import { copyText } from '@/components/ui/sql';
import { announce } from '@/lib/client/announce';
import { usePageTime } from '@/lib/client/page-time';
import { useDatabase, useFilter } from '@/lib/client/url-state';
import { useLasting } from '@/lib/client/use-lasting';
import { type TopicView, useTopic } from '@/lib/client/use-topic';
import { bytes, count } from '@/lib/format';
import { indexColumns } from './columns';
import { indexActs } from './index-acts';
import { IndexDefinition } from './index-definition';
import {
  caution,
  type Index,
  indexesSentence,
  indexName,
  indexTable,
  type Standing,
  scatterSentence,
  standing,
} from './summary';

const indexKey = (row: Index) => String(row.indexrelid);

const views: { value: string; label: string; test: (row: Index) => boolean }[] = [
  { value: 'all', label: 'All', test: () => true },
  { value: 'unused', label: 'Not used', test: (row) => standing(row) === 'unused' },
  { value: 'invalid', label: 'Invalid', test: (row) => standing(row) === 'invalid' },
];

/** The Indexes page: which indexes work, which only cost, and how sure that is. */
export function IndexesPage({ server }: { server: string }) {
  const [database] = useDatabase();
  const { at } = usePageTime();
  const [filter, setFilter] = useFilter();
  const summary = useServer(server);
  const lasting = useLasting();
  const dialogs = useActionDialogs();
  const view = useTopic(server, 'index-usage', { database });
  const databases = useTopic(server, 'databases');
  const all = useMemo(() => view.rows ?? [], [view.rows]);
  const chosen = views.find(({ value }) => value === filter.fields.show) ?? views[0];
  const rows = useMemo(() => all.filter((row) => chosen?.test(row)), [all, chosen]);
  const most = Math.max(0, ...all.map((row) => row.size_bytes));
  const [open, setOpen] = useQueryState('row', parseAsString);
  const toggle = useCallback((key: string) => void setOpen((now) => (now === key ? null : key)), [setOpen]);
  const columns = useMemo(() => indexColumns(most, { key: open, toggle }), [most, open, toggle]);
  const words = filter.text.toLowerCase().split(/\s+/).filter(Boolean);
  const found = rows.filter((row) => matches(row, columns, words)).length;
  const asked = view.database ?? database ?? summary?.database ?? null;
  const standby = summary?.inRecovery === true;
  const counting = databases.rows?.find((row) => row.datname === asked);

  const menu = useCallback(
    (row: Index): MenuEntry[] => {
      const path = `/${encodeURIComponent(server)}`;
      const query = new URLSearchParams({ ...(database && { database }), filter: row.relname });
      const copy = async () => announce((await copyText(indexName(row))) ? 'Copied.' : 'The browser did not copy it.');
      return [
        { label: 'Show its table', icon: Table2, href: lasting(`${path}/tables?${query}`) },
        ...(row.locked_by.length > 0
          ? [{ label: 'Open blocking tree', icon: Lock, href: lasting(`${path}/locks`) } as const]
          : []),
        { label: 'Copy its name', icon: Copy, onSelect: () => void copy() },
        'separator',
        ...indexActs(row, { database: asked, standby, dialogs }),
      ];
    },
    [server, database, asked, standby, dialogs, lasting],
  );

  const detail = useCallback(
    (row: Index) =>
      indexKey(row) === open && asked !== null ? (
        <>
          {/* How it was written then is not kept. */}
          {at === null && <IndexDefinition server={server} database={asked} oid={row.indexrelid} />}
          <RowCharts
            server={server}
            series="index"
            of={{ database: asked, oid: row.indexrelid }}
            charts={indexCharts}
          />
        </>
      ) : undefined,
    [server, open, asked, at],
  );

  return (
    <>
      <PageHead
        server={server}
        title="Indexes"
        databases="one"
        range
        sentence={view.rows ? indexesSentence(all) : '\u00a0'}
      />
      {view.answer?.status === 'unavailable' && !view.rows ? null : <UseChart view={view} rows={all} />}
      <div className="filters">
        <Segmented
          label="Which indexes"
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
        <FilterField placeholder="index, table, column" found={found} />
      </div>
      <Note state="unknown">
        <p>
          <b>Before you drop one.</b> {caution(counting?.stats_reset_seconds ?? null, counting !== undefined, standby)}
        </p>
      </Note>
      <Panel
        title="Indexes"
        sentence={chosen?.value === 'all' ? 'By size; the bars share one scale.' : 'Only those chosen above; by size.'}
        view={view}
        flush
        height={420}
        empty={(every) =>
          every.length === 0
            ? {
                word: 'None',
                text: `Database ${asked ?? ''} has no indexes of its own. They appear here when one is created.`,
              }
            : undefined
        }
      >
        <DataTable
          id="indexes"
          caption="Indexes"
          rows={rows}
          columns={columns}
          rowKey={indexKey}
          rowName={(row) => `index ${indexName(row)}`}
          sort={{ column: 'size_bytes', descending: true }}
          view={view}
          live
          menu={menu}
          detail={detail}
          menuTitle={(row) => (
            <>
              Index <b>{visible(row.indexrelname)}</b> · {visible(indexTable(row))}
            </>
          )}
          empty={chosen?.value === 'all' ? 'No index matches the filter.' : 'No index is like that now.'}
        />
      </Panel>
    </>
  );
}

const looks: Record<Standing, Omit<ScatterGroup, 'points'>> = {
  used: { label: 'Used', color: 'var(--accent)', shape: 'circle' },
  needed: { label: 'Needed, not scanned', color: 'var(--wait-client)', shape: 'square' },
  unused: { label: 'Not used', color: 'var(--wait-lwlock)', shape: 'triangle' },
  invalid: { label: 'Invalid', color: 'var(--wait-lock)', shape: 'diamond' },
  building: { label: 'Building', color: 'var(--wait-other)', shape: 'diamond' },
  unknown: { label: 'Unknown', color: 'var(--wait-other)', shape: 'circle' },
};

function UseChart({ view, rows }: { view: TopicView<Index>; rows: Index[] }) {
  const [table, setTable] = useState(false);
  const own = useMemo(() => rows.filter((row) => !row.is_partitioned), [rows]);
  const groups = (Object.keys(looks) as Standing[])
    .map((name) => ({
      ...looks[name],
      points: own
        .filter((row) => standing(row) === name)
        .map((row) => ({
          key: indexKey(row),
          label: row.indexrelname,
          x: row.idx_scan,
          y: row.size_bytes,
          note: visible(`on ${indexTable(row)}`),
        })),
    }))
    .filter(({ points }) => points.length > 0);
  const sentence = view.rows ? scatterSentence(own) : '\u00a0';
  const label = `Scans against size. ${visible(sentence)}`;
  return (
    <Panel
      title="Scans against size"
      sentence={sentence}
      view={view}
      alerts={false}
      height={244}
      asTable={{ shown: table, toggle: () => setTable(!table) }}
      empty={() =>
        view.rows && own.length === 0 ? { word: 'None', text: 'There is no index to be drawn.' } : undefined
      }
      means="Each point is an index: to the right the more it was used since the statistics began, upwards the larger it is. Both scales are square roots, so that small ones stay visible."
    >
      {table ? (
        <UseTable label={label} rows={own} />
      ) : (
        <ScatterChart
          label={label}
          groups={groups}
          x={{ title: 'Scans', text: count }}
          y={{ title: 'Size', text: bytes, bytes: true }}
        />
      )}
    </Panel>
  );
}

function UseTable({ label, rows }: { label: string; rows: Index[] }) {
  return (
    <section
      className="chart-table"
      style={{ height: 244 }}
      aria-label={`${label}, as a table`}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
      tabIndex={0}
    >
      <table className="table">
        <caption className="visually-hidden">{label}</caption>
        <thead>
          <tr>
            <th scope="col">Index</th>
            <th scope="col">Use</th>
            <th scope="col" className="number">
              Scans
            </th>
            <th scope="col" className="number">
              Size
            </th>
          </tr>
        </thead>
        <tbody>
          {rows
            .toSorted((a, b) => b.size_bytes - a.size_bytes || a.indexrelid - b.indexrelid)
            .map((row) => (
              <tr key={indexKey(row)}>
                <th scope="row">{visible(row.indexrelname)}</th>
                <td>{looks[standing(row)].label}</td>
                <td className="number">{count(row.idx_scan)}</td>
                <td className="number">{bytes(row.size_bytes)}</td>
              </tr>
            ))}
        </tbody>
      </table>
    </section>
  );
}
