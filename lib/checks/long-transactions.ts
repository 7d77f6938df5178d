import { durationInWords, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import { type Check, isNotJudged, rowsOf } from './check';
import { who } from './words';

type Session = Row<'sessions'>;

const mostNamed = 20;

/** Whether a session is a logical backup, which reads everything in one transaction by design. */
export function isDump(row: { application_name: string | null }): boolean {
  return /^pg_dump(all)?$|^pg_restore$/.test(row.application_name ?? '');
}

/** Commands whose work is long by nature and shows on the Progress page. */
const maintenance = /^\s*(vacuum|analyze|reindex|cluster|create\s+(unique\s+)?index|refresh\s+materialized)\b/i;

/** Whether a session is the server's own work or upkeep (replication, autovacuum, a backup) rather than an application's. */
function isUpkeep(row: Session): boolean {
  return row.backend_type !== 'client backend' || isDump(row) || maintenance.test(row.query ?? '');
}

/** Whether a transaction is open for too long; replication, autovacuum, backups and upkeep are told apart. */
export const longTransactions: Check = {
  id: 'long-transactions',
  title: 'Long transactions',
  topics: ['sessions'],
  judge: (input) => {
    const seen = rowsOf(input, 'sessions');
    if (isNotJudged(seen)) return seen;
    const { transactionWarningSeconds: warning, transactionCriticalSeconds: critical } = input.limits;
    // Those that are idle in their transaction have a check of their own.
    const open = seen.rows.filter((row) => row.xact_seconds !== null && !row.state?.startsWith('idle in transaction'));
    const applications = open
      .filter((row) => !isUpkeep(row))
      .sort((a, b) => (b.xact_seconds ?? 0) - (a.xact_seconds ?? 0));
    const upkeep = open.filter((row) => isUpkeep(row) && (row.xact_seconds ?? 0) >= warning);
    const longest = applications[0]?.xact_seconds ?? 0;
    const apart =
      upkeep.length > 0 ? `; ${plural(upkeep.length, 'long one is', 'long ones are')} upkeep or a backup` : '';
    return {
      findings: applications
        .filter((row) => (row.xact_seconds ?? 0) >= warning)
        .slice(0, mostNamed)
        .map((row) => {
          const seconds = row.xact_seconds ?? 0;
          const bad = seconds >= critical;
          return {
            severity: bad ? ('critical' as const) : ('warning' as const),
            title: `The transaction of session ${row.pid} has been open for ${durationInWords(seconds)}.`,
            detail: [
              `${who(row)} is ${row.state ?? 'busy'}${row.query_seconds === null ? '' : `, its statement since ${durationInWords(row.query_seconds)}`}.`,
              row.backend_xmin && 'VACUUM keeps every row version that it might still see.',
              bad ? `Critical from ${durationInWords(critical)}.` : `Warning from ${durationInWords(warning)}.`,
            ]
              .filter(Boolean)
              .join(' '),
            evidence: [
              { name: 'xact_seconds', value: seconds, unit: 'seconds', limit: bad ? critical : warning },
              { name: 'xmin_age', value: row.xmin_age, unit: 'transactions' },
            ],
            confidence: 'high' as const,
            object: { kind: 'session' as const, database: row.datname, schema: null, name: String(row.pid) },
            ...(row.backend_start_us &&
              row.query_start_us && {
                remedy: {
                  action: 'cancel',
                  target: {
                    kind: 'backend' as const,
                    pid: row.pid,
                    backend_start_us: row.backend_start_us,
                    query_start_us: row.query_start_us,
                  },
                },
              }),
            key: `${row.pid}:${row.backend_start_us ?? ''}`,
            sinceSeconds: seconds - (bad ? critical : warning),
          };
        }),
      sentence:
        applications.length === 0
          ? `No transaction of an application is open${apart}`
          : `The oldest transaction of an application is open for ${durationInWords(longest)}${apart}`,
      ...(seen.hidden && { notJudged: seen.hidden }),
    };
  },
};
