'use client';

import { Menu } from '@base-ui/react/menu';
import { Ellipsis, type LucideIcon } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { withBasePath } from '@/lib/client/base-path';
import { type Act, useWhyOff } from '@/lib/client/session';

/**
 * One thing of a menu; `off` says why it cannot be chosen, `danger` stands last, `acts` does something to the server: it
 * is off for who may not and on a page of the past; `download` saves what `href` gives under that name.
 */
export type MenuEntry =
  | {
      label: string;
      icon?: LucideIcon;
      key?: string;
      off?: string | undefined;
      danger?: boolean;
      acts?: Act;
      onSelect?: () => void;
      href?: string;
      download?: string;
    }
  | 'separator';

/** A menu of one thing: its name on top, a reason where an entry is off. */
export function ActionMenu({
  label,
  title,
  entries,
  trigger,
  onOpenChange,
}: {
  label: string;
  title?: ReactNode;
  entries: MenuEntry[] | (() => MenuEntry[]);
  trigger?: ReactElement;
  onOpenChange?: (open: boolean) => void;
}) {
  return (
    <Menu.Root modal={false} {...(onOpenChange && { onOpenChange })}>
      {trigger ? (
        <Menu.Trigger render={trigger} />
      ) : (
        <Menu.Trigger className="icon-button" aria-label={label}>
          <Ellipsis className="icon" aria-hidden />
        </Menu.Trigger>
      )}
      <Menu.Portal>
        <Menu.Positioner className="popup-layer" align="end" sideOffset={4} collisionPadding={8}>
          <Menu.Popup className="popup menu" aria-label={label}>
            {title && <div className="menu-title">{title}</div>}
            <Entries entries={entries} />
          </Menu.Popup>
        </Menu.Positioner>
      </Menu.Portal>
    </Menu.Root>
  );
}

// Entries are made when the menu opens: a table has one for each row.
function Entries({ entries }: { entries: MenuEntry[] | (() => MenuEntry[]) }) {
  const list = typeof entries === 'function' ? entries() : entries;
  const whyOff = useWhyOff();
  return list.map((entry, index) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: separators have nothing else, and the list does not move
    if (entry === 'separator') return <Menu.Separator key={`separator-${index}`} className="menu-separator" />;
    const { label, icon: Icon, key, danger, onSelect, href, download } = entry;
    const off = (entry.acts && whyOff(entry.acts)) ?? entry.off;
    const className = `menu-item ${danger && !off ? 'menu-item-critical' : ''}`;
    const inside = (
      <>
        {Icon ? <Icon className="icon" aria-hidden /> : <span />}
        <span>{label}</span>
        {key ? <kbd>{key}</kbd> : <span />}
        {off && <small>{off}</small>}
      </>
    );
    return href && !off ? (
      <Menu.LinkItem
        key={label}
        className={className}
        href={withBasePath(href)}
        closeOnClick
        {...(download && { download })}
      >
        {inside}
      </Menu.LinkItem>
    ) : (
      <Menu.Item key={label} className={className} disabled={Boolean(off)} {...(onSelect && { onClick: onSelect })}>
        {inside}
      </Menu.Item>
    );
  });
}
