import { ApiPage } from '@/components/api/api-page';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'API' };

/** Every route of the HTTP API. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  return (
    <Prefetched server={server} search={search}>
      <ApiPage server={server} />
    </Prefetched>
  );
}
