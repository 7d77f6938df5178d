'use client';

import { Popover as Base } from '@base-ui/react/popover';
import type { ReactElement, ReactNode } from 'react';
import { signedOut } from '@/lib/client/refusal';

/** Something that opens beside its button; `title` is its name. It stays while somebody has to sign in again. */
export function Popover({
  title,
  trigger,
  wide,
  align = 'end',
  onHover,
  open,
  onOpenChange,
  children,
}: {
  title: ReactNode;
  trigger: ReactElement;
  wide?: boolean;
  align?: 'start' | 'end';
  onHover?: boolean;
  open?: boolean;
  onOpenChange?: (open: boolean) => void;
  children: ReactNode;
}) {
  return (
    <Base.Root
      {...(open !== undefined && { open })}
      onOpenChange={(next, details) => (!next && signedOut.get() ? details.cancel() : onOpenChange?.(next))}
    >
      <Base.Trigger render={trigger} {...(onHover && { openOnHover: true, delay: 250, closeDelay: 120 })} />
      <Base.Portal>
        <Base.Positioner className="popup-layer" align={align} sideOffset={4} collisionPadding={8}>
          <Base.Popup className={`popup popover ${wide ? 'popover-wide' : ''}`}>
            <Base.Title>{title}</Base.Title>
            {children}
          </Base.Popup>
        </Base.Positioner>
      </Base.Portal>
    </Base.Root>
  );
}
