'use client';

import { PageFailure } from '@/components/shell/page-failure';

/** A page that could not be made, with the frame around it. */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main id="content" className="page">
      <PageFailure digest={error.digest} retry={reset} />
    </main>
  );
}
