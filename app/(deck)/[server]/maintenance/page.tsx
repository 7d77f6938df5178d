import { dehydrate, HydrationBoundary } from '@tanstack/react-query';
import { MaintenancePage } from '@/components/maintenance/maintenance-page';
import { runsQuery } from '@/lib/client/maintenance-queries';
import { makeQueryClient } from '@/lib/client/query-client';
import { shownTo } from '@/lib/runner/shown-to';
import { visibleRuns } from '@/lib/runner/visible-runs';
import { runtime } from '@/lib/runtime';
import { Prefetched } from '../../prefetched';
import { visitorOf } from '../../visitor';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Maintenance' };

/** What runs and waits, what ran, what runs by itself, and what DDL would block. */
export default async function Page({ params, searchParams }: Input) {
  const { server } = await params;
  const client = makeQueryClient();
  const { user } = await visitorOf(server);
  client.setQueryData(runsQuery(server).queryKey, {
    runs: await shownTo(user, visibleRuns(user, runtime().runner.runs(server))),
  });
  return (
    <Prefetched server={server} search={await searchParams}>
      <HydrationBoundary state={dehydrate(client)}>
        <MaintenancePage server={server} />
      </HydrationBoundary>
    </Prefetched>
  );
}
