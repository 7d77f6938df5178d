'use client';

import { type ReactNode, useId, useLayoutEffect, useRef } from 'react';

/**
 * A dialog over all others, which stay as they are below it: the browser's own, so that nothing else can be reached. It
 * cannot be put away, only answered. What is marked with `data-first` has the focus first; when it is gone the focus is
 * back where it was.
 */
export function OverEverything({ title, lead, children }: { title: string; lead: ReactNode; children: ReactNode }) {
  const id = useId();
  const dialog = useRef<HTMLDialogElement>(null);
  // Closed before it leaves the page: what is merely removed does not give the focus back.
  useLayoutEffect(() => {
    const element = dialog.current;
    if (!element) return;
    element.showModal();
    element.querySelector<HTMLElement>('[data-first]')?.focus();
    // A browser closes it at a second Esc all the same.
    const again = () => element.isConnected && element.showModal();
    element.addEventListener('close', again);
    return () => {
      element.removeEventListener('close', again);
      element.close();
    };
  }, []);
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
