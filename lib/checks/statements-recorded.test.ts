import { describe, expect, test } from 'vitest';
import { statementsRecorded } from './statements-recorded';
import { gaveUp, judge, plain } from './test-given';

describe('statement statistics', () => {
  test('a missing extension, a fresh reset and hidden statements are unknown', () => {
    expect(gaveUp(statementsRecorded, { 'slow-queries': [{ entries: 5, stats_reset_seconds: 60 }] }).because).toContain(
      'began',
    );
    expect(gaveUp(statementsRecorded, { 'slow-queries': [] }).because).toContain('no statement yet');
    const hidden = judge(
      statementsRecorded,
      { 'slow-queries': [{ entries: 5, stats_reset_seconds: 7200 }] },
      'slow-queries',
    );
    expect(hidden.notJudged?.fixSql).toContain('grant');
    expect(
      plain(judge(statementsRecorded, { 'slow-queries': [{ entries: 412, stats_reset_seconds: 93_600 }] }).sentence),
    ).toBe('412 statements are recorded since 1 d 2 h');
  });
});
