import { LoadPage } from '@/components/load/load-page';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Load' };

/** Average active sessions over time, and what caused them. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  return (
    <Prefetched server={server} topics={[{ id: 'load' }]} search={search}>
      <LoadPage server={server} />
    </Prefetched>
  );
}
