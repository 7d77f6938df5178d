import { durationInWords, plural } from '@/lib/format';
import { type Check, isNotJudged, rowsOf } from './check';
import { settledSeconds } from './table-statistics';

/** Whether pg_stat_statements can tell which statements cost most: installed, visible, and not reset just now. */
export const statementsRecorded: Check = {
  id: 'statements-recorded',
  title: 'Statement statistics',
  topics: ['slow-queries'],
  judge: (input) => {
    const seen = rowsOf(input, 'slow-queries');
    if (isNotJudged(seen)) return seen;
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
