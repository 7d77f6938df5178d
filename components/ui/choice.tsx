'use client';

import { Menu } from '@base-ui/react/menu';
import { Check, ChevronDown, type LucideIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { visible } from './highlight';

/** One of several values to choose from. */
export type Option<Value extends string> = { value: Value; label: string; hint?: string };

/** Chooses one value from a list; the button shows what is chosen. */
export function Choice<Value extends string>({
  label,
  icon: Icon,
  options,
  value,
  onChange,
  children,
}: {
  label: string;
  icon?: LucideIcon;
  options: Option<Value>[];
  value: Value;
  onChange: (value: Value) => void;
  /** What the button shows; without it the label of the chosen option. */
  children?: ReactNode;
}) {
  const chosen = options.find((option) => option.value === value);
  return (
    <Menu.Root modal={false}>
      <Menu.Trigger className="button">
        {Icon && <Icon className="icon icon-small" aria-hidden />}
        <span className="visually-hidden">{label}: </span>
        <span className="cut">{children ?? visible(chosen?.label ?? value)}</span>
        <ChevronDown className="icon icon-tiny" aria-hidden />
      </Menu.Trigger>
      <Menu.Portal>
        <Menu.Positioner className="popup-layer" align="end" sideOffset={4} collisionPadding={8}>
          <Menu.Popup className="popup menu" aria-label={label}>
            <Menu.RadioGroup value={value} onValueChange={(next) => onChange(next as Value)}>
              {options.map((option) => (
                <Menu.RadioItem key={option.value} value={option.value} className="menu-item" closeOnClick>
                  <Menu.RadioItemIndicator render={<Check className="icon icon-small" aria-hidden />} />
                  <span style={{ gridColumn: 2 }} className="cut">
                    {visible(option.label)}
                  </span>
                  {option.hint && <span className="muted">{option.hint}</span>}
                </Menu.RadioItem>
              ))}
            </Menu.RadioGroup>
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}
