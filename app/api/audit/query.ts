import type { z } from 'zod';
import { reachOf } from '@/lib/access/audit-reach';
import { ApiError, badInput } from '@/lib/access/errors';
import type { User } from '@/lib/access/user';
import type { auditFilter } from '@/lib/api/audit';
import type { AuditFilter } from '@/lib/audit/query';
import type { Run } from '@/lib/history/store';
import { runtime } from '@/lib/runtime';

/** The entries that were asked for, as far as the user may read them. */
export function filterOf({ from, to, ...rest }: Omit<z.output<typeof auditFilter>, 'fleet'>, user: User): AuditFilter {
  if (from !== undefined && to !== undefined && from >= to) throw badInput('from: must be before to', 'from');
  return {
    ...rest,
    search: rest.search?.trim() || undefined,
    from: from === undefined ? undefined : from * 1000,
    to: to === undefined ? undefined : to * 1000,
    reach: reachOf(user),
  };
}

/** How to ask the store that holds the lines of all instances; 503 with the reason while it is not on. */
export function storeOfFleet(): Run {
  const { store } = runtime().history;
  if (store.on) return store.query;
  const why = store.state.reason ?? 'PGDECK_HISTORY is off.';
  throw new ApiError(
    503,
    'history_unavailable',
    `The lines of other instances are not to be had now. ${why}`,
    'fleet',
    {
      'retry-after': '15',
    },
  );
}
