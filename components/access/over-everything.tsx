'use client';

import { type ReactNode, type RefObject, useEffect, useId, useRef } from 'react';

/**
 * A dialog over all others, which stay as they are below it: the browser's own, so that nothing else can be reached. It
 * cannot be put away, only answered.
 */
export function OverEverything({
  title,
  lead,
  initialFocus,
  children,
}: {
  title: string;
  lead: ReactNode;
  /** What has the focus first; without it the first field or button. */
  initialFocus?: RefObject<HTMLElement | null>;
  children: ReactNode;
}) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    if (!element) return;
    element.showModal();
    initialFocus?.current?.focus();
    // A browser closes it at a second Esc all the same.
    const again = () => element.isConnected && element.showModal();
    element.addEventListener('close', again);
    return () => {
      element.removeEventListener('close', again);
      element.close();
    };
  }, [initialFocus]);
  return (
    <dialog
      ref={dialog}
      className="dialog over-everything"
      aria-labelledby={`${id}-title`}
      aria-describedby={`${id}-lead`}
      onCancel={(event) => event.preventDefault()}
      // Esc would otherwise reach the dialogs below.
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.preventDefault();
        event.stopPropagation();
      }}
    >
      <header>
        <h2 id={`${id}-title`}>{title}</h2>
        <p id={`${id}-lead`} className="dialog-lead">
          {lead}
        </p>
      </header>
      <div className="dialog-body">{children}</div>
    </dialog>
  );
}
