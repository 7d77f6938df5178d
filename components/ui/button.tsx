'use client';

import { Tooltip } from '@base-ui/react/tooltip';
import { type ComponentProps, type ReactNode, useState } from 'react';
import { type Act, useWhyOff } from '@/lib/client/session';
import { ActElsewhere, useElsewhere } from './full-window';
import { visible } from './highlight';

type Look = 'plain' | 'primary' | 'danger' | 'quiet' | 'critical';

const looks: Record<Look, string> = {
  plain: '',
  primary: 'button-primary',
  danger: 'button-danger',
  quiet: 'button-quiet',
  critical: 'button-critical',
};

type ButtonProps = Omit<ComponentProps<'button'>, 'disabled'> & {
  look?: Look;
  large?: boolean;
  off?: string | false | undefined;
};

/**
 * A button: verb and object. Off, it stays focusable, its reason (`off`) is its description, and shows where it has the
 * focus or is pressed. One that `acts` on the server is off for who may not, and on a page of the past; in a frame it
 * leads out.
 */
export function Button({ acts, ...rest }: ButtonProps & { acts?: Act | undefined }) {
  return acts ? <ActingButton acts={acts} {...rest} /> : <PlainButton {...rest} />;
}

/** Why what acts is off, as text beside its button; nothing where it can be begun. */
export function OffReason({ acts }: { acts: Act }) {
  const reason = useWhyOff()(acts);
  return reason ? <span className="off-reason">{reason}</span> : null;
}

function ActingButton({ acts, off, ...rest }: ButtonProps & { acts: Act }) {
  const whyOff = useWhyOff();
  const elsewhere = useElsewhere();
  if (elsewhere) return <ActElsewhere href={elsewhere} className={rest.large ? 'button-large' : ''} />;
  return <PlainButton off={whyOff(acts) ?? off} {...rest} />;
}

function PlainButton({ look = 'plain', large, className = '', ...rest }: ButtonProps) {
  return <Pressable className={`button ${looks[look]} ${large ? 'button-large' : ''} ${className}`} {...rest} />;
}

/** A button that is only an icon; `label` is its name, `off` why it cannot be pressed. */
export function IconButton({
  label,
  className = '',
  ...rest
}: Omit<ButtonProps, 'look' | 'large'> & { label: string; children: ReactNode }) {
  const name = visible(label);
  return <Pressable className={`icon-button ${className}`} aria-label={name} title={name} {...rest} />;
}

function Pressable({ off, onClick, children, ...rest }: Omit<ButtonProps, 'look' | 'large'>) {
  const { props, reason } = useOff(off, onClick);
  return (
    <>
      <button type="button" {...rest} {...props}>
        {children}
      </button>
      {reason}
    </>
  );
}

/** What a button does while it is off: it keeps the focus, does nothing, and says why. */
function useOff(off: string | false | undefined, onClick: ButtonProps['onClick']) {
  const [at, setAt] = useState<HTMLElement>();
  const hide = () => setAt(undefined);
  if (!off) return { props: { onClick } };
  const props: ComponentProps<'button'> = {
    'aria-disabled': true,
    title: off,
    onClick: (event) => {
      event.preventDefault();
      // Enter in a field of its form presses it, too: the focus is there then, and stays.
      if (event.detail > 0) event.currentTarget.focus();
      if (document.activeElement === event.currentTarget) setAt(event.currentTarget);
    },
    onFocus: (event) => event.currentTarget.matches(':focus-visible') && setAt(event.currentTarget),
    onBlur: hide,
    onKeyDown: (event) => event.key === 'Escape' && hide(),
  };
  return { props, reason: at && <Reason at={at} text={off} /> };
}

/** Why a button is off, beside it: its title shows under a pointer only. */
function Reason({ at, text }: { at: HTMLElement; text: string }) {
  return (
    <Tooltip.Root open>
      <Tooltip.Portal>
        <Tooltip.Positioner className="popup-layer popup-layer-dialog" anchor={at} sideOffset={4} collisionPadding={8}>
          <Tooltip.Popup className="popup tooltip" aria-hidden>
            {text}
          </Tooltip.Popup>
        </Tooltip.Positioner>
      </Tooltip.Portal>
    </Tooltip.Root>
  );
}
