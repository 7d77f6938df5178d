import { describe, expect, test } from 'vitest';
import { statementsRecorded } from './statements-recorded';
import { gaveUp, judge, plain } from './test-given';

describe('statement statistics', () => {
  test('an extension that is not installed is created where its library is loaded, an old one updated', () => {
    const unavailable = 'The extension is not installed.';
    const settings = [{ name: 'pg_stat_statements.max', setting: '5000', unit: null, source: 'default' }] as never;
    const target = { kind: 'extension', database: 'shop', name: 'pg_stat_statements' };
    const missing = { unavailable, fixSql: 'create extension if not exists pg_stat_statements;' };
    expect(gaveUp(statementsRecorded, { 'slow-queries': missing, server: [{ settings }], tables: [] }).remedy).toEqual({
      action: 'create-extension',
      target,
    });
    for (const server of [[{ settings: [] }], { unavailable }])
      expect(gaveUp(statementsRecorded, { 'slow-queries': missing, server, tables: [] }).remedy).toBeUndefined();
    const old = { unavailable, fixSql: 'alter extension pg_stat_statements update;' };
    expect(gaveUp(statementsRecorded, { 'slow-queries': old, tables: [] }).remedy).toEqual({
      action: 'update-extension',
      target,
    });
  });

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
