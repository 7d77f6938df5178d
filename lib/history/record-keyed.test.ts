import { expect, test } from 'vitest';
import type { Raw } from '@/lib/topics/topic';
import { KeyedRecorder } from './record-keyed';
import { otherKey, type Recording } from './recordings';
import type { StoredRow } from './stored-row';

const recording: Recording = {
  id: 'table',
  topic: 'tables',
  everySeconds: 60,
  identity: 'relation',
  rank: 'total_bytes',
  most: { raw: 3, hour: 3 },
  columns: [
    { name: 'seq_scan', type: 'int8', fold: 'sum' },
    { name: 'total_bytes', type: 'int8', fold: 'last' },
  ],
};
const row = (scans: number | null, bytes: number): Raw => ({ seq_scan_per_second: scans, total_bytes: bytes });

function told(rows: StoredRow[]) {
  return rows.map(({ ts, values }) => {
    const [seconds, ...arrays] = values(() => 0);
    const [keys = [], scans = [], bytes = []] = arrays.map((text) => String(text).slice(1, -1).split(','));
    return { ts, seconds, rows: keys.flatMap((key, at) => (key ? [[key, scans[at], bytes[at]]] : [])) };
  });
}

const one = () => new KeyedRecorder(recording);
/** Adds a snapshot of keys 1, 2, … taken at a second. */
const add = (recorder: KeyedRecorder, at: number, seconds: number | null, ...rows: Raw[]) =>
  recorder.add(rows, (each) => String(rows.indexOf(each) + 1), at * 1000, seconds, true);

test('what was added in an interval is summed, and the newest figure kept', () => {
  const recorder = one();
  add(recorder, 0, null, row(null, 8));
  add(recorder, 20, 20, row(0.5, 16));
  add(recorder, 40, 20, row(1, 24));
  expect(recorder.cut(59)).toEqual([]);
  expect(told(recorder.cut(60))).toEqual([{ ts: 0, seconds: 40, rows: [['1', '30', '24']] }]);
  expect(recorder.cut(120)).toEqual([]);
});

test('only what changed is kept; that nothing did is kept, too', () => {
  const recorder = one();
  add(recorder, 10, 10, row(0, 8), row(0, 8));
  recorder.cut(60);
  add(recorder, 70, 60, row(0, 8), row(1, 8));
  add(recorder, 130, 60, row(0, 8), row(0, 8));
  add(recorder, 190, 60, row(0, 9), row(0, 8));
  expect(told(recorder.cut())).toEqual([
    { ts: 60, seconds: 60, rows: [['2', '60', '8']] },
    { ts: 120, seconds: 60, rows: [] },
    { ts: 180, seconds: 60, rows: [['1', '0', '9']] },
  ]);
});

test('all of them once an hour', () => {
  const recorder = one();
  for (let at = 10; at < 3700; at += 60) add(recorder, at, 60, row(0, 8));
  const kept = told(recorder.cut()).filter(({ rows }) => rows.length > 0);
  expect(kept.map(({ ts }) => ts)).toEqual([0, 3600]);
});

test('what is not known adds nothing', () => {
  const recorder = one();
  add(recorder, 10, null, row(null, 8));
  add(recorder, 30, null, row(5, 8));
  expect(told(recorder.cut())).toEqual([{ ts: 0, seconds: 0, rows: [['1', 'NULL', '8']] }]);
});

test('above the most, the rest is one row and sums stay true', () => {
  const recorder = one();
  add(recorder, 10, 10, row(1, 10), row(2, 50), row(3, 20), row(4, 40), row(5, 30));
  const [stored] = told(recorder.cut());
  expect(stored?.rows.map(([key]) => key)).toEqual(['2', '4', '5', otherKey]);
  expect(stored?.rows.at(-1)).toEqual([otherKey, '40', 'NULL']);
  expect(stored?.rows.reduce((sum, [, scans]) => sum + Number(scans), 0)).toBe(150);
});

test('a clock that is set back closes what was begun', () => {
  const recorder = one();
  add(recorder, 7210, 10, row(1, 8));
  add(recorder, 3610, 10, row(2, 8));
  expect(told(recorder.cut(3615)).map(({ ts }) => ts)).toEqual([7200]);
  expect(told(recorder.cut(3660)).map(({ ts, rows }) => [ts, rows[0]?.[1]])).toEqual([[3600, '20']]);
});

test('where nothing but sums is kept, what did nothing is not even looked at', () => {
  const recorder = new KeyedRecorder({ ...recording, columns: recording.columns.slice(0, 1) });
  const looked: unknown[] = [];
  const keyOf = (each: Raw) => String(looked.push(each));
  recorder.add([row(0, 8), row(null, 8), row(2, 8)], keyOf, 10_000, 10, true);
  expect(looked).toHaveLength(1);
  recorder.add([row(0, 8)], keyOf, 70_000, 10, true);
  expect(told(recorder.cut()).map(({ seconds, rows }) => [seconds, rows.length])).toEqual([
    [10, 1],
    [10, 0],
  ]);
});

test('what is asked rarely is spread over the rows that follow, whole', () => {
  const recorder = one();
  const passing = (at: number, seconds: number | null, scans: number | null, bytes: number) =>
    recorder.add([row(scans, bytes)], () => 'other', at * 1000, seconds, false);
  for (let at = 10; at < 1300; at += 60) {
    add(recorder, at, 60, row(0, 8));
    if (at === 10) passing(10, null, null, 100);
    if (at === 610) passing(611, 601, 23 / 601, 200);
  }
  const found = told(recorder.cut()).flatMap(({ ts, seconds, rows }) =>
    rows.filter(([key]) => key === 'other').map(([, scans, bytes]) => [ts, seconds, Number(scans), bytes]),
  );
  expect(found[0]).toEqual([0, 60, Number.NaN, '100']);
  expect(found[1]).toEqual([600, 60, 2, '200']);
  expect(found.slice(1).map(([ts]) => ts)).toEqual([600, 660, 720, 780, 840, 900, 960, 1020, 1080, 1140]);
  expect(found.slice(1).reduce((sum, [, , scans]) => sum + Number(scans), 0)).toBe(23);
  expect(found.every(([, , scans]) => Number.isNaN(scans) || Number(scans) <= 3)).toBe(true);
});
