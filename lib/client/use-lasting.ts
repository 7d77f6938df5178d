'use client';

import { useSearchParams } from 'next/navigation';
import { useCallback } from 'react';
import { withLasting } from './range';

/** Gives a link to another page the database and the time of this one, where it does not name its own. */
export function useLasting(): (href: string) => string {
  const search = useSearchParams().toString();
  return useCallback((href) => withLasting(href, new URLSearchParams(search)), [search]);
}
