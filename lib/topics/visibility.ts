import { quoted } from '@/lib/identifier';
import { usename } from './lookups';
import type { Known, Partial, Raw } from './topic';

/**
 * Sessions of pgdeck itself, by the names it gives its connections (never by role: that may be the application's own);
 * the alias `a` is a row of pg_stat_get_activity().
 */
export const ownSession = `(a.application_name = 'pgdeck' or a.application_name like 'pgdeck:%')`;

/** The statement that lets pgdeck's role see everything, from the row or rows that carry `own_usesysid`. */
function grant(rows: Raw[], known: Known): { role: string; fixSql?: string } {
  const role = usename(known, rows.find((row) => row.own_usesysid)?.own_usesysid);
  return role ? { role, fixSql: `grant pg_monitor to ${quoted(role)};` } : { role: 'this role' };
}

const remedy = 'Run the statement below as a superuser; pg_monitor includes pg_read_all_stats.';

/** The partial answer of a role that may not see other roles' sessions; rows carry `hidden`: how many they stand for. */
export function hiddenSessions(rows: Raw[], known: Known): Partial[] {
  const hidden = rows.reduce((sum, row) => sum + Number(row.hidden ?? 0), 0);
  if (hidden === 0) return [];
  const { role, ...fix } = grant(rows, known);
  return [
    {
      reason: 'privilege',
      object: 'pg_stat_activity',
      blockedBy: [],
      hint: `State, statement and waits of ${hidden} ${hidden === 1 ? 'session' : 'sessions'} of other roles are hidden from ${role}. ${remedy}`,
      ...fix,
    },
  ];
}

/** The partial answer of a role that may not see other roles' statements; each row carries how many are `hidden` in all. */
export function hiddenStatements(rows: Raw[], known: Known): Partial[] {
  const hidden = Number(rows[0]?.hidden ?? 0);
  if (hidden === 0) return [];
  const { role, ...fix } = grant(rows, known);
  return [
    {
      reason: 'privilege',
      object: 'pg_stat_statements',
      blockedBy: [],
      hint: `${hidden} ${hidden === 1 ? 'statement' : 'statements'} of other roles are hidden from ${role}. ${remedy}`,
      ...fix,
    },
  ];
}
