'use client';

import type { ComponentProps, ReactNode } from 'react';
import { useActionsOff } from '@/lib/client/page-time';

type Look = 'plain' | 'primary' | 'danger' | 'quiet' | 'critical';

const looks: Record<Look, string> = {
  plain: '',
  primary: 'button-primary',
  danger: 'button-danger',
  quiet: 'button-quiet',
  critical: 'button-critical',
};

/**
 * A button: verb and object. Off, it stays focusable and its reason (`off`) is its description. One that `acts` on the
 * server is off on a page of the past.
 */
export function Button({
  look = 'plain',
  large,
  off: reason,
  acts,
  className = '',
  onClick,
  children,
  ...rest
}: Omit<ComponentProps<'button'>, 'disabled'> & {
  look?: Look;
  large?: boolean;
  off?: string | false | undefined;
  acts?: boolean;
}) {
  const past = useActionsOff();
  const off = (acts && past) || reason;
  return (
    <button
      type="button"
      className={`button ${looks[look]} ${large ? 'button-large' : ''} ${className}`}
      {...(off && { 'aria-disabled': true, title: off })}
      onClick={off ? (event) => event.preventDefault() : onClick}
      {...rest}
    >
      {children}
    </button>
  );
}

/** A button that is only an icon; `label` is its name. */
export function IconButton({
  label,
  className = '',
  children,
  ...rest
}: ComponentProps<'button'> & { label: string; children: ReactNode }) {
  return (
    <button type="button" className={`icon-button ${className}`} aria-label={label} title={label} {...rest}>
      {children}
    </button>
  );
}
