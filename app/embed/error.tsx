'use client';

import { PageFailure } from '@/components/shell/page-failure';

/** A page in a portal's frame that could not be shown; the frame stays signed in. */
export default function EmbedError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main id="content" className="page">
      <PageFailure digest={error.digest} retry={reset} framed />
    </main>
  );
}
