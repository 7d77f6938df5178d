import { CostPage } from '@/components/cost/cost-page';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: "pgdeck's own cost" };

/** What pgdeck takes of the server it watches, and of the disk that remembers it. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  return (
    <Prefetched server={server} search={search}>
      <CostPage server={server} />
    </Prefetched>
  );
}
