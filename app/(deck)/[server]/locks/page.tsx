import { LocksPage } from '@/components/locks/locks-page';
import { runtime } from '@/lib/runtime';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Locks' };

/** Who waits for whom. */
export default async function Page({ params, searchParams }: Input) {
  const { server } = await params;
  return (
    <Prefetched
      server={server}
      topics={[{ id: 'locks' }, { id: 'connections' }]}
      series={['waiting-sessions']}
      search={await searchParams}
    >
      <LocksPage server={server} blockedSeconds={runtime().config.limits.blockedSeconds} />
    </Prefetched>
  );
}
