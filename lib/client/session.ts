'use client';

import { useQuery } from '@tanstack/react-query';
import { createContext, useCallback, useContext } from 'react';
import type { Target } from '@/lib/actions/target';
import { useActionsOff, usePageTime } from './page-time';
import { sessionQuery } from './session-query';
import type { Role, SessionAnswer, SessionServer } from './shapes';

const ranks: Role[] = ['viewer', 'operator', 'admin'];

/** How often it is asked who one is, ms: a role that was taken away meanwhile shows in the buttons. */
const everyMs = 10_000;

/** Who is signed in here and what they may do; undefined before the first answer. It is kept up to date by one per page. */
export function useSession(): SessionAnswer | undefined {
  return useQuery({ ...sessionQuery(), staleTime: Number.POSITIVE_INFINITY, refetchOnWindowFocus: false }).data;
}

/** `useSession` for the one per page that keeps it up to date, where it can `change`. */
export function useKeptSession(change: boolean): SessionAnswer | undefined {
  return useQuery({ ...sessionQuery(), refetchInterval: change && everyMs }).data;
}

/** The role that each action asks for by its id, given by the root layout from the catalogue. */
export const ActionRolesContext = createContext<Record<string, Role>>({});

/**
 * What is to be begun: an action (what asks for its preview is one), or something else that changes a server and asks for
 * a role. A missing database is the target's; null is the server as a whole.
 */
export type Act =
  | { action: string; target?: Target | undefined; database?: string | null }
  | { role: Role; target?: Target | undefined; database?: string | null };

/**
 * Why somebody cannot do what asks for a role on a server, in a database, as a whole (null), or anywhere (undefined);
 * undefined: they can.
 */
export function whyNotOn(
  on: Pick<SessionServer, 'whyNot' | 'whyNotIn'>,
  role: Role,
  database?: string | null,
): string | undefined {
  if (role === 'viewer') return undefined;
  const inEach = on.whyNotIn ?? {};
  if (database === undefined && Object.values(inEach).some((each) => each[role] === null)) return undefined;
  const where = (typeof database === 'string' ? inEach[database] : undefined) ?? on.whyNot;
  return where[role] ?? undefined;
}

/**
 * Tells why something cannot be begun on a server: who is signed in may not, or actions are off; undefined: it can be.
 * What pgdeck has not said yet counts as not allowed.
 */
export function useWhyNotOn(server: string): (act: Act) => string | undefined {
  const on = useSession()?.servers[server];
  const roles = useContext(ActionRolesContext);
  return useCallback(
    (act: Act) => {
      if (!on) return 'pgdeck is being asked what you may do here.';
      // A preview has a role, too: the one of PostgreSQL that it would run as.
      const role = 'action' in act ? (roles[act.action] ?? 'admin') : act.role;
      return whyNotOn(on, role, act.database === undefined ? databaseOf(act.target) : act.database);
    },
    [on, roles],
  );
}

/** Why who is signed in cannot do what changes nothing on the server and asks for a role all the same; undefined: they can. */
export function useWhyNotRole(server: string, needed: Role): string | undefined {
  const session = useSession();
  const on = session?.servers[server];
  if (!session || !on) return 'pgdeck is being asked what you may do here.';
  if (ranks.indexOf(on.role) >= ranks.indexOf(needed)) return undefined;
  const { name, mode } = session.user;
  if (mode === 'anonymous') return 'Nobody signs in here, so that everybody only looks.';
  return `This needs the role ${needed}; ${mode === 'embed' ? 'you are' : `${name} is`} ${on.role}.`;
}

/** Tells why something cannot be begun on this page: it shows the past, or `useWhyNotOn` has a reason. */
export function useWhyOff(): (act: Act) => string | undefined {
  const past = useActionsOff();
  const whyNot = useWhyNotOn(usePageTime().server);
  return useCallback((act: Act) => past ?? whyNot(act), [past, whyNot]);
}

/** The database that a target is in; null: it is the server's as a whole; undefined: it cannot be told from the target. */
function databaseOf(target: Target | undefined): string | null | undefined {
  switch (target?.kind) {
    case 'backend':
    case 'prepared':
    case 'statement':
    case 'run':
      return undefined;
    case 'backends':
      return target.filter.datname ?? null;
    case 'server':
    case 'setting':
    case 'slot':
    case 'pgbouncer':
    case 'pgbouncer-database':
      return null;
    default:
      return target?.database;
  }
}
