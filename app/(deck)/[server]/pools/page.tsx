import { PoolsPage } from '@/components/pools/pools-page';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Pools' };

/** pgdeck's own connections to the server. */
export default async function Page({ params, searchParams }: Input) {
  const { server } = await params;
  return (
    <Prefetched server={server} topics={[{ id: 'pools' }]} series={['pools']} search={await searchParams}>
      <PoolsPage server={server} />
    </Prefetched>
  );
}
