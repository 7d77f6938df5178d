import { describe, expect, test } from 'vitest';
import type { Row } from '@/lib/topics/index';
import { autovacuumBehind } from './autovacuum-behind';
import { staleStatistics } from './stale-statistics';
import { gaveUp, judge, plain } from './test-given';

describe('tables', () => {
  const table = (changes: Partial<Row<'tables'>>): Partial<Row<'tables'>> => ({
    relid: 16_400,
    schemaname: 'shop',
    relname: 'orders',
    relkind: 'r',
    partitions: null,
    n_live_tup: 10_000,
    n_dead_tup: 0,
    n_mod_since_analyze: 0,
    autovacuum_enabled: true,
    vacuum_trigger: 2050,
    analyze_trigger: 1050,
    vacuum_age_seconds: 60,
    analyze_age_seconds: 60,
    ...changes,
  });

  test('dead rows are judged by the trigger of the table itself', () => {
    const { findings } = judge(autovacuumBehind, {
      tables: [
        table({ n_dead_tup: 4099 }),
        table({ relid: 2, relname: 'twice', n_dead_tup: 4100 }),
        table({ relid: 3, relname: 'five times', n_dead_tup: 10_250, autovacuum_enabled: false }),
        // The same number is nothing to a large table.
        table({ relid: 4, relname: 'large', n_dead_tup: 10_250, vacuum_trigger: 200_050 }),
      ],
    });
    expect(findings.map((finding) => [finding.object.name, finding.severity])).toEqual([
      ['five times', 'critical'],
      ['twice', 'warning'],
    ]);
    expect(findings[0]?.title).toBe(
      'shop."five times" has 10,250 dead rows, 5 times the number from which autovacuum takes it.',
    );
    expect(findings[0]?.detail).toContain('Autovacuum is off for it');
    expect(findings[0]?.remedy).toEqual({
      action: 'vacuum',
      target: { kind: 'relation', database: 'shop', oid: 3 },
    });
  });

  test('a static table that was not vacuumed for years is no finding, nor a small one that is all dead', () => {
    const old = table({ vacuum_age_seconds: 90_000_000, analyze_age_seconds: 90_000_000 });
    const small = table({
      n_live_tup: 3,
      n_dead_tup: 400,
      vacuum_trigger: 50,
      n_mod_since_analyze: 400,
      analyze_trigger: 50,
    });
    expect(judge(autovacuumBehind, { tables: [old, small] }).findings).toEqual([]);
    expect(judge(staleStatistics, { tables: [old, small] }).findings).toEqual([]);
  });

  test('an open transaction is named as the cause', () => {
    const { findings } = judge(autovacuumBehind, {
      tables: [table({ n_dead_tup: 5000 })],
      sessions: [{ pid: 4711, backend_xmin: '700', xmin_age: 90, xact_seconds: 900 }],
    });
    expect(plain(findings[0]?.detail)).toContain('Session 4711 has had its transaction open for 15 min');
    // VACUUM would remove nothing.
    expect(findings[0]?.remedy).toBeUndefined();
  });

  test('a transaction that holds VACUUM up is what is ended, but never a backup', () => {
    const session = {
      pid: 4711,
      backend_type: 'client backend',
      backend_start_us: '1',
      query_start_us: '2',
      state: 'idle in transaction',
      application_name: 'shop',
      backend_xmin: '700',
      xact_seconds: 900,
    };
    const remedy = (changes: Partial<Row<'sessions'>>) =>
      judge(autovacuumBehind, { tables: [table({ n_dead_tup: 5000 })], sessions: [{ ...session, ...changes }] })
        .findings[0]?.remedy;
    expect(remedy({})).toEqual({ action: 'terminate', target: { kind: 'backend', pid: 4711, backend_start_us: '1' } });
    expect(remedy({ state: 'active' })?.action).toBe('cancel');
    expect(remedy({ application_name: 'pg_dump' })).toBeUndefined();
    expect(remedy({ backend_type: 'walsender' })).toBeUndefined();
  });

  test('stale statistics come with the ANALYZE that mends them', () => {
    const { findings } = judge(staleStatistics, { tables: [table({ n_mod_since_analyze: 3150 })] });
    expect(findings).toMatchObject([
      {
        severity: 'warning',
        remedy: { action: 'analyze', target: { kind: 'relation', database: 'shop', oid: 16_400 } },
      },
    ]);
    expect(judge(staleStatistics, { tables: [table({ n_mod_since_analyze: 2000 })] }).findings).toEqual([]);
  });

  test('a partitioned table is judged by whether it was ever analyzed as a whole', () => {
    const whole = table({
      relkind: 'p',
      partitions: 12,
      vacuum_trigger: null,
      analyze_trigger: null,
      analyze_age_seconds: null,
      n_dead_tup: 1_000_000,
    });
    expect(judge(autovacuumBehind, { tables: [whole] }).findings).toEqual([]);
    expect(judge(staleStatistics, { tables: [whole] }).findings).toMatchObject([{ confidence: 'medium' }]);
    expect(judge(staleStatistics, { tables: [{ ...whole, analyze_age_seconds: 5 }] }).findings).toEqual([]);
  });

  test('after a reset of the statistics nothing is OK before they have settled', () => {
    const reset = (stats_reset_seconds: number | null) => ({
      tables: [table({})],
      databases: [{ datname: 'shop', stats_reset_seconds }],
    });
    for (const check of [autovacuumBehind, staleStatistics]) {
      expect(judge(check, reset(720)).notJudged?.because).toContain('shop');
      expect(judge(check, reset(3600)).notJudged).toBeUndefined();
      expect(judge(check, reset(null)).notJudged).toBeUndefined();
    }
  });

  test('without track_counts nothing can be told', () => {
    const settings = [{ name: 'track_counts', setting: 'off', unit: null, source: 'file', pending_restart: false }];
    expect(gaveUp(autovacuumBehind, { tables: [table({})], server: [{ settings }] }).fixSql).toContain(
      'track_counts = on',
    );
  });
});
