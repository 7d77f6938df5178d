import { queryOptions } from '@tanstack/react-query';
import type { RightsAnswer } from '@/lib/rights/read-rights';
import { request } from './request';

/** What the database roles that pgdeck was given may do on a server; asked when the page opens and by hand. */
export function rightsQuery(server: string) {
  return queryOptions({
    queryKey: ['rights', server],
    queryFn: ({ signal }) => request<RightsAnswer>(`/api/servers/${encodeURIComponent(server)}/rights`, { signal }),
    staleTime: 30_000,
  });
}
