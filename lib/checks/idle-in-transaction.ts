import { durationInWords, plural } from '@/lib/format';
import { type Check, isNotJudged, rowsOf } from './check';
import { isDump } from './long-transactions';
import { who } from './words';

/** How many sessions are named one by one, the worst first. */
const mostNamed = 20;

/** Whether a session sits idle in an open transaction: it keeps its locks and holds VACUUM back. */
export const idleInTransaction: Check = {
  id: 'idle-in-transaction',
  title: 'Idle in transaction',
  topics: ['sessions'],
  judge: (input) => {
    const seen = rowsOf(input, 'sessions');
    if (isNotJudged(seen)) return seen;
    const { idleInTransactionWarningSeconds: warning, idleInTransactionCriticalSeconds: critical } = input.limits;
    const idle = seen.rows
      // The leader of a parallel pg_dump sits in its transaction while its workers copy.
      .filter((row) => row.state?.startsWith('idle in transaction') && !isDump(row))
      .sort((a, b) => (b.state_seconds ?? 0) - (a.state_seconds ?? 0));
    const longest = idle[0]?.state_seconds ?? 0;
    return {
      findings: idle
        .filter((row) => (row.state_seconds ?? 0) >= warning)
        .slice(0, mostNamed)
        .map((row) => {
          const seconds = row.state_seconds ?? 0;
          const bad = seconds >= critical;
          return {
            severity: bad ? ('critical' as const) : ('warning' as const),
            title: `Session ${row.pid} has been ${row.state} for ${durationInWords(seconds)}.`,
            detail: [
              `${who(row)} began its transaction ${durationInWords(row.xact_seconds ?? seconds)} ago and keeps its locks${row.backend_xmin ? ' and what VACUUM could remove' : ''}.`,
              row.blocks > 0 && `${plural(row.blocks, 'session')} ${row.blocks === 1 ? 'waits' : 'wait'} for it.`,
              bad ? `Critical from ${durationInWords(critical)}.` : `Warning from ${durationInWords(warning)}.`,
            ]
              .filter(Boolean)
              .join(' '),
            evidence: [
              { name: 'state_seconds', value: seconds, unit: 'seconds', limit: bad ? critical : warning },
              { name: 'xact_seconds', value: row.xact_seconds, unit: 'seconds' },
              { name: 'blocks', value: row.blocks, unit: 'sessions' },
            ],
            confidence: 'high' as const,
            object: { kind: 'session' as const, database: row.datname, schema: null, name: String(row.pid) },
            ...(row.backend_start_us && {
              remedy: {
                action: 'terminate',
                target: { kind: 'backend' as const, pid: row.pid, backend_start_us: row.backend_start_us },
              },
            }),
            key: `${row.pid}:${row.backend_start_us ?? ''}`,
            sinceSeconds: seconds - (bad ? critical : warning),
          };
        }),
      sentence:
        idle.length === 0
          ? 'No session is idle in transaction'
          : `${plural(idle.length, 'session')} ${idle.length === 1 ? 'is' : 'are'} idle in transaction, the longest for ${durationInWords(longest)}`,
      ...(seen.hidden && { notJudged: seen.hidden }),
    };
  },
};
