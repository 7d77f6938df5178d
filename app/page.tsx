import { notFound, redirect } from 'next/navigation';
import { serversFor } from '@/lib/access/server-access';
import { visitor } from './(deck)/visitor';

/** The overview of the first server that the visitor may see. */
export default async function Home(): Promise<never> {
  const [first] = serversFor(await visitor());
  if (!first) notFound();
  redirect(`/${first.server.config.id}/overview`);
}
