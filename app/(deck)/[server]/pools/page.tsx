import { PoolsPage } from '@/components/pools/pools-page';
import { runtime } from '@/lib/runtime';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Pools' };

/** Who holds the server's slots, and the pools of applications, of PgBouncer and of pgdeck. */
export default async function Page({ params, searchParams }: Input) {
  const { server } = await params;
  return (
    <Prefetched
      server={server}
      topics={[
        { id: 'sessions' },
        { id: 'connections' },
        { id: 'application-pools' },
        { id: 'pools' },
        { id: 'pgbouncer-pools' },
      ]}
      series={['pools', 'pool-waits', 'active-sessions']}
      search={await searchParams}
    >
      <PoolsPage server={server} limits={runtime().config.limits} />
    </Prefetched>
  );
}
