import { durationInWords } from '@/lib/format';
import { type CheckInput, isNotJudged, type NotJudged, rowsOf } from './check';

/** Statistics younger than this say little about a database. */
export const settledSeconds = 3600;

/** A table needs at least so many dead or changed rows before a multiple of its trigger says anything. */
export const leastRows = 1000;

/** The rows of `tables`, but only where their counters mean something: counted at all, and not reset just now. */
export function settledTables(input: CheckInput) {
  const seen = rowsOf(input, 'tables');
  if (isNotJudged(seen)) return seen;
  const server = input.answer('server');
  const counts =
    server?.status === 'ok' ? server.rows[0]?.settings.find((setting) => setting.name === 'track_counts') : undefined;
  if (counts?.setting === 'off')
    return {
      because: 'track_counts is off: the server does not count changed and dead rows, and autovacuum does not run.',
      fixSql: 'alter system set track_counts = on; select pg_reload_conf();',
    } satisfies NotJudged;
  const known = seen.rows.some((row) => row.analyze_trigger !== null);
  if (!known && seen.rows.some((row) => row.relkind !== 'p'))
    return { because: 'The autovacuum settings of the server are not known yet.' } satisfies NotJudged;
  return { ...seen, reset: freshReset(input, seen.database) };
}

/** Why counters of this database cannot be trusted yet: they began anew a short while ago. */
function freshReset(input: CheckInput, database: string | null): NotJudged | undefined {
  const databases = input.answer('databases');
  if (databases?.status !== 'ok') return undefined;
  const seconds = databases.rows.find((row) => row.datname === database)?.stats_reset_seconds ?? null;
  if (seconds === null || seconds >= settledSeconds) return undefined;
  return {
    because: `The statistics of database ${database} began ${durationInWords(seconds)} ago: what changed before that is not counted. They can be judged ${durationInWords(settledSeconds)} after a reset.`,
  };
}
