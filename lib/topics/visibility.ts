import { quoted, usename } from './lookups';
import type { Known, Partial, Raw } from './topic';

/**
 * Sessions of pgdeck itself, by the names it gives its connections (never by role: that may be the application's own);
 * the alias `a` is a row of pg_stat_get_activity().
 */
export const ownSession = `(a.application_name = 'pgdeck' or a.application_name like 'pgdeck:%')`;

/**
 * The partial answer of a role that may not see other roles' sessions; rows carry `hidden` (how many they stand for)
 * and, on pgdeck's own, `own_usesysid`.
 */
export function hiddenSessions(rows: Raw[], known: Known): Partial[] {
  const hidden = rows.reduce((sum, row) => sum + Number(row.hidden ?? 0), 0);
  if (hidden === 0) return [];
  const role = usename(known, rows.find((row) => row.own_usesysid)?.own_usesysid);
  return [
    {
      reason: 'privilege',
      object: 'pg_stat_activity',
      blockedBy: [],
      hint: `State, statement and waits of ${hidden} ${hidden === 1 ? 'session' : 'sessions'} of other roles are hidden from ${role ?? 'this role'}. Run the statement below as a superuser; pg_monitor includes pg_read_all_stats.`,
      ...(role && { fixSql: `grant pg_monitor to ${quoted(role)};` }),
    },
  ];
}
