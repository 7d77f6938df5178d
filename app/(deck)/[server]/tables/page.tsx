import { TablesPage } from '@/components/tables/tables-page';
import { Prefetched, text } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Tables' };

/** Tables of one database by size, with what maintenance has left. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  const ask = { database: text(search.database) };
  return (
    <Prefetched server={server} topics={[{ id: 'tables', ask }]} search={search}>
      <TablesPage server={server} />
    </Prefetched>
  );
}
