import { expect, it } from 'vitest';
import type { Locked } from './relations';
import { type Gauge, type Use, type Wait, wouldQueue } from './use-of-relations';

const locked = (relation: string, mode: string, more: Partial<Locked> = {}): Locked => ({
  oid: relation.length,
  database_oid: 5,
  relation,
  relkind: 'r',
  pages: 1,
  mode,
  via: 'self',
  of: relation,
  ...more,
});
const use = (reads: number, writes: number): Use => ({ reads, writes, over: 'the last 10 min', onlyWhole: false });
const sentences = async (relations: Locked[], known: Record<number, Use | string>, wait: Wait = 'brief') => {
  const gauge: Gauge = async () => new Map(Object.entries(known).map(([oid, each]) => [Number(oid), each]));
  return (await wouldQueue(gauge, 'shop', relations, wait)).map(({ sentence }) => sentence.replaceAll('\u00a0', ' '));
};

it('what a mode stops would queue, at the measured rate, for the 2 s that it waits', async () => {
  expect(await sentences([locked('abc', 'AccessExclusiveLock')], { 3: use(37, 12) })).toEqual([
    'About 37 scans/s and 12 changed rows/s touch abc now (the last 10 min); while it waits, at most 2 s at a time, about 74 scans and 24 changed rows would queue behind it, and more while it runs.',
  ]);
});

it('less than one is not counted as something that queues', async () => {
  const behind = async (reads: number, writes: number) =>
    (await sentences([locked('abc', 'AccessExclusiveLock')], { 3: use(reads, writes) }))[0]?.split('; ')[1];
  expect(await behind(0.3, 1.6)).toBe(
    'while it waits, at most 2 s at a time, about 3 changed rows would queue behind it, and more while it runs.',
  );
  expect(await behind(0.3, 0)).toBe(
    'while it waits, at most 2 s at a time, hardly anything would queue behind it, and more while it runs.',
  );
});

it('reads are not told of where the mode lets them go on, and nothing where it stops neither', async () => {
  expect((await sentences([locked('abc', 'ShareLock')], { 3: use(37, 0.001) }, 'patient'))[0]).toBe(
    'About 3.6 changed rows/h touch abc now (the last 10 min): for each second that it waits and runs, so many more queue behind it.',
  );
  expect(await sentences([locked('abc', 'ShareUpdateExclusiveLock')], { 3: use(37, 12) })).toEqual([]);
});

it('what is not known is said, never 0; what was measured as nothing is', async () => {
  expect(await sentences([locked('abc', 'ShareLock')], { 3: 'it was sampled only once so far' })).toEqual([
    'How often abc is used is not known: it was sampled only once so far.',
  ]);
  expect(await sentences([locked('abc', 'ShareLock')], {})).toEqual([
    'How often abc is used is not known: neither the history nor the sampler tells.',
  ]);
  expect(await sentences([locked('abc', 'ShareLock')], { 3: use(5, 0) })).toEqual([
    'Nothing that it would stop was counted on abc in the last 10 min.',
  ]);
  const failing: Gauge = () => Promise.reject(new Error('no'));
  expect((await wouldQueue(failing, 'shop', [locked('abc', 'ShareLock')], 'brief'))[0]?.sentence).toContain(
    'not known',
  );
});

it('the busiest come first, the rest is added up; a partitioned table by itself is not measured', async () => {
  const many = ['a', 'bb', 'ccc', 'dddd', 'eeeee'].map((name) => locked(name, 'ShareLock'));
  const known = Object.fromEntries(many.map(({ oid }) => [oid, use(0, oid)]));
  const told = await sentences(many, known);
  expect(told).toHaveLength(4);
  expect(told[0]).toContain('touch eeeee now');
  expect(told[3]).toContain('About 3 changed rows/s touch the other 2 relations together now');
  expect((await sentences([locked('whole', 'ShareLock', { relkind: 'p' })], {}))[0]).toContain(
    'counted at its partitions',
  );
});
