'use client';

import { Menu } from '@base-ui/react/menu';
import { Ellipsis, type LucideIcon, SquareArrowOutUpRight } from 'lucide-react';
import type { ReactElement, ReactNode } from 'react';
import { announce } from '@/lib/client/announce';
import { withBasePath } from '@/lib/client/base-path';
import { saveFile } from '@/lib/client/download';
import { useFrame } from '@/lib/client/frame';
import { type Act, useWhyOff } from '@/lib/client/session';
import { actElsewhere, useElsewhere } from './full-window';
import { visible } from './highlight';
import { Link } from './link';

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
        <Menu.Trigger className="icon-button" aria-label={visible(label)}>
          <Ellipsis className="icon" aria-hidden />
        </Menu.Trigger>
      )}
      <Menu.Portal>
        <Menu.Positioner className="popup-layer" align="end" sideOffset={4} collisionPadding={8}>
          <Menu.Popup className="popup menu" aria-label={visible(label)}>
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
  const given = typeof entries === 'function' ? entries() : entries;
  const whyOff = useWhyOff();
  const frame = useFrame();
  const elsewhere = useElsewhere();
  const list = elsewhere ? withoutActs(given) : given;
  const out = elsewhere && list.length < given.length && (
    <Menu.LinkItem
      key="elsewhere"
      className="menu-item"
      href={withBasePath(elsewhere)}
      target="_blank"
      rel="noopener"
      closeOnClick
    >
      <SquareArrowOutUpRight className="icon" aria-hidden />
      <span>{actElsewhere}</span>
      <span />
    </Menu.LinkItem>
  );
  const items = list.map((entry, index) => {
    // biome-ignore lint/suspicious/noArrayIndexKey: separators have nothing else, and the list does not move
    if (entry === 'separator') return <Menu.Separator key={`separator-${index}`} className="menu-separator" />;
    const { label, icon: Icon, key, danger, onSelect, href, download } = entry;
    const off = (entry.acts && whyOff(entry.acts)) ?? entry.off;
    const className = `menu-item ${danger && !off ? 'menu-item-critical' : ''} ${download ? 'menu-item-file' : ''}`;
    const inside = (
      <>
        {Icon ? <Icon className="icon" aria-hidden /> : <span />}
        <span>{visible(label)}</span>
        {key ? <kbd>{key}</kbd> : <span />}
        {off && <small>{off}</small>}
      </>
    );
    if (href && !off && download && frame)
      return (
        <Menu.Item key={label} className={className} onClick={() => saveFile(href, download).catch(notSaved)}>
          {inside}
        </Menu.Item>
      );
    if (href && !off && frame)
      return (
        <Menu.LinkItem key={label} className={className} closeOnClick render={<Link href={href} prefetch={false} />}>
          {inside}
        </Menu.LinkItem>
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
  return (
    <>
      {items}
      {out}
    </>
  );
}

/** What is left where nothing can be done, and no separator at an end or beside another. */
function withoutActs(entries: MenuEntry[]): MenuEntry[] {
  const left = entries.filter((entry) => entry === 'separator' || !entry.acts);
  return left.filter((entry, at) => entry !== 'separator' || (at > 0 && left[at - 1] !== 'separator'));
}

function notSaved(error: Error): void {
  announce(`Not saved: ${error.message}`);
}
