import { describe, expect, it } from 'vitest';
import type { WorkAction } from './action';
import { analyzeDatabase } from './analyze-database';
import { createStatistics } from './create-statistics';
import { setStorageParameters } from './set-storage-parameters';
import type { RelationSubject } from './subjects/subject';
import { storageOptions, storageText, storageValue } from './tables/storage-parameters';
import { vacuum } from './vacuum';
import { vacuumFull } from './vacuum-full';

const subject: RelationSubject = {
  kind: 'relation',
  database: 'shop',
  quoted: 'public.orders',
  name: 'orders',
  fingerprint: '',
  oid: 20_000,
  database_oid: 5,
  schema: 'public',
  relkind: 'r',
  shared: false,
  owner: 'owner',
  estimated_rows: 1000,
  pages: 10,
  owns: true,
  owns_relation: true,
  may_maintain: false,
  changed_rows: 0,
  dead_rows: 0,
  last_analyze: null,
  last_autoanalyze: null,
  last_vacuum: null,
  last_autovacuum: null,
};
const actor = { role: 'actor', superuser: false, major: 18 };

const given = (
  action: WorkAction,
  options: object,
  details: object[] = [],
  changes: Partial<RelationSubject> = {},
) => ({
  subject: { ...subject, ...changes },
  options: action.options.parse(options) as Record<string, unknown>,
  details: details as Record<string, unknown>[],
  actor,
});
const counts = {
  vacuums: '1',
  analyzes: '1',
  dead: 0,
  changed: 0,
  bytes: 8192,
  tables: 1,
  files: { 20000: 1 } as Record<string, number>,
};

describe('the rewrite of a table', () => {
  it('steps back after the seconds that were asked for, 10 by itself', () => {
    const pages = [{ pages: 10, index_pages: 5, tables: 1, indexes: 2 }];
    expect(vacuumFull.plan(given(vacuumFull, {}, pages)).steps[0]).toMatchObject({
      yieldAfterSeconds: 10,
      wait: 'brief',
    });
    const patient = vacuumFull.plan(given(vacuumFull, { yield_after_seconds: 3600 }, pages));
    expect(patient.steps[0]?.yieldAfterSeconds).toBe(3600);
    expect(patient.work).toEqual({ readBytes: 81_920, writeBytes: 122_880, walBytes: 122_880 });
  });

  it('is done only where every file is another one', () => {
    const before = { ...counts, tables: 2, files: { 1: 10, 2: 20 }, bytes: 3_328_599_655 };
    const judged = (files: Record<string, number>) =>
      vacuumFull.judge(before, { ...before, files, bytes: 1_288_490_189 }, given(vacuumFull, {}));
    expect(judged({ 1: 10, 2: 20 })).toMatchObject({ done: false });
    expect(judged({ 1: 11, 2: 21 })).toMatchObject({ done: true, warnings: [] });
    expect(judged({ 1: 11, 2: 21 }).figures?.[0]).toEqual({
      label: 'Size with indexes and TOAST',
      before: '3.1\u00a0GB',
      after: '1.2\u00a0GB',
    });
    expect(judged({ 1: 11, 2: 20 }).warnings).toEqual(['1 table of 2 was not written anew.']);
  });

  it('is not for what belongs to PostgreSQL', () => {
    expect(vacuumFull.refuse?.(given(vacuumFull, {}, [], { oid: 1259 }))?.code).toBe('system');
    expect(vacuumFull.refuse?.(given(vacuumFull, {}, [], { shared: true }))?.code).toBe('system');
    expect(vacuumFull.refuse?.(given(vacuumFull, {}, [], { relkind: 't' }))?.code).toBe('not_a_table');
    expect(vacuumFull.refuse?.(given(vacuumFull, {}))).toBeUndefined();
  });
});

describe('a vacuum', () => {
  it('is nothing done where no count has grown, and tells rows that stay dead', () => {
    const judged = (dead: number, vacuums: string) =>
      vacuum.judge({ ...counts, dead: 12_300 }, { ...counts, dead, vacuums }, given(vacuum, {}));
    expect(judged(0, '1')).toMatchObject({ done: false });
    expect(judged(0, '2')).toMatchObject({ done: true, warnings: [] });
    expect(judged(0, '2').figures?.[0]).toEqual({ label: 'Dead rows', before: '12,300', after: '0' });
    expect(judged(12_000, '2').warnings?.[0]).toContain('dead rows are left');
  });

  it('never says FULL or DISABLE_PAGE_SKIPPING', () => {
    for (const option of ['full', 'disable_page_skipping'])
      expect(vacuum.options.safeParse({ [option]: true }).success).toBe(false);
  });

  it('locks the TOAST table only where it is processed', () => {
    const pages = [{ pages: 10, index_pages: 5, tables: 1, indexes: 2 }];
    const also = (options: object) => vacuum.plan(given(vacuum, options, pages)).steps[0]?.locks[0]?.also;
    expect(also({})).toContainEqual({ what: 'toast', mode: 'ShareUpdateExclusiveLock' });
    expect(also({ process_toast: false })?.map(({ what }) => what)).toEqual(['partitions']);
  });
});

describe('storage parameters', () => {
  it('are read as somebody wrote them', () => {
    const stored = [
      'fillfactor=70',
      'autovacuum_enabled=OFF',
      'autovacuum_vacuum_scale_factor=1e-2',
      'user_catalog_table=true',
    ];
    expect(storageValue('fillfactor', stored)).toBe(70);
    expect(storageValue('autovacuum_enabled', stored)).toBe(false);
    expect(storageValue('toast.autovacuum_enabled', stored)).toBe(false);
    expect(storageValue('autovacuum_vacuum_scale_factor', stored)).toBe(0.01);
    expect(storageValue('autovacuum_analyze_threshold', stored)).toBeNull();
    expect(storageValue('fillfactor', null)).toBeNull();
    expect(storageValue('fillfactor', ['fillfactor=much'])).toBeUndefined();
  });

  it('are written as numbers and truth values only', () => {
    expect(storageText(0.02)).toBe('0.02');
    expect(storageText(1e-7)).toBe('1e-7');
    expect(() => storageText(Number.NaN)).toThrow();
    expect(() => storageText(Number.POSITIVE_INFINITY)).toThrow();
    expect(storageOptions.safeParse({ fillfactor: 9 }).success).toBe(false);
    expect(storageOptions.safeParse({ fillfactor: 10.5 }).success).toBe(false);
    expect(storageOptions.safeParse({ fillfactor: null, 'toast.autovacuum_enabled': true }).success).toBe(true);
    expect(storageOptions.safeParse({ 'toast.fillfactor': 50 }).success).toBe(false);
    expect(storageOptions.safeParse({ 'toast.autovacuum_analyze_threshold': 50 }).success).toBe(false);
  });

  it('have no undo where an old value cannot be set from here', () => {
    const details = [{ options: ['fillfactor=much'], toast: null, toast_options: null }];
    const asked = given(setStorageParameters, { fillfactor: 80 }, details);
    expect(setStorageParameters.plan(asked).undo).toBeUndefined();
    const judged = setStorageParameters.judge(details[0], { ...details[0], options: ['fillfactor=80'] }, asked);
    expect(judged).toMatchObject({ done: true, warnings: [expect.stringContaining('no undo')] });
    const not = setStorageParameters.judge(details[0], details[0], asked);
    expect(not).toMatchObject({ done: false, message: 'Not in effect: fillfactor of public.orders.' });
  });
});

describe('the name of statistics', () => {
  const details = (taken: string[]) => [
    {
      schema: 'public',
      may_create: true,
      columns: [
        { attnum: 1, name: 'ü'.repeat(31), quoted: `"${'ü'.repeat(31)}"` },
        { attnum: 2, name: 'b', quoted: 'b' },
      ],
      taken,
      present: [],
    },
  ];
  const nameOf = (taken: string[]) =>
    createStatistics.plan(given(createStatistics, { columns: [1, 2] }, details(taken))).typed;

  it('is cut between letters, so that PostgreSQL does not cut it', () => {
    const name = nameOf([]);
    expect(name).toBe(`orders_${'ü'.repeat(25)}_stat`);
    expect(Buffer.byteLength(name)).toBeLessThanOrEqual(63);
    expect(nameOf([name])).toMatch(/^orders_ü+_stat1$/);
  });
});

describe('a whole database', () => {
  const tables = [1, 2, 3].map((oid) => ({
    oid,
    quoted: `public.t${oid}`,
    relkind: 'r',
    permitted: true,
    pages: 1,
    changed: 1,
    of: 3,
  }));
  const asked = given(analyzeDatabase, {}, tables);

  it('goes on behind a table that fails', () => {
    expect(analyzeDatabase.plan(asked).steps.every(({ goOn, wait }) => goOn && wait === 'brief')).toBe(true);
  });

  it('is judged by the tables that were analyzed', () => {
    const judged = (times: Record<string, number>) =>
      analyzeDatabase.judge({ times: { 1: 0, 2: 5, 3: 0 }, changed: 3 }, { times, changed: 0 }, asked);
    expect(judged({ 1: 1, 2: 6, 3: 1 })).toMatchObject({
      done: true,
      message: '3 of 3 tables are analyzed.',
      warnings: [],
    });
    expect(judged({ 1: 1, 2: 5, 3: 0 })).toMatchObject({
      done: true,
      message: '1 of 3 tables is analyzed.',
      warnings: ['Not analyzed: public.t2 and public.t3.'],
    });
    expect(judged({ 1: 0, 2: 5, 3: 0 })).toMatchObject({ done: false });
    // Dropped meanwhile.
    expect(judged({ 2: 6, 3: 1 }).warnings).toEqual(['Not analyzed: public.t1.']);
  });
});
