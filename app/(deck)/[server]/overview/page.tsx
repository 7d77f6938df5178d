import { OverviewPage } from '@/components/overview/overview-page';
import { worstAsk } from '@/components/overview/worst';
import { Prefetched, text } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Overview' };

/** The verdict of a server, and the pictures and tables that go with it. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  const database = text(search.database);
  return (
    <Prefetched
      server={server}
      topics={[
        { id: 'connections' },
        { id: 'databases' },
        { id: 'slow-queries', ask: worstAsk },
        { id: 'tables', ask: { database } },
      ]}
      series={['connections', 'transactions', 'active-sessions', 'waiting-sessions']}
      search={search}
    >
      <OverviewPage server={server} />
    </Prefetched>
  );
}
