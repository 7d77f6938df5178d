'use client';

import NextLink from 'next/link';
import type { ComponentProps } from 'react';
import { useInside } from '@/lib/client/frame';

/**
 * A link to another page of pgdeck; inside a portal's frame it stays there. One to a page that the frame may not show is
 * its words alone.
 */
export function Link({ href, children, ...rest }: Omit<ComponentProps<typeof NextLink>, 'href'> & { href: string }) {
  const inside = useInside()(href);
  if (inside === undefined) return rest.className?.includes('button') ? null : <span>{children}</span>;
  return (
    <NextLink href={inside} {...rest}>
      {children}
    </NextLink>
  );
}
