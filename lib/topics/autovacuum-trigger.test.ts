import { expect, test } from 'vitest';
import { autovacuumTriggers } from './autovacuum-trigger';

const settings = {
  autovacuum: true,
  vacuum_threshold: 50,
  vacuum_scale_factor: 0.2,
  vacuum_max_threshold: null,
  vacuum_insert_threshold: 1000,
  vacuum_insert_scale_factor: 0.2,
  analyze_threshold: 50,
  analyze_scale_factor: 0.1,
};
const table = { reltuples: 10_000, relpages: 100, relallfrozen: null, reloptions: null };

test('the defaults of the server', () => {
  expect(autovacuumTriggers(settings, table)).toEqual({
    autovacuum_enabled: true,
    vacuum_trigger: 2050,
    vacuum_insert_trigger: 3000,
    analyze_trigger: 1050,
  });
});

test('a table that was never counted has no rows yet', () => {
  expect(autovacuumTriggers(settings, { ...table, reltuples: -1 })).toMatchObject({
    vacuum_trigger: 50,
    analyze_trigger: 50,
  });
});

test("the table's own storage parameters win", () => {
  const reloptions = [
    'fillfactor=70',
    'autovacuum_vacuum_scale_factor=0.01',
    'autovacuum_vacuum_threshold=100',
    'autovacuum_analyze_scale_factor=0',
    'autovacuum_vacuum_insert_threshold=-1',
    'autovacuum_enabled=false',
  ];
  expect(autovacuumTriggers(settings, { ...table, reloptions })).toEqual({
    autovacuum_enabled: false,
    vacuum_trigger: 200,
    vacuum_insert_trigger: null,
    analyze_trigger: 50,
  });
});

test('autovacuum_enabled of a table does not help when the server has it off', () => {
  const reloptions = ['autovacuum_enabled=on'];
  expect(autovacuumTriggers({ ...settings, autovacuum: false }, { ...table, reloptions }).autovacuum_enabled).toBe(
    false,
  );
  expect(autovacuumTriggers(settings, { ...table, reloptions }).autovacuum_enabled).toBe(true);
});

test('PostgreSQL 18 caps the trigger, unless the table says otherwise', () => {
  const capped = { ...settings, vacuum_max_threshold: 1000 };
  expect(autovacuumTriggers(capped, table).vacuum_trigger).toBe(1000);
  expect(
    autovacuumTriggers(capped, { ...table, reloptions: ['autovacuum_vacuum_max_threshold=500'] }).vacuum_trigger,
  ).toBe(500);
  expect(
    autovacuumTriggers(capped, { ...table, reloptions: ['autovacuum_vacuum_max_threshold=-1'] }).vacuum_trigger,
  ).toBe(2050);
});

test('PostgreSQL 18 counts inserts against the part that is not frozen', () => {
  expect(autovacuumTriggers(settings, { ...table, relallfrozen: 75 }).vacuum_insert_trigger).toBe(1500);
});
