'use client';

import { usePathname } from 'next/navigation';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import type { PreviewBody } from '@/lib/actions/protocol';
import { ActionDialog } from './action-dialog';

const Context = createContext<(body: PreviewBody) => void>(() => {});

/** Opens the dialog of an action: `const preview = useAction(); preview({ action: 'terminate', target })`. */
export function useAction(): (body: PreviewBody) => void {
  return useContext(Context);
}

/** The one dialog of a page that every button and menu of it opens. */
export function ActionProvider({ server, children }: { server: string; children: ReactNode }) {
  const [body, setBody] = useState<PreviewBody>();
  const path = usePathname();
  // biome-ignore lint/correctness/useExhaustiveDependencies: who goes to another page (to the audit entry) leaves the dialog
  useEffect(() => setBody(undefined), [path]);
  const open = useCallback((wanted: PreviewBody) => setBody({ ...wanted }), []);
  return (
    <Context value={open}>
      {children}
      <ActionDialog server={server} body={body} onClose={() => setBody(undefined)} />
    </Context>
  );
}
