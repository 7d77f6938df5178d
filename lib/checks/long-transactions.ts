import { durationInWords, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import { type Check, type Draft, isNotJudged, rowsOf } from './check';
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

function isIdle({ state }: Pick<Session, 'state'>): boolean {
  return state?.startsWith('idle in transaction') ?? false;
}

/** What ends a transaction: its statement, or the session where no statement runs that a cancel could reach. */
export function remedyOf({ state, pid, backend_start_us, query_start_us }: Session): Pick<Draft, 'remedy'> {
  if (!backend_start_us) return {};
  const target = { kind: 'backend' as const, pid, backend_start_us };
  if (isIdle({ state })) return { remedy: { action: 'terminate', target } };
  return query_start_us ? { remedy: { action: 'cancel', target: { ...target, query_start_us } } } : {};
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
    // Those that sit idle up to their own limit are the finding of that check; one that works in between is never there.
    const isForgotten = (row: Session) =>
      isIdle(row) && !isDump(row) && (row.state_seconds ?? 0) >= input.limits.idleInTransactionWarningSeconds;
    const forgotten = seen.rows.filter(isForgotten).length;
    const open = seen.rows.filter((row) => row.xact_seconds !== null && !isForgotten(row));
    const applications = open
      .filter((row) => !isUpkeep(row))
      .sort((a, b) => (b.xact_seconds ?? 0) - (a.xact_seconds ?? 0));
    const upkeep = open.filter((row) => isUpkeep(row) && (row.xact_seconds ?? 0) >= warning);
    const longest = applications[0]?.xact_seconds ?? 0;
    const apart = [
      upkeep.length > 0 && `; ${plural(upkeep.length, 'long one is', 'long ones are')} upkeep or a backup`,
      forgotten > 0 &&
        `; ${plural(forgotten, 'that sits idle in its own is', 'that sit idle in theirs are')} told apart`,
    ]
      .filter(Boolean)
      .join('');
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
              isIdle(row)
                ? `${who(row)} is ${row.state} at the moment.`
                : `${who(row)} is ${row.state ?? 'busy'}${row.query_seconds === null ? '' : `, its statement since ${durationInWords(row.query_seconds)}`}.`,
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
            ...remedyOf(row),
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
