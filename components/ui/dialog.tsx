'use client';

import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode, RefObject } from 'react';
import { signedOut } from '@/lib/client/refusal';

/**
 * A dialog: title, one or two sentences, body, footer. Esc closes it and the focus goes back to where it was; not while
 * somebody has to sign in again.
 */
export function Dialog({
  open,
  onOpenChange,
  title,
  lead,
  footer,
  initialFocus,
  children,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: ReactNode;
  lead?: ReactNode;
  footer?: ReactNode;
  initialFocus?: RefObject<HTMLElement | null> | (() => HTMLElement | null);
  children?: ReactNode;
}) {
  return (
    <Base.Root
      open={open}
      onOpenChange={(next, details) => (!next && signedOut.get() ? details.cancel() : onOpenChange(next))}
    >
      <Base.Portal>
        <Base.Backdrop className="dialog-scrim" />
        <Base.Viewport className="dialog-layer">
          <Base.Popup className="dialog" {...(initialFocus && { initialFocus })}>
            <header>
              <Base.Title>{title}</Base.Title>
              <Base.Close className="icon-button" aria-label="Close">
                <X className="icon" aria-hidden />
              </Base.Close>
              {lead && <Base.Description className="dialog-lead">{lead}</Base.Description>}
            </header>
            <div className="dialog-body">{children}</div>
            {footer && <footer>{footer}</footer>}
          </Base.Popup>
        </Base.Viewport>
      </Base.Portal>
    </Base.Root>
  );
}
