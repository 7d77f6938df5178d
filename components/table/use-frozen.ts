'use client';

import { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Column } from './column';
import { type Difference, difference } from './difference';

/** Why a table stands still. */
export type Hold = 'pointer' | 'focus' | 'menu';

const noChange: Map<string, Set<string>> = new Map();
const tintMs = 2000;
const settleMs = 800;

type Held<R> = { rows: R[]; sampledAt: string | undefined };

/**
 * Keeps a table's rows as they are while somebody is on one of them, so that nobody acts on the wrong row. `hold` and
 * `release` tell of pointer, focus and menu; `resume` goes on until the next hold. Afterwards `changed` holds what
 * differs, for two seconds.
 */
export function useFrozen<R>(
  rows: R[],
  sampledAt: string | undefined,
  rowKey: (row: R) => string,
  columns: Column<R>[],
  enabled: boolean,
) {
  const holds = useRef(new Set<Hold>());
  const [held, setHeld] = useState<Held<R>>();
  const [changed, setChanged] = useState(noChange);
  const latest = useRef({ rows, sampledAt });
  // What stands still is what is on the screen, not what a rendering that was given up would have shown.
  useLayoutEffect(() => {
    latest.current = { rows, sampledAt };
  });

  const waiting = useMemo<Difference | undefined>(
    () => (held ? difference(held.rows, rows, rowKey, columns) : undefined),
    [held, rows, rowKey, columns],
  );

  const hold = useCallback(
    (kind: Hold) => {
      if (!enabled || holds.current.has(kind)) return;
      holds.current.add(kind);
      setHeld((now) => now ?? latest.current);
    },
    [enabled],
  );

  const thaw = useCallback(() => {
    setHeld((now) => {
      if (now) setChanged(difference(now.rows, latest.current.rows, rowKey, columns).changed);
      return undefined;
    });
  }, [rowKey, columns]);

  const resumedAt = useRef(0);
  const resume = useCallback(() => {
    holds.current.clear();
    resumedAt.current = Date.now();
    thaw();
  }, [thaw]);

  // A pointer that stays where it is after "Resume" does not stop the table again; one that moves on does.
  const moved = useCallback(() => {
    if (Date.now() - resumedAt.current > settleMs) hold('pointer');
  }, [hold]);

  const frozen = held !== undefined;
  useEffect(() => {
    if (!frozen) return;
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key === 'Escape' && !event.defaultPrevented && !holds.current.has('menu')) resume();
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, [frozen, resume]);

  const release = useCallback(
    (kind: Hold) => {
      if (holds.current.delete(kind) && holds.current.size === 0) thaw();
    },
    [thaw],
  );

  useEffect(() => {
    if (changed.size === 0) return;
    const timer = setTimeout(() => setChanged(noChange), tintMs);
    return () => clearTimeout(timer);
  }, [changed]);

  return {
    rows: held?.rows ?? rows,
    frozenAt: held?.sampledAt,
    frozen,
    waiting,
    changed,
    hold,
    moved,
    release,
    resume,
  };
}
