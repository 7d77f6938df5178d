'use client';

import { usePathname } from 'next/navigation';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useState } from 'react';
import type { PreviewBody } from '@/lib/actions/protocol';
import { announce } from '@/lib/client/announce';
import { useActionsOff } from '@/lib/client/page-time';
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
  const past = useActionsOff();
  // biome-ignore lint/correctness/useExhaustiveDependencies: who goes to another page (to the audit entry) leaves the dialog
  useEffect(() => setBody(undefined), [path]);
  // What is seen may be long gone: every button says so, and none leads on.
  const open = useCallback((wanted: PreviewBody) => (past ? announce(past) : setBody({ ...wanted })), [past]);
  return (
    <Context value={open}>
      {children}
      <ActionDialog server={server} body={body} onClose={() => setBody(undefined)} />
    </Context>
  );
}
