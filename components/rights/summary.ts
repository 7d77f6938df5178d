import { list, plural } from '@/lib/format';
import type { RightNow, RightsAnswer, RoleRights } from '@/lib/rights/read-rights';

/** How a right stands: lacking although pgdeck counts on it, or only not wanted. */
export function stateOf({ has, optional }: RightNow): 'ok' | 'warning' | 'unknown' {
  return has ? 'ok' : optional ? 'unknown' : 'warning';
}

/** The word for how a right stands. */
export function wordOf(right: RightNow): string {
  return { ok: 'Granted', warning: 'Missing', unknown: 'Not granted' }[stateOf(right)];
}

/** One sentence about what a role lacks. */
export function roleSentence(side: RoleRights): string {
  if (side.status !== 'ok') return `What role ${side.role} may do is not known.`;
  const missing = side.rights.filter((right) => stateOf(right) === 'warning');
  const open = side.rights.filter((right) => stateOf(right) === 'unknown');
  const superuser = side.superuser
    ? 'It is a superuser: PostgreSQL refuses it nothing. Give pgdeck a lesser role.'
    : '';
  const lacks =
    missing.length > 0
      ? `Role ${side.role} lacks ${list(
          missing.map(({ title }) => lower(title)),
          4,
        )}.`
      : `Role ${side.role} lacks nothing that pgdeck counts on${open.length > 0 ? `; ${plural(open.length, 'right')} more can be granted` : ''}.`;
  return [lacks, superuser].filter(Boolean).join(' ');
}

/** The page in one sentence. */
export function rightsSentence({ same, reading, acting }: RightsAnswer): string {
  if (same) return `One role, ${reading.role}, both reads and acts. Two roles let PostgreSQL itself keep them apart.`;
  return `pgdeck reads as ${reading.role} and acts as ${acting.role}.`;
}

function lower(title: string): string {
  return title.charAt(0).toLowerCase() + title.slice(1);
}
