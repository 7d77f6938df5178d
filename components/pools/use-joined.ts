import { useMemo, useState } from 'react';
import { joinOf, type Told } from './join';
import type { Slots } from './slots';

/**
 * The slots of sessions and of what PgBouncer tells, joined where both are of one time; else those that were joined last.
 * `join` changes with what it joins, and is told whether PgBouncer answered after the server was lost.
 */
export function useJoined(
  sessions: Told & { server: string },
  bouncer: readonly Told[],
  join: (later: boolean) => Slots | undefined,
): Slots | undefined {
  const of = `${sessions.server}\n${sessions.at}`;
  const [kept, setKept] = useState<{ of: string; slots: Slots }>();
  const how = joinOf(sessions, bouncer);
  const last = how !== 'anew' && kept?.of === of ? kept.slots : undefined;
  const later = how === 'later';
  const slots = useMemo(() => last ?? join(later), [last, join, later]);
  if (how === 'anew' && slots && (kept?.slots !== slots || kept.of !== of)) setKept({ of, slots });
  return slots;
}
