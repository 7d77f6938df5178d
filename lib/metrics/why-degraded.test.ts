import { expect, test } from 'vitest';
import type { Failing } from '@/lib/sampler/degraded';
import { whyDegraded } from './why-degraded';

const failing = (topic: string | undefined, sentence: string): Failing => ({
  topic,
  database: null,
  problem: { reason: 'extension', sentence, hint: `Mend: ${sentence}` },
});

test('why a server answers in part is told by its topics and each reason once', () => {
  const missing = 'pg_stat_statements is not installed.';
  const full = 'The role has no connection left.';
  expect(
    whyDegraded([
      failing('statements', missing),
      failing('load', full),
      failing('statement-totals', missing),
      failing('statements', missing),
    ]),
  ).toEqual({
    reason: `Not answered: statements, statement-totals. ${missing} Not answered: load. ${full}`,
    hint: `Mend: ${missing}`,
  });
  expect(whyDegraded([failing(undefined, full)])).toEqual({
    reason: `A connection failed: ${full}`,
    hint: `Mend: ${full}`,
  });
  const many = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map((topic) => failing(topic, full));
  expect(whyDegraded(many)?.reason).toBe(`Not answered: a, b, c, d, e and 2 more. ${full}`);
  expect(whyDegraded([])).toBeUndefined();
});
