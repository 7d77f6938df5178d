import { ChangesPage } from '@/components/changes/changes-page';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Changes' };

/** What was changed on the server and when. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  return (
    <Prefetched server={server} search={search}>
      <ChangesPage server={server} />
    </Prefetched>
  );
}
