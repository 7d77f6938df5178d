import type { ReactNode } from 'react';
import { Embedded } from '@/components/embed/embedded';
import { runtime } from '@/lib/runtime';

/** What is around every page in a portal's frame: which portals may speak to it, and nothing of what pgdeck knows. */
export default function EmbedLayout({ children }: { children: ReactNode }) {
  return (
    <>
      <noscript>
        <p style={{ margin: 16 }}>
          pgdeck cannot be shown: this frame runs no scripts. If the portal writes sandbox, it has to hold
          allow-scripts, and allow-same-origin allow-forms allow-popups allow-popups-to-escape-sandbox allow-downloads
          beside it.
        </p>
      </noscript>
      <Embedded origins={runtime().config.access.embed?.origins ?? []}>{children}</Embedded>
    </>
  );
}
