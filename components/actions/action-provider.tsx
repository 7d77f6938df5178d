'use client';

import { usePathname } from 'next/navigation';
import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import type { PreviewBody } from '@/lib/actions/protocol';
import { announce } from '@/lib/client/announce';
import { useLater } from '@/lib/client/later';
import { type Act, useWhyOff } from '@/lib/client/session';
import type { Wanted } from './action-dialog';
import { AwaitedDialog } from './awaited-dialog';
import { actionDialog } from './dialog-part';
import { actOf, type FormStart } from './form/start';

/** The ways to open the dialog of a page. */
export type ActionDialogs = {
  /** Asks for the preview of an action. */
  preview: (body: PreviewBody) => void;
  /** Opens the form of an action, or of one still to be chosen. */
  form: (start: FormStart) => void;
  /** Shows a run that was begun before, here or elsewhere. */
  run: (runId: string) => void;
};

const nothing = () => {};
const Context = createContext<ActionDialogs>({ preview: nothing, form: nothing, run: nothing });

/** Opens the dialog of an action: `const preview = useAction(); preview({ action: 'terminate', target })`. */
export function useAction(): (body: PreviewBody) => void {
  return useContext(Context).preview;
}

/** Opens the dialog of an action, of its form, or of a run. */
export function useActionDialogs(): ActionDialogs {
  return useContext(Context);
}

/** The one dialog of a page that every button and menu of it opens. */
export function ActionProvider({ server, children }: { server: string; children: ReactNode }) {
  const [wanted, setWanted] = useState<Wanted>();
  const path = usePathname();
  const whyOff = useWhyOff();
  const dialog = useLater(actionDialog);
  // biome-ignore lint/correctness/useExhaustiveDependencies: who goes to another page (to the audit entry) leaves the dialog
  useEffect(() => setWanted(undefined), [path]);
  const show = useCallback(async (next: Wanted) => {
    setWanted(next);
    // Who was told that it did not come does not want it any more.
    if (!(await actionDialog.want())) setWanted((now) => (now === next ? undefined : now));
  }, []);
  // What is seen may be long gone, or not theirs to do: every button says so, and none leads on.
  const open = useCallback(
    (act: Act, next: Wanted) => {
      const off = whyOff(act);
      if (off) announce(off);
      else show(next);
    },
    [whyOff, show],
  );
  const dialogs = useMemo<ActionDialogs>(
    () => ({
      preview: (body) => open(body, { preview: { ...body } }),
      form: (start) => open(actOf(start), { form: start }),
      // To look at a run does nothing to the server.
      run: (runId) => void show({ runId }),
    }),
    [open, show],
  );
  return (
    <Context value={dialogs}>
      {children}
      <AwaitedDialog />
      {dialog && (
        <dialog.ActionDialog
          server={server}
          wanted={wanted}
          onOpen={dialogs.preview}
          onClose={() => setWanted(undefined)}
        />
      )}
    </Context>
  );
}
