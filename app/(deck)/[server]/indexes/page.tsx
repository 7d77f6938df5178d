import { IndexesPage } from '@/components/indexes/indexes-page';
import { Prefetched, text } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Indexes' };

/** Indexes of one database by use and size. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  const ask = { database: text(search.database) };
  return (
    <Prefetched server={server} topics={[{ id: 'index-usage', ask }, { id: 'databases' }]} search={search}>
      <IndexesPage server={server} />
    </Prefetched>
  );
}
