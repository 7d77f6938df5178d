import { durationInWords, exact, plural } from '@/lib/format';
import { type Check, type Draft, isNotJudged } from './check';
import { leastRows, settledTables } from './table-statistics';
import { qualified, times } from './words';

/** From how many times its own analyze trigger the planner's statistics count as stale. */
const staleFrom = 2;
/** Autovacuum never analyzes a partitioned table itself; it matters from about this many rows. */
const leastPartitionedRows = 10_000;

/** Whether the planner works with statistics of rows that have changed since. */
export const staleStatistics: Check = {
  id: 'stale-statistics',
  title: 'Planner statistics',
  topics: ['tables'],
  judge: (input) => {
    const seen = settledTables(input);
    if (isNotJudged(seen)) return seen;
    const { database } = seen;
    const findings: (Draft & { weight: number })[] = [];
    for (const row of seen.rows) {
      const name = qualified(row.schemaname, row.relname);
      const ratio = row.analyze_trigger === null ? 0 : row.n_mod_since_analyze / Math.max(1, row.analyze_trigger);
      const stale = ratio >= staleFrom && row.n_mod_since_analyze >= leastRows;
      const neverWhole =
        row.relkind === 'p' &&
        row.analyze_age_seconds === null &&
        row.n_live_tup >= leastPartitionedRows &&
        !seen.reset;
      if (!stale && !neverWhole) continue;
      const never = row.analyze_age_seconds === null;
      findings.push({
        weight: ratio,
        severity: 'warning',
        title: neverWhole
          ? `${name} as a whole was never analyzed.`
          : `The planner's statistics of ${name} are stale: ${exact(row.n_mod_since_analyze)} rows changed${row.analyze_age_seconds === null ? '' : ' since they were made'}.`,
        detail: neverWhole
          ? `Autovacuum analyzes its ${plural(row.partitions ?? 0, 'partition')} but never the partitioned table itself, which queries over several partitions are planned with. Warning from ${exact(leastPartitionedRows)} rows.`
          : `${never ? 'No ANALYZE is known of.' : `The last ANALYZE was ${durationInWords(row.analyze_age_seconds ?? 0)} ago.`} ${row.autovacuum_enabled ? 'Autovacuum has not come to it.' : 'Autovacuum is off for it.'} That is ${times(ratio)} its own trigger of ${exact(Math.ceil(row.analyze_trigger ?? 0))}. Warning from ${times(staleFrom)}.`,
        evidence: neverWhole
          ? [{ name: 'n_live_tup', value: row.n_live_tup, unit: 'rows', limit: leastPartitionedRows }]
          : [
              {
                name: 'n_mod_since_analyze',
                value: row.n_mod_since_analyze,
                unit: 'rows',
                limit: row.analyze_trigger ?? 0,
              },
              { name: 'ratio', value: ratio, unit: 'ratio', limit: staleFrom },
            ],
        confidence: neverWhole ? 'medium' : 'high',
        object: { kind: 'table', database, schema: row.schemaname, name: row.relname },
        ...(database && {
          remedy: { action: 'analyze', target: { kind: 'relation' as const, database, oid: row.relid } },
        }),
        key: `${database}:${row.relid}`,
      });
    }
    findings.sort((a, b) => b.weight - a.weight);
    return {
      findings: findings.slice(0, 20).map(({ weight: _, ...finding }) => finding),
      sentence: `Planner statistics are fresh on ${plural(seen.rows.length, 'table')}`,
      ...(seen.reset && { notJudged: seen.reset }),
    };
  },
};
