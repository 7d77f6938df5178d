import { expect, test } from 'vitest';
import { behind, type Table, tablesSentence } from './summary';

const table = (relname: string, changes: Partial<Table>): Table =>
  ({
    relid: 1,
    schemaname: 'public',
    relname,
    relkind: 'r',
    partition_of: null,
    total_bytes: 1024 * 1024,
    n_dead_tup: 0,
    n_mod_since_analyze: 0,
    vacuum_trigger: 50,
    analyze_trigger: 50,
    ...changes,
  }) as Table;

test('the sentence names the largest and what waits for maintenance', () => {
  const rows = [
    table('orders', { total_bytes: 3 * 1024 * 1024 }),
    table('sessions', { n_dead_tup: 400 }),
    table('audit_log', { n_mod_since_analyze: 60 }),
  ];
  expect(tablesSentence(rows).replaceAll('\u00a0', ' ')).toBe(
    '3 tables take 5 MB with their indexes; orders alone 60 %. sessions waits for a vacuum; audit_log has stale statistics.',
  );
});

test('the partitions of a table are counted once', () => {
  const rows = [
    table('events', { relkind: 'p', total_bytes: 2048 }),
    table('events_2026_11', { partition_of: 'public.events', total_bytes: 2048 }),
  ];
  expect(tablesSentence(rows).replaceAll('\u00a0', ' ')).toContain('1 table takes 2 kB');
});

test('a table without a trigger is never behind', () => {
  expect(behind(table('view', { vacuum_trigger: null, n_dead_tup: 1e6 }))).toBe(false);
});
