'use client';

import { PageFailure } from '@/components/shell/page-failure';

/** A page of a server that could not be made; the frame around it stays. */
export default function ServerError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return <PageFailure digest={error.digest} retry={reset} />;
}
