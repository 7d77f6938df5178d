import type { Check } from './check';
import { isNotJudged, rowsOf } from './check';

/** Whether the PgBouncer before the server answers pgdeck: where it does not, applications may not reach the server either. */
export const pgbouncerAway: Check = {
  id: 'pgbouncer-away',
  title: 'PgBouncer answers',
  topics: ['pgbouncer-pools'],
  judge: (input) => {
    const answer = input.answer('pgbouncer-pools');
    if (answer?.status === 'unavailable' && answer.reason === 'setting')
      return { findings: [], sentence: 'pgdeck knows of no PgBouncer before this server' };
    if (answer?.status !== 'unavailable' || answer.reason !== 'unreachable') {
      const seen = rowsOf(input, 'pgbouncer-pools');
      return isNotJudged(seen) ? seen : { findings: [], sentence: 'PgBouncer answers' };
    }
    return {
      sentence: 'PgBouncer does not answer',
      findings: [
        {
          severity: 'warning',
          title: 'PgBouncer before this server does not answer pgdeck.',
          detail: `${answer.hint} Applications that go through it may not reach the server.`,
          evidence: [],
          confidence: 'medium',
          object: { kind: 'server', database: null, schema: null, name: null },
          key: 'pgbouncer',
        },
      ],
    };
  },
};
