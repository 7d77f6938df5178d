import { RightsPage } from '@/components/rights/rights-page';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Access' };

/** What the database roles that pgdeck signs in with may see and do. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  return (
    <Prefetched server={server} search={search}>
      <RightsPage server={server} />
    </Prefetched>
  );
}
