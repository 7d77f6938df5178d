import { durationInWords, exact, plural } from '@/lib/format';
import type { Row } from '@/lib/topics/index';
import { type Check, type CheckInput, type Draft, isNotJudged, rowsOf } from './check';
import { isDump, remedyOf } from './long-transactions';
import { leastRows, settledTables } from './table-statistics';
import { qualified, times } from './words';

type Table = Row<'tables'>;

/** Whether dead rows pile up beyond the table's own autovacuum trigger; never by the age of the last vacuum. */
export const autovacuumBehind: Check = {
  id: 'autovacuum-behind',
  title: 'Autovacuum keeps up',
  topics: ['tables'],
  judge: (input) => {
    const seen = settledTables(input);
    if (isNotJudged(seen)) return seen;
    const { deadRowsWarning, deadRowsCritical } = input.limits;
    const tables = seen.rows.filter((row) => row.vacuum_trigger !== null);
    const behind = tables
      .map((row) => ({ row, ratio: row.n_dead_tup / Math.max(1, row.vacuum_trigger ?? 1) }))
      .filter(({ row, ratio }) => ratio >= deadRowsWarning && row.n_dead_tup >= leastRows)
      .sort((a, b) => b.ratio - a.ratio);
    return {
      findings: behind.slice(0, 20).map(({ row, ratio }) => {
        const critical = ratio >= deadRowsCritical;
        const name = qualified(row.schemaname, row.relname);
        return {
          severity: critical ? 'critical' : 'warning',
          title: `${name} has ${exact(row.n_dead_tup)} dead rows, ${times(ratio)} the number from which autovacuum takes it.`,
          detail: `${cause(row, input)} Its trigger is ${exact(Math.ceil(row.vacuum_trigger ?? 0))} dead rows. ${critical ? 'Critical' : 'Warning'} from ${times(critical ? deadRowsCritical : deadRowsWarning)} that.`,
          evidence: [
            { name: 'n_dead_tup', value: row.n_dead_tup, unit: 'rows', limit: row.vacuum_trigger ?? 0 },
            { name: 'ratio', value: ratio, unit: 'ratio', limit: critical ? deadRowsCritical : deadRowsWarning },
            { name: 'vacuum_age_seconds', value: row.vacuum_age_seconds, unit: 'seconds' },
          ],
          confidence: 'high',
          object: { kind: 'table', database: seen.database, schema: row.schemaname, name: row.relname },
          ...remedyFor(row, seen.database, input),
          key: `${seen.database}:${row.relid}`,
        };
      }),
      sentence: `Autovacuum keeps up on ${plural(tables.length, 'table')}`,
      ...(seen.reset && { notJudged: seen.reset }),
    };
  },
};

/** The session whose old snapshot keeps VACUUM from removing rows. */
function oldestOf(input: CheckInput): Row<'sessions'> | undefined {
  const sessions = rowsOf(input, 'sessions');
  return isNotJudged(sessions)
    ? undefined
    : sessions.rows
        .filter((session) => session.backend_xmin !== null && (session.xact_seconds ?? 0) > 300)
        .sort((a, b) => (b.xmin_age ?? 0) - (a.xmin_age ?? 0))[0];
}

/** VACUUM, unless an application's transaction would keep it from removing anything: then what ends that. */
function remedyFor(row: Table, database: string | null, input: CheckInput): Pick<Draft, 'remedy'> {
  const oldest = row.autovacuum_enabled ? oldestOf(input) : undefined;
  if (oldest) return oldest.backend_type === 'client backend' && !isDump(oldest) ? remedyOf(oldest) : {};
  return database ? { remedy: { action: 'vacuum', target: { kind: 'relation', database, oid: row.relid } } } : {};
}

/** Why autovacuum does not clean it, as far as the rows tell. */
function cause(row: Table, input: CheckInput): string {
  if (!row.autovacuum_enabled) return 'Autovacuum is off for it, by the server or by its storage parameters.';
  const oldest = oldestOf(input);
  if (oldest)
    return `Session ${oldest.pid} has had its transaction open for ${durationInWords(oldest.xact_seconds ?? 0)}: what it might still see cannot be removed.`;
  if (row.vacuum_age_seconds !== null)
    return `It was vacuumed ${durationInWords(row.vacuum_age_seconds)} ago; since then autovacuum has not come, or is too slow for it.`;
  return 'It was never vacuumed since its statistics began: autovacuum has not come, or is busy elsewhere.';
}
