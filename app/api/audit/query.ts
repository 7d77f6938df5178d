import { z } from 'zod';
import { reachOf } from '@/lib/access/audit-reach';
import { ApiError, badInput } from '@/lib/access/errors';
import { moment } from '@/lib/access/moment';
import type { User } from '@/lib/access/user';
import type { AuditFilter } from '@/lib/audit/query';
import type { Run } from '@/lib/history/store';
import { runtime } from '@/lib/runtime';

/** The parameters that choose entries of the audit; times are ISO 8601 or epoch seconds. */
export const filterShape = {
  event: z.string().max(40).optional(),
  server: z.string().max(100).optional(),
  action: z.string().max(64).optional(),
  user: z.string().max(200).optional(),
  from: moment.optional(),
  to: moment.optional(),
  status: z.string().max(40).optional(),
  search: z.string().max(200, 'must be at most 200 characters').optional(),
};

/** Whether the lines of all instances are wanted. */
export const fleet = z
  .enum(['0', '1'], 'must be 0 or 1')
  .optional()
  .transform((value) => value === '1');

const filterQuery = z.object(filterShape);

/** The entries that were asked for, as far as the user may read them. */
export function filterOf({ from, to, ...rest }: z.output<typeof filterQuery>, user: User): AuditFilter {
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
