import { SessionsPage } from '@/components/sessions/sessions-page';
import { runtime } from '@/lib/runtime';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Sessions' };

/** Who is connected and does what. */
export default async function Page({ params, searchParams }: Input) {
  const { server } = await params;
  return (
    <Prefetched
      server={server}
      topics={[{ id: 'sessions' }, { id: 'connections' }]}
      series={['connections']}
      search={await searchParams}
    >
      <SessionsPage server={server} limits={runtime().config.limits} />
    </Prefetched>
  );
}
