'use client';

import { X } from 'lucide-react';
import { waitLooks } from '@/components/charts/look';
import { Button } from '@/components/ui/button';
import { visible } from '@/components/ui/highlight';
import { topQuery } from '@/lib/client/history-queries';
import { useRange } from '@/lib/client/url-state';
import { useAsked } from '@/lib/client/use-asked';
import { Link } from '../ui/link';
import { type LoadFilter, printLoadFilters, sliceWords } from './filters';
import { waitText } from './looks';

/** What the page is narrowed to; each part can be taken away. */
export function FilterChips({
  server,
  filters,
  onFilters,
  statementHref,
}: {
  server: string;
  filters: LoadFilter[];
  onFilters: (filters: LoadFilter[]) => void;
  statementHref: (sid: string) => string;
}) {
  if (filters.length === 0) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset cannot be laid out as a line
    <div className="filters" role="group" aria-label="Narrowed to">
      {filters.map((filter) => (
        <span key={`${filter.by}:${filter.value}`} className="chip">
          <span className="muted">{sliceWords[filter.by].one}</span>
          {filter.by === 'statement' ? (
            <Link className="cut font-mono text-xs" href={statementHref(filter.value)} prefetch={false}>
              <StatementText server={server} filter={filter} />
            </Link>
          ) : (
            <b className="cut">{visible(text(filter))}</b>
          )}
          <button
            type="button"
            className="icon-button"
            aria-label={`Remove filter: ${sliceWords[filter.by].one} ${visible(text(filter))}`}
            onClick={() => onFilters(filters.filter((each) => each !== filter))}
          >
            <X className="icon icon-small" aria-hidden />
          </button>
        </span>
      ))}
      {filters.length > 1 && <Button onClick={() => onFilters([])}>Remove all filters</Button>}
    </div>
  );
}

function text({ by, value }: LoadFilter): string {
  if (by === 'class') return waitLooks.find(({ column }) => column === value)?.label ?? value;
  return by === 'wait' ? waitText(value) : value || sliceWords[by].none;
}

function StatementText({ server, filter }: { server: string; filter: LoadFilter }) {
  const [range] = useRange();
  const { data } = useAsked(topQuery(server, 'statement', range, printLoadFilters([filter])));
  return visible(data?.rows[0]?.label ?? `statement ${filter.value}`);
}
