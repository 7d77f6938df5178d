import { durationInWords, plural } from '@/lib/format';
import { type Check, type CheckInput, isNotJudged, type NotJudged, rowsOf } from './check';
import { settledSeconds } from './table-statistics';

/** Whether pg_stat_statements can tell which statements cost most: installed, visible, and not reset just now. */
export const statementsRecorded: Check = {
  id: 'statements-recorded',
  title: 'Statement statistics',
  topics: ['slow-queries'],
  wholeServer: true,
  judge: (input) => {
    const seen = rowsOf(input, 'slow-queries');
    if (isNotJudged(seen)) return { ...seen, ...remedyFor(input) };
    const [first] = seen.rows;
    if (!first) return seen.hidden ?? { because: 'pg_stat_statements has recorded no statement yet.' };
    const seconds = first.stats_reset_seconds;
    if (seconds !== null && seconds < settledSeconds)
      return {
        because: `pg_stat_statements began ${durationInWords(seconds)} ago: which statements cost most can be judged ${durationInWords(settledSeconds)} after a reset.`,
      };
    return {
      findings: [],
      sentence: `${plural(first.entries, 'statement')} ${first.entries === 1 ? 'is' : 'are'} recorded${seconds === null ? '' : ` since ${durationInWords(seconds)}`}`,
      ...(seen.hidden && { notJudged: seen.hidden }),
    };
  },
};

/** Creating or updating the extension, where that is all that is missing: its library is loaded. */
function remedyFor(input: CheckInput): Pick<NotJudged, 'remedy'> {
  const answer = input.answer('slow-queries');
  // The extension is looked for where pgdeck is at home, and so are tables.
  const database = input.answer('tables')?.database;
  if (answer?.status !== 'unavailable' || answer.reason !== 'extension' || !database) return {};
  const target = { kind: 'extension' as const, database, name: 'pg_stat_statements' };
  if (answer.fixSql?.startsWith('alter extension')) return { remedy: { action: 'update-extension', target } };
  const server = input.answer('server');
  // Its settings are there where its library was loaded at the start.
  const loaded =
    server?.status === 'ok' && server.rows[0]?.settings.some(({ name }) => name.startsWith('pg_stat_statements.'));
  return loaded ? { remedy: { action: 'create-extension', target } } : {};
}
