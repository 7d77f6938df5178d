'use client';

import { useSearchParams } from 'next/navigation';
import { useMemo } from 'react';
import { lastingQuery } from '@/lib/client/range';

/** Addresses of one session on other pages, with the database and time of this one. */
export type SessionHrefs = {
  /** The blocking tree at a session. */
  locks: (pid: number) => string;
  /** A session in full on the Sessions page. */
  session: (pid: number) => string;
};

/** Makes the addresses of sessions for a server. */
export function useHrefs(server: string): SessionHrefs {
  const lasting = lastingQuery(new URLSearchParams(useSearchParams()));
  return useMemo(() => {
    const to = (slug: string, name: string) => (pid: number) => {
      const search = new URLSearchParams(lasting);
      search.set(name, String(pid));
      return `/${encodeURIComponent(server)}/${slug}?${search}`;
    };
    return { locks: to('locks', 'pid'), session: to('sessions', 'session') };
  }, [server, lasting]);
}
