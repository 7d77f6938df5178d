import { ProgressPage } from '@/components/progress/progress-page';
import { Prefetched } from '../../prefetched';

type Input = {
  params: Promise<{ server: string }>;
  searchParams: Promise<Record<string, string | string[] | undefined>>;
};

export const metadata = { title: 'Progress' };

/** What long commands have done so far. */
export default async function Page({ params, searchParams }: Input) {
  const { server } = await params;
  return (
    <Prefetched server={server} topics={[{ id: 'progress' }]} search={await searchParams}>
      <ProgressPage server={server} />
    </Prefetched>
  );
}
