import { afterAll, beforeAll, expect, test } from 'vitest';
import { readCompare } from './read-compare';
import { Reader } from './reader';
import { rollUp } from './roll-ups';
import { randomNumbers, randomSamples, type Samples, waits, writeNames, writeSamples } from './test-samples';
import { type StoreStage, startStore } from './test-stage';

const kept = { rawDays: 2, minuteDays: 14, hourDays: 400 };
const to = Math.floor(Date.now() / 3_600_000) * 3600;
const from = to - 5 * 3600;
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
let stage: StoreStage;
let reader: Reader;
let samples: Samples;

beforeAll(async () => {
  stage = await startStore();
  samples = randomSamples(from, to, await writeNames(stage.store.query), randomNumbers(1));
  await writeSamples(stage.store, samples);
  await rollUp(stage.store, kept);
  reader = new Reader(stage.store, kept);
});
afterAll(() => stage?.stop());

test('two windows side by side, each statement with what its change is made of', async () => {
  const a = { from, to: from + 3600 };
  const b = { from: to - 3600, to };
  const answer = await readCompare(reader, 2, 'slow-queries', a, b);
  const timeOf = (window: { from: number; to: number }) =>
    sum(
      samples.keyed
        .filter(({ id, server, ts }) => id === 'statement' && server === 2 && ts >= window.from && ts < window.to)
        .flatMap(({ rows }) =>
          rows.map(({ figures }) => (figures.total_exec_time ?? 0) + (figures.total_plan_time ?? 0)),
        ),
    );
  expect(answer.a.total).toBeCloseTo(timeOf(a), 0);
  expect(answer.b.total).toBeCloseTo(timeOf(b), 0);
  expect(answer.b.listedShare).toBeLessThanOrEqual(1);
  expect(answer.rows.length).toBe(100);
  for (const { time } of answer.rows)
    if (time)
      expect(time.calls + time.reading + time.writing + time.planning + time.executing).toBeCloseTo(time.total, 6);
  const waitsCompared = await readCompare(reader, 2, 'load', a, b);
  expect(waitsCompared.rows.map(({ key }) => key).sort()).toEqual([...waits].sort());
  expect((await readCompare(reader, 2, 'tables', a, b)).rows.length).toBe(100);
});
