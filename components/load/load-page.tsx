'use client';

import './load.css';
import { GitCompareArrows } from 'lucide-react';
import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';
import { PageHead } from '@/components/shell/page-head';
import { lastingQuery } from '@/lib/client/range';
import { useTopic } from '@/lib/client/use-topic';
import { Link } from '../ui/link';
import { FilterChips } from './filter-chips';
import { toggled } from './filters';
import { LoadChart } from './load-chart';
import { LoadTable } from './load-table';
import { useLoadChoice } from './use-load';

/** The Load page: average active sessions over time, and what caused them. */
export function LoadPage({ server }: { server: string }) {
  const choice = useLoadChoice();
  const { filters, setFilters } = choice;
  const view = useTopic(server, 'load', { at: null });
  const lasting = lastingQuery(useSearchParams());
  const path = `/${encodeURIComponent(server)}`;
  const statementHref = useCallback(
    (sid: string) => {
      const query = new URLSearchParams(lasting);
      query.set('limit', '200');
      query.set('statement', sid);
      return `${path}/statements?${query}`;
    },
    [path, lasting],
  );
  return (
    <>
      <PageHead server={server} title="Load" databases="all" range />
      <FilterChips server={server} filters={filters} onFilters={setFilters} statementHref={statementHref} />
      <LoadChart
        view={view}
        stack={choice.stack}
        onStack={choice.setStack}
        asked={choice.asked}
        onClass={(filter) => setFilters(toggled(filters, filter))}
      />
      <LoadTable
        server={server}
        slice={choice.slice}
        onSlice={choice.setSlice}
        asked={choice.asked}
        filters={filters}
        onFilters={setFilters}
        statementHref={statementHref}
      />
      <p className="filters">
        <Link className="button" href={`${path}/compare${lasting}`} prefetch={false}>
          <GitCompareArrows className="icon icon-small" aria-hidden />
          Compare with the time before
        </Link>
      </p>
    </>
  );
}
