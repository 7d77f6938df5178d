import { queryOptions } from '@tanstack/react-query';
import type { z } from 'zod';
import type { definition } from '@/lib/api/objects';
import { request, withQuery } from './request';

type DefinitionAnswer = z.infer<(typeof definition)['answers'][200]['json']>;

/** An object of a database as PostgreSQL writes it; pgdeck keeps it until it changes. */
export function definitionQuery(server: string, database: string, kind: 'index' | 'view' | 'function', oid: number) {
  return queryOptions({
    queryKey: ['definition', server, database, kind, oid],
    queryFn: ({ signal }) =>
      request<DefinitionAnswer>(
        withQuery(`/api/servers/${encodeURIComponent(server)}/definition`, { database, kind, oid }),
        { signal },
      ),
    staleTime: 30_000,
  });
}
