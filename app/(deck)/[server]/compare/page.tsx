import { ComparePage } from '@/components/compare/compare-page';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Compare' };

/** A window of time against another. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  return (
    <Prefetched server={server} search={search}>
      <ComparePage server={server} />
    </Prefetched>
  );
}
