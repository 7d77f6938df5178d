import { plural } from '@/lib/format';
import { type Check, isNotJudged, rowsOf } from './check';
import { qualified } from './words';

/** Whether an index is invalid without a session that builds or drops it: it costs writes and helps no query. */
export const invalidIndex: Check = {
  id: 'invalid-index',
  title: 'Invalid indexes',
  topics: ['index-usage'],
  judge: (input) => {
    const seen = rowsOf(input, 'index-usage');
    if (isNotJudged(seen)) return seen;
    // A partitioned index made ON ONLY is invalid by design until every partition has its own.
    const invalid = seen.rows.filter((row) => !row.is_valid && !row.is_partitioned);
    const building = invalid.filter((row) => row.is_building);
    const unclear = invalid.filter((row) => row.is_building === null);
    return {
      findings: invalid
        .filter((row) => row.is_building === false)
        .map((row) => {
          const name = qualified(row.schemaname, row.indexrelname);
          const leftover = /_cc(new|old)\d*$/.test(row.indexrelname);
          const costs = row.is_ready
            ? `Writes to ${qualified(row.schemaname, row.relname)} still keep it up to date${row.is_unique ? ' and are refused where it sees a duplicate' : ''}, and no query may use it.`
            : 'No query may use it, and writes do not maintain it.';
          return {
            severity: 'warning' as const,
            title: `Index ${name} is invalid, and no session builds it.`,
            detail: `${leftover ? 'It is what an interrupted REINDEX CONCURRENTLY left behind.' : 'A CREATE INDEX CONCURRENTLY or DROP INDEX CONCURRENTLY was interrupted.'} ${costs} Warning from the first one. ${leftover ? `Drop it: drop index concurrently ${name};` : `Rebuild it: reindex index concurrently ${name}; or drop it: drop index concurrently ${name};`}`,
            evidence: [
              { name: 'is_ready', value: String(row.is_ready), unit: null },
              { name: 'size_bytes', value: row.size_bytes, unit: 'bytes' },
            ],
            confidence: 'high' as const,
            object: { kind: 'index' as const, database: seen.database, schema: row.schemaname, name: row.indexrelname },
            ...(seen.database && {
              remedy: {
                action: leftover ? 'drop-index' : 'reindex',
                target: { kind: 'index' as const, database: seen.database, oid: row.indexrelid },
              },
            }),
            key: `${seen.database}:${row.indexrelid}`,
          };
        }),
      sentence:
        building.length > 0
          ? `No invalid index among ${plural(seen.rows.length, 'index', 'indexes')}; ${building.length === 1 ? 'one is' : `${building.length} are`} being built or dropped`
          : `No invalid index among ${plural(seen.rows.length, 'index', 'indexes')}`,
      ...(unclear.length > 0 && {
        notJudged: {
          because: `${plural(unclear.length, 'invalid index', 'invalid indexes')}: whether a session builds ${unclear.length === 1 ? 'it' : 'them'} now is hidden from this role. As a superuser grant it pg_monitor.`,
        },
      }),
    };
  },
};
