import { RotateCcw } from 'lucide-react';
import type { Column } from '@/components/table/column';
import { DataTable } from '@/components/table/data-table';
import { Button } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { Link } from '@/components/ui/link';
import { Panel } from '@/components/ui/panel';
import { StateText } from '@/components/ui/state';
import type { Range } from '@/lib/client/queries';
import type { SeriesAnswer } from '@/lib/client/shapes';
import { useSeries } from '@/lib/client/use-series';
import type { TopicView } from '@/lib/client/use-topic';
import { count, exact, figure, notApplicable, plural } from '@/lib/format';
import { NumberField } from './number-field';
import { type SizedService, type Sizing, sizePools } from './sizing';
import type { Service } from './slots';
import { useSizing } from './use-sizing';

const rowKey = ({ name }: SizedService) => name;

/** How large pools should be by PostgreSQL's rule of thumb, with its inputs to change and what is seen beside it. */
export function SizingPanel({ server, view }: { server: string; view: TopicView<Service> }) {
  const input = useSizing();
  const first = view.rows?.[0];
  const cores = input.cores ?? first?.cpus ?? null;
  const spindles = input.spindles ?? first?.spindles ?? 1;
  const sizing =
    view.rows && cores !== null ? sizePools(view.rows, { cores, spindles, weights: input.weights }) : undefined;
  return (
    <Panel
      id="pool-sizing"
      title="How large pools should be"
      sentence={
        sizing && cores !== null
          ? sizingSentence(sizing, cores, spindles)
          : 'Say how many cores the server has, and the rule tells the rest.'
      }
      view={view}
      alerts={false}
      means="PostgreSQL's wiki: active connections = cores × 2 + effective spindles, where hyper-threads do not count, and one SSD or data that is all in memory counts as at most 1. A starting point, to be measured."
      flush
      height={220}
      link={
        <a
          href="https://wiki.postgresql.org/wiki/Number_Of_Database_Connections"
          target="_blank"
          rel="noopener noreferrer"
        >
          The rule in PostgreSQL's wiki
        </a>
      }
    >
      {(rows) => (
        <>
          <div className="sizing-inputs">
            <NumberField
              label="Cores"
              value={cores}
              from={1}
              to={4096}
              whole
              onChange={(value) => input.setCores(value === first?.cpus ? null : value)}
            />
            <span className="soft">× 2 +</span>
            <NumberField
              label="Spindles"
              value={spindles}
              from={0}
              to={4096}
              whole
              onChange={(value) => input.setSpindles(value === (first?.spindles ?? 1) ? null : value)}
            />
            <span className="soft">
              = <b>{sizing ? plural(sizing.best, 'connection') : notApplicable}</b> active at once
            </span>
            {input.edited && (
              <Button look="quiet" onClick={input.reset}>
                <RotateCcw className="icon icon-small" aria-hidden />
                Back to the server's
              </Button>
            )}
          </div>
          <p className="sizing-note">
            {coresNote(first)} <Seen server={server} at={view.at} ceiling={first?.ceiling ?? null} />
          </p>
          {sizing && sizing.services.length > 0 ? (
            <DataTable
              id="pool-sizing"
              caption="Recommended pool sizes"
              rows={sizing.services}
              columns={sizingColumns(input.setWeight)}
              rowKey={rowKey}
              sort={{ column: 'name', descending: false }}
              inUrl={false}
              filterText=""
              bare
            />
          ) : (
            sizing && (
              <p className="sizing-note">No application is connected or configured: there is nobody to share with.</p>
            )
          )}
          {sizing && sizing.all > sizing.best && rows.length > 0 && (
            <p className="sizing-note">
              <StateText state="warning" small>
                Above the rule.
              </StateText>{' '}
              With one connection for each instance the pools come to {exact(sizing.all)} that may be active at once.
              Fewer instances, or PgBouncer between, would keep to it.
            </p>
          )}
        </>
      )}
    </Panel>
  );
}

function sizingSentence({ best, services, all }: Sizing, cores: number, spindles: number): string {
  const rule = `${plural(cores, 'core')} × 2 + ${plural(spindles, 'spindle')}: about ${plural(best, 'connection')} active at once work best`;
  if (services.length === 0) return `${rule}. A starting point, not a limit.`;
  return `${rule}; ${plural(services.length, 'pool')} of ${exact(all)} in all share them. A starting point, not a limit.`;
}

function coresNote(first: Service | undefined): string {
  const disks =
    first?.spindles === null || first === undefined
      ? 'One SSD counts as 1 spindle.'
      : `It says ${plural(first.spindles, 'spindle')}.`;
  if (!first?.cpus) return `How many cores the server has is not configured (cpus, PGDECK_CPUS). ${disks}`;
  return `The configuration says ${plural(first.cpus, 'core')} (cpus, PGDECK_CPUS). ${disks}`;
}

/** What was really active in the hour before, beside the ceiling. */
function Seen({ server, at, ceiling }: { server: string; at: number | null; ceiling: number | null }) {
  const range: Range = at === null ? { last: 3600 } : { from: at - 3600, to: at };
  const seen = activeIn(useSeries(server, 'active-sessions', range));
  const takes = ceiling === null ? '' : ` The server takes ${plural(ceiling, 'connection')} from applications.`;
  if (!seen) return <>How many sessions were active is not known yet.{takes}</>;
  return (
    <>
      In {at === null ? 'the last hour' : 'the hour before'} {figure(seen.mean)}{' '}
      {seen.mean === 1 ? 'session was' : 'sessions were'} active on average, {count(seen.most)} at most (
      <Link href={`/${encodeURIComponent(server)}/load`} prefetch={false}>
        load
      </Link>
      ).{takes}
    </>
  );
}

function activeIn(series: SeriesAnswer | undefined): { mean: number; most: number } | undefined {
  const sums = (series?.points ?? []).flatMap(([, ...values]) => {
    const known = values.filter((value) => value !== null);
    return known.length > 0 ? [known.reduce((sum, value) => sum + value, 0)] : [];
  });
  if (sums.length === 0) return undefined;
  const mean = sums.reduce((sum, value) => sum + value, 0) / sums.length;
  return { mean: Math.round(mean * 10) / 10, most: Math.ceil(Math.max(...sums)) };
}

function sizingColumns(setWeight: (name: string, value: number | null) => void): Column<SizedService>[] {
  return [
    { id: 'name', header: 'Pool of', value: (row) => row.name, cell: (row) => visible(row.name) },
    {
      id: 'weight',
      header: 'Weight',
      kind: 'number',
      value: (row) => row.weight,
      cell: (row) => (
        <NumberField
          label={`Weight of ${row.name}`}
          value={row.weight}
          from={0}
          to={1000}
          hidden
          onChange={(value) => setWeight(row.name, value)}
        />
      ),
      meaning: 'How much of the connections falls to it, beside the others: 2 is twice as much as 1.',
    },
    {
      id: 'share',
      header: 'Share',
      unit: 'connections',
      kind: 'number',
      value: (row) => row.share,
      cell: (row) => figure(Math.round(row.share * 10) / 10),
      meaning: 'What falls to it by weight.',
    },
    {
      id: 'instances',
      header: 'Instances',
      kind: 'number',
      value: (row) => row.instances,
      cell: (row) => (
        <>
          {count(row.instances)} <span className="muted">{instancesWord[row.instancesFrom]}</span>
        </>
      ),
      meaning: 'Pools that its share is parted between; of PgBouncer, one for each user.',
    },
    {
      id: 'per_instance',
      header: 'Pool size',
      unit: 'each',
      kind: 'number',
      value: (row) => row.perInstance,
      cell: (row) => <b>{exact(row.perInstance)}</b>,
      meaning: 'The recommended maximum of the pool of one instance.',
    },
    {
      id: 'pool_max',
      header: 'Configured',
      unit: 'each',
      kind: 'number',
      value: (row) => row.poolMax,
      cell: (row) => (row.poolMax === null ? <span className="muted">not said</span> : exact(row.poolMax)),
      meaning: 'The maximum that its pool has now.',
    },
  ];
}

const instancesWord = { configuration: 'given', seen: 'seen', assumed: 'assumed' };
