import { describe, expect, it } from 'vitest';
import { judgeBuilt } from './result';

const place = { database: 'shop', table: 'public.t', name: 'n', partitioned: false };
const found = { oid: 9, relid: 1, relkind: 'i', quoted: 'public.n', valid: true, building: false, bytes: 8192 };
const planned = [{ relid: 1, name: 'n' }];

describe('what became of an index that was to be built', () => {
  it('valid is done, with its size and what drops it', () => {
    expect(judgeBuilt({ made: [found] }, planned, place)).toMatchObject({
      done: true,
      undo: { sql: 'drop index concurrently public.n', body: { action: 'drop-index', target: { oid: 9 } } },
      figures: [{ before: null, after: '8\u00a0kB' }],
    });
  });

  it('INVALID is left behind, with what drops and what repairs it', () => {
    const judged = judgeBuilt({ made: [{ ...found, valid: false }] }, planned, place);
    expect(judged).toMatchObject({
      done: false,
      warnings: [expect.stringContaining('public.n is left behind INVALID')],
    });
    expect(judged.next?.map(({ body }) => body.action)).toEqual(['drop-index', 'reindex']);
  });

  it('what is still being built is no leftover', () => {
    const judged = judgeBuilt({ made: [{ ...found, valid: false, building: true }] }, planned, place);
    expect(judged).toMatchObject({
      done: false,
      next: [],
      warnings: [],
      message: expect.stringContaining('being built'),
    });
  });

  it('nothing is nothing', () => {
    for (const after of [undefined, { made: [] }])
      expect(judgeBuilt(after, planned, place)).toMatchObject({ done: false, next: [] });
  });

  it('of a partitioned table the parts that are INVALID are left behind, and it can go on', () => {
    const again = {
      title: 'Go on',
      body: { action: 'create-index', target: { kind: 'relation' as const, database: 'shop', oid: 1 } },
    };
    const made = [
      { ...found, relkind: 'I', valid: false },
      { ...found, oid: 10, relid: 2, quoted: 'public.n_1' },
      { ...found, oid: 11, relid: 3, quoted: 'public.n_2', valid: false },
    ];
    const parts = [...planned, { relid: 2, name: 'n_1' }, { relid: 3, name: 'n_2' }];
    const judged = judgeBuilt({ made }, parts, { ...place, partitioned: true, again });
    expect(judged.next?.map(({ title }) => title)).toEqual([
      'Go on',
      'Drop the INVALID leftover public.n_2',
      'Repair public.n_2: build it again',
    ]);
    const done = judgeBuilt({ made: made.map((each) => ({ ...each, valid: true })) }, parts, {
      ...place,
      partitioned: true,
    });
    expect(done).toMatchObject({
      done: true,
      undo: { sql: 'drop index public.n' },
      figures: [{ after: '24\u00a0kB' }],
    });
  });
});
