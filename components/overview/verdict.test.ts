import { expect, test } from 'vitest';
import type { Finding } from '@/lib/checks/check';
import type { FindingsAnswer } from '@/lib/findings/findings';
import { countStates, quietSentence, verdictTitle } from './verdict';

const finding = (severity: 'critical' | 'warning', title: string): Finding => ({
  id: title,
  check: 'check',
  key: title,
  severity,
  title,
  detail: '',
  evidence: [],
  confidence: 'high',
  object: { kind: 'server', database: null, schema: null, name: null },
  since: '2026-11-21T03:06:31.000Z',
});
const answer = (changes: Partial<FindingsAnswer>): FindingsAnswer => ({
  verdict: 'ok',
  findings: [],
  notJudged: [],
  ok: [],
  judgedAt: null,
  ...changes,
});

test('the title says how bad it is and what the worst is about', () => {
  expect(verdictTitle(answer({ findings: [finding('critical', '11 sessions wait behind session 4711.')] }))).toBe(
    'One thing is critical: 11 sessions wait behind session 4711',
  );
  expect(
    verdictTitle(
      answer({ findings: [finding('warning', 'Index a is invalid.'), finding('warning', 'Index b is invalid.')] }),
    ),
  ).toBe('Two things need attention: index a is invalid');
});

test('what cannot be judged is never called well', () => {
  const unknown = answer({ notJudged: [{ check: 'c', title: 'Statement statistics', because: 'no extension' }] });
  expect(verdictTitle(unknown)).toBe('Nothing is wrong, as far as can be judged: one check is unknown');
  expect(quietSentence(unknown)).toBe('Not judged: statement statistics.');
  expect(countStates(unknown)).toEqual({ critical: 0, warning: 0, unknown: 1, ok: 0 });
});

test('nothing found and everything seen is well', () => {
  expect(verdictTitle(answer({}))).toBe('All is well');
});
