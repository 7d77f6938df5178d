import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { AuditPage } from '@/components/audit/audit-page';
import { auditPageSize } from '@/components/audit/page-size';
import { reachOf } from '@/lib/access/audit-reach';
import { auditQuery } from '@/lib/client/queries';
import { makeQueryClient } from '@/lib/client/query-client';
import { runtime } from '@/lib/runtime';
import { Prefetched } from '../../prefetched';
import { visitorOf } from '../../visitor';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Audit' };

/** What was done to the server with pgdeck. */
export default async function Page({ params, searchParams }: Input) {
  const { server } = await params;
  const client = makeQueryClient();
  const { user } = await visitorOf(server);
  const { audit, auditCopies } = runtime();
  const reach = reachOf(user);
  // What is somebody's own can lie anywhere in all files: the browser asks for it, and has to wait for a place.
  const ownOnly = reach !== undefined && !reach.adminOn.includes(server);
  // Where it cannot be read the page opens without, and says why.
  const answer = ownOnly
    ? undefined
    : await Promise.all([
        audit.read({ server, limit: auditPageSize, reach }),
        audit.state(),
        auditCopies?.state(),
      ]).catch(() => undefined);
  if (answer) {
    const [entries, state, copies = { on: false }] = answer;
    client.setQueryData(auditQuery({ server, limit: auditPageSize }).queryKey, { ...entries, state, copies });
  }
  return (
    <Prefetched server={server} search={await searchParams}>
      <HydrationBoundary state={dehydrate(client)}>
        <AuditPage server={server} />
      </HydrationBoundary>
    </Prefetched>
  );
}
