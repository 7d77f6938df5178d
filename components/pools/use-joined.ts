import { useRef } from 'react';
import { joinOf, type Told } from './join';
import type { Slots } from './slots';

/**
 * The slots of sessions and of what PgBouncer tells, joined where both are of one time; else those that were joined last.
 * `join` is told whether PgBouncer answered after the server was lost.
 */
export function useJoined(
  sessions: Told & { server: string },
  bouncer: readonly Told[],
  join: (later: boolean) => Slots | undefined,
): Slots | undefined {
  const { server, at } = sessions;
  const kept = useRef<{ of: string; slots: Slots } | undefined>(undefined);
  const of = `${server}\n${at}`;
  const last = kept.current?.of === of ? kept.current.slots : undefined;
  const how = joinOf(sessions, bouncer);
  if (how !== 'anew' && last) return last;
  const slots = join(how === 'later');
  if (slots && how === 'anew') kept.current = { of, slots };
  return slots;
}
