import type { AuditAsk } from '@/lib/client/queries';
import { withQuery } from '@/lib/client/request';

/** What the page is narrowed to, as it stands in the URL; empty: not at all. Days as `2026-11-21`. */
export type AuditFilters = {
  user: string;
  action: string;
  status: string;
  since: string;
  until: string;
  search: string;
  /** `none`: what is about no server, such as sign-ins. */
  about: string;
  /** `all`: the lines of every instance that copies its own. */
  of: string;
};

/** All there is. */
export const noFilters: AuditFilters = {
  user: '',
  action: '',
  status: '',
  since: '',
  until: '',
  search: '',
  about: '',
  of: '',
};

/** Whether the page is narrowed. */
export function isFiltered({ of: _whose, ...filters }: AuditFilters): boolean {
  return Object.values(filters).some((value) => value.trim() !== '');
}

/** The beginning of a day by the reader's clock, some days later; undefined where it is no day. */
function dayStart(day: string, later: number): string | undefined {
  const match = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day);
  if (!match) return undefined;
  const [year, month, date] = match.slice(1).map(Number) as [number, number, number];
  return new Date(year, month - 1, date + later).toISOString();
}

/** What is asked of the server for the filters; both days are included. */
export function askOf(
  server: string,
  { user, action, status, since, until, search, about, of }: AuditFilters,
): AuditAsk {
  const from = dayStart(since, 0);
  const to = dayStart(until, 1);
  return {
    server: about === 'none' ? '-' : server,
    ...(user && { user }),
    ...(action && { action }),
    ...(status && { status }),
    ...(from && { from }),
    ...(to && { to }),
    ...(search.trim() && { search: search.trim() }),
    ...(of === 'all' && { fleet: '1' as const }),
  };
}

/** Address of the same entries as a file. */
export function exportHref(ask: AuditAsk, format: 'jsonl' | 'csv'): string {
  return withQuery('/api/audit/export', { ...ask, format });
}
