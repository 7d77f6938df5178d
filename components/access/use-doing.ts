'use client';

import { useMutation, useQueryClient } from '@tanstack/react-query';
import { usePathname } from 'next/navigation';
import { useEffect, useRef } from 'react';
import { arrived, extendSession, sessionQuery } from '@/lib/client/session-query';

/** What a person does moves the end of the session at most so often, ms. */
const everyMs = 60_000;

/**
 * Moves the end of the session for idleness whenever somebody does something here: pointer, keys, another page. What a
 * page asks by itself does not. Returns what moves it at once.
 */
export function useDoing(on: boolean): () => void {
  const client = useQueryClient();
  const last = useRef(0);
  const path = usePathname();
  const { mutate } = useMutation({
    mutationFn: extendSession,
    onSuccess: (answer) => client.setQueryData(sessionQuery().queryKey, arrived(answer)),
  });
  useEffect(() => {
    if (!on) return;
    const did = (event: Event) => {
      if (!event.isTrusted || Date.now() - last.current < everyMs) return;
      last.current = Date.now();
      mutate();
    };
    const kinds = ['pointerdown', 'pointermove', 'keydown', 'wheel', 'touchstart'];
    for (const kind of kinds) addEventListener(kind, did, { capture: true, passive: true });
    return () => {
      for (const kind of kinds) removeEventListener(kind, did, { capture: true });
    };
  }, [on, mutate]);

  const before = useRef(path);
  useEffect(() => {
    if (!on || before.current === path) return;
    before.current = path;
    if (Date.now() - last.current < everyMs) return;
    last.current = Date.now();
    mutate();
  }, [on, path, mutate]);

  return () => {
    last.current = Date.now();
    mutate();
  };
}
