import type { ReactNode } from 'react';
import { Shell } from '@/components/shell/shell';
import { signInOffer } from '../../sign-in-offer';
import { Prefetched } from '../prefetched';

/** The frame around every page of a watched server; an unknown server is told so. */
export default async function ServerLayout({
  params,
  children,
}: {
  params: Promise<{ server: string }>;
  children: ReactNode;
}) {
  const { server } = await params;
  return (
    <Prefetched server={server}>
      <Shell server={server} offer={signInOffer()}>
        {children}
      </Shell>
    </Prefetched>
  );
}
