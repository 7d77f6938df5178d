'use client';

import './api.css';
import { useQuery } from '@tanstack/react-query';
import { Search } from 'lucide-react';
import { parseAsString, useQueryStates } from 'nuqs';
import { useMemo } from 'react';
import { PageHead } from '@/components/shell/page-head';
import { Asked } from '@/components/ui/asked';
import { Panel } from '@/components/ui/panel';
import { openApiQuery } from '@/lib/client/api-queries';
import { withBasePath } from '@/lib/client/base-path';
import { plural } from '@/lib/format';
import { type ApiDocument, matches, type Operation, operationsOf } from './document';
import { OperationDetail } from './operation-detail';

const parsers = { search: parseAsString.withDefault(''), operation: parseAsString };

/** The page of the HTTP API: every route with its parameters, bodies and answers, a command line, and a try of what only reads. */
export function ApiPage({ server }: { server: string }) {
  const query = useQuery(openApiQuery<ApiDocument>());
  const { data } = query;
  const operations = useMemo(() => (data ? operationsOf(data) : []), [data]);
  const [{ search, operation: opened }, set] = useQueryStates(parsers);
  const found = operations.filter((operation) => operation.id === opened || matches(operation, search.trim()));
  const areas = data?.tags.filter(({ name }) => found.some(({ area }) => area === name)) ?? [];
  return (
    <>
      <PageHead
        server={server}
        title="API"
        live={false}
        sentence={
          data ? (
            <p>
              {plural(operations.length, 'route')}, all that these pages are made of. For programs they are described as{' '}
              <a href={withBasePath('/api/openapi.json')}>OpenAPI 3.1</a>.
            </p>
          ) : (
            '\u00a0'
          )
        }
      />
      <search className="filters" aria-label="Routes">
        <label className="field api-search">
          <Search className="icon icon-small" aria-hidden />
          <span className="visually-hidden">Search in method, path, title and parameters</span>
          <input
            type="search"
            value={search}
            maxLength={100}
            placeholder="Path, title, parameter"
            spellCheck={false}
            autoComplete="off"
            onChange={(event) => void set({ search: event.target.value || null })}
          />
        </label>
        <output className="soft">{search.trim() && data ? `${found.length} of ${operations.length}` : ''}</output>
      </search>
      {!data && (
        <Panel title="Routes">
          <Asked query={query} height={480}>
            {() => null}
          </Asked>
        </Panel>
      )}
      {data && areas.length === 0 && (
        <Panel title="Routes">
          <p className="soft">No route has these words.</p>
        </Panel>
      )}
      {areas.map(({ name, description }) => (
        <Panel key={name} title={name} sentence={description} flush>
          <ul className="api-list">
            {found
              .filter(({ area }) => area === name)
              .map((operation) => (
                <li key={operation.id}>
                  <Line
                    operation={operation}
                    open={operation.id === opened}
                    onToggle={(open) => void set({ operation: open ? operation.id : null })}
                  />
                  {operation.id === opened && data && (
                    <OperationDetail operation={operation} schemas={data.components.schemas} server={server} />
                  )}
                </li>
              ))}
          </ul>
        </Panel>
      ))}
    </>
  );
}

function Line({
  operation: { id, method, path, title, role },
  open,
  onToggle,
}: {
  operation: Operation;
  open: boolean;
  onToggle: (open: boolean) => void;
}) {
  return (
    <button
      type="button"
      className="api-line"
      aria-expanded={open}
      aria-controls={`operation-${id}`}
      onClick={() => onToggle(!open)}
    >
      <span className="api-method">{method}</span>
      <code className="api-path">{path}</code>
      <span className="api-title">{title}</span>
      <span className="api-role">{role}</span>
    </button>
  );
}
