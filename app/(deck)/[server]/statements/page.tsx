import { statementsAsk } from '@/components/statements/controls';
import { StatementsPage } from '@/components/statements/statements-page';
import { Prefetched, text } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Statements' };

/** Statements by the time they took. */
export default async function Page({ params, searchParams }: Input) {
  const [{ server }, search] = await Promise.all([params, searchParams]);
  const ask = statementsAsk(text(search.min_mean_ms), text(search.limit), text(search.database));
  return (
    <Prefetched server={server} topics={[{ id: 'slow-queries', ask }]} search={search}>
      <StatementsPage server={server} />
    </Prefetched>
  );
}
