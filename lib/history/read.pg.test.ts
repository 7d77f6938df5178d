import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { waitClasses } from '@/lib/topics/connections';
import { allSeries } from '@/lib/topics/index';
import { classOfWait, type LoadFilter } from './load-filter';
import { MemoryHistory } from './memory';
import { drawnColumns, readKeyed } from './read-keyed';
import { NotCombined, readLoad } from './read-load';
import { readSeries } from './read-series';
import { readTop } from './read-top';
import { Reader } from './reader';
import { rollUp } from './roll-ups';
import {
  type Entry,
  randomNumbers,
  randomSamples,
  type Samples,
  users,
  waits,
  writeNames,
  writeSamples,
} from './test-samples';
import { type StoreStage, startStore } from './test-stage';

const kept = { rawDays: 2, minuteDays: 14, hourDays: 400 };
const to = Math.floor(Date.now() / 3_600_000) * 3600;
const from = to - 5 * 3600;
const range = { from, to };
const empty = new MemoryHistory();

const down = (at: number, width: number) => Math.floor(at / width) * width;
const close = (value: number | null | undefined) => (value == null ? null : expect.closeTo(value, 2));
const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);
const seriesOf = (id: string) => {
  const found = allSeries().find(({ series }) => series.id === id);
  if (!found) throw new Error(`no series ${id}`);
  return found.series;
};

/** One point for each bucket of the range, made of the samples that fall into it; without one it is a gap. */
function pointsOf<T extends { server: number; ts: number }>(
  samples: T[],
  step: number,
  columns: number,
  values: (own: T[]) => (number | null)[],
): unknown[][] {
  const points: unknown[][] = [];
  for (let at = from; at < to; at += step) {
    const own = samples.filter(({ server, ts }) => server === 2 && down(ts, step) === at);
    points.push([at, ...(own.length === 0 ? Array(columns).fill(null) : values(own).map(close))]);
  }
  return points;
}

describe.each([14, 18])('PostgreSQL %i', (major) => {
  let stage: StoreStage;
  let reader: Reader;
  let samples: Samples;
  let ids: { waits: number[]; users: number[] };
  const word = {
    wait: (entry: Entry) => waits[ids.waits.indexOf(entry.wait)] ?? '',
    user: (entry: Entry) => users[ids.users.indexOf(entry.usr)] ?? '',
  };

  /** How far each level is rolled up: what lies behind is not there, so it has to come from a finer one. */
  async function rolledUpTo(marks: Record<string, number>): Promise<void> {
    await stage.store.query("update pgdeck.watermark set upto = 'epoch'");
    await rollUp(stage.store, kept);
    for (const [table, upto] of Object.entries(marks)) {
      await stage.store.query(`delete from pgdeck.${table} where ts >= $1`, [new Date(upto * 1000).toISOString()]);
      await stage.store.query('update pgdeck.watermark set upto = $2 where rollup = $1', [
        table,
        new Date(upto * 1000).toISOString(),
      ]);
    }
    reader = new Reader(stage.store, kept);
  }

  beforeAll(async () => {
    stage = await startStore({ major });
    ids = await writeNames(stage.store.query);
    samples = randomSamples(from, to, ids, randomNumbers(major));
    await writeSamples(stage.store, samples);
    await rolledUpTo({});
  });
  afterAll(() => stage?.stop());

  const arrangements: [string, () => Record<string, number>][] = [
    ['everything is rolled up', () => ({})],
    [
      'roll-ups lag behind, each at another time',
      () => ({
        metric_1m: to - 1800,
        metric_1h: to - 3 * 3600,
        load_1m: to - 1740,
        load_10m: to - 2400,
        load_1h: to - 2 * 3600,
        load_1d: down(from, 86_400),
        statement_10m: to - 1200,
        statement_1h: to - 3 * 3600,
        table_10m: to - 1200,
        table_1h: to - 3 * 3600,
      }),
    ],
    [
      'nothing is rolled up',
      () => ({
        metric_1m: from,
        metric_1h: from,
        load_1m: from,
        load_10m: from,
        load_1h: from,
        load_1d: down(from, 86_400),
        statement_10m: from,
        statement_1h: from,
        table_10m: from,
        table_1h: from,
      }),
    ],
  ];

  describe.each(arrangements)('%s', (_, marks) => {
    beforeAll(() => rolledUpTo(marks()));

    test.each([10, 30, 60, 600, 1200, 3600])('series in steps of %i s are what the samples give', async (step) => {
      const average = await readSeries(reader, 2, seriesOf('cache'), empty, { ...range, step });
      const mean = (own: Samples['metrics']) => {
        const values = own.flatMap(({ v }) => v[0] ?? []);
        return [values.length === 0 ? null : sum(values) / values.length];
      };
      expect(average).toEqual({ step, source: expect.any(String), points: pointsOf(samples.metrics, step, 1, mean) });
      const most = await readSeries(reader, 2, seriesOf('waiting-sessions'), empty, { ...range, step });
      const greatest = (own: Samples['metrics']) => {
        const values = own.flatMap(({ v }) => v[2] ?? []);
        return [values.length === 0 ? null : Math.max(...values)];
      };
      expect(most.points).toEqual(pointsOf(samples.metrics, step, 1, greatest));
    });

    const fits = (entry: Entry, filters: LoadFilter[]) =>
      filters.every(({ by, value }) =>
        by === 'class'
          ? classOfWait(word.wait(entry)) === value
          : by === 'wait'
            ? word.wait(entry) === value
            : by === 'user'
              ? word.user(entry) === value
              : entry.sid === value,
      );
    const questions: LoadFilter[][] = [
      [],
      [{ by: 'class', value: 'io' }],
      [{ by: 'user', value: 'reporting, nightly' }],
      [
        { by: 'user', value: '' },
        { by: 'class', value: 'lock' },
      ],
      [
        { by: 'user', value: 'app' },
        { by: 'statement', value: '0' },
      ],
      [{ by: 'user', value: 'never seen' }],
    ];

    test.each([10, 60, 600, 3600])(
      'load in steps of %i s is what the samples give, whatever it is narrowed to',
      async (step) => {
        for (const filters of questions) {
          const answer = await readLoad(reader, 2, 'class', filters, { ...range, step });
          const expected = pointsOf(samples.sessions, step, waitClasses.length, (own) =>
            waitClasses.map(
              (name) =>
                sum(
                  own.flatMap(({ entries }) =>
                    entries.filter((e) => fits(e, filters) && classOfWait(word.wait(e)) === name).map((e) => e.seconds),
                  ),
                ) / sum(own.map(({ covered }) => covered)),
            ),
          );
          expect(answer.points, JSON.stringify(filters)).toEqual(expected);
        }
      },
    );

    test('load by user or wait sums to the whole, and top has the same', async () => {
      const whole = samples.sessions.filter(({ server }) => server === 2);
      const covered = sum(whole.map(({ covered: of }) => of));
      for (const by of ['user', 'wait', 'statement', 'class'] as const) {
        const { rows, other, load, coveredSeconds } = await readTop(reader, 2, by, [], range);
        expect(coveredSeconds).toBeCloseTo(covered, 0);
        const all = whole.flatMap(({ entries }) => entries);
        expect(load).toBeCloseTo(sum(all.map(({ seconds }) => seconds)) / covered, 3);
        expect(sum(rows.map((row) => row.load)) + (other?.load ?? 0)).toBeCloseTo(load, 3);
        if (by === 'statement') continue;
        const name = by === 'class' ? (entry: Entry) => classOfWait(word.wait(entry)) : word[by];
        for (const row of rows)
          expect(row.load).toBeCloseTo(
            sum(all.filter((entry) => name(entry) === row.key).map(({ seconds }) => seconds)) / covered,
            3,
          );
        const series = await readLoad(reader, 2, by, [], { ...range, step: 3600 });
        const total = series.points.map(([, ...values]) => sum(values.map((value) => value ?? 0)));
        const byClass = await readLoad(reader, 2, 'class', [], { ...range, step: 3600 });
        expect(total).toEqual(byClass.points.map(([, ...values]) => close(sum(values.map((value) => value ?? 0)))));
      }
    });

    test('a statement over time is what was added, and nothing is known where its row was full', async () => {
      const key = String(3 * 1_000_003);
      const answer = await readKeyed(reader, 2, 'statement', key, { ...range, step: 600 });
      const place = drawnColumns('statement').findIndex(({ name }) => name === 'calls_per_second');
      const own = samples.keyed.filter(({ id }) => id === 'statement');
      const expected = pointsOf(own, 600, 1, (rows) => {
        const calls = rows.flatMap((row) =>
          row.rows.filter((each) => each.key === key).flatMap((each) => each.figures.calls ?? []),
        );
        return [calls.length === 0 ? null : sum(calls) / sum(rows.map(({ seconds }) => seconds))];
      });
      expect(answer.points.map((point) => [point[0], point[place + 1]])).toEqual(expected);
    });
  });

  test('filters of two kinds reach as far back as samples do', async () => {
    const filters: LoadFilter[] = [
      { by: 'user', value: 'app' },
      { by: 'statement', value: '0' },
    ];
    await expect(readLoad(reader, 2, 'class', filters, { from: to - 3 * 86_400, to })).rejects.toThrow(NotCombined);
  });

  test('what lies before everything that is kept is a gap, and a year has at most 600 points', async () => {
    for (const days of [400, 200, 30, 3]) {
      const { points, step } = await readSeries(reader, 2, seriesOf('cache'), empty, { from: to - days * 86_400, to });
      expect(points.length).toBeLessThanOrEqual(601);
      expect(points[0]?.[1], `${days}`).toBeNull();
      expect(points.every(([at]) => (at as number) % step === 0)).toBe(true);
      expect(points.some(([, value]) => value !== null)).toBe(true);
    }
  });

  test('where samples were dropped before their time, minutes stand in', async () => {
    const ask = { from, to: from + 3600 };
    expect(await readSeries(reader, 2, seriesOf('cache'), empty, ask)).toMatchObject({ step: 10, source: 'raw' });
    const dropped = new Reader(stage.store, kept, () => ({
      raw: to - 3600,
      minute: from - 86_400,
      hour: from - 86_400,
    }));
    expect(await readSeries(dropped, 2, seriesOf('cache'), empty, ask)).toMatchObject({ step: 60, source: 'minute' });
  });

  test('the newest seconds come from memory, also where the store has none of a bucket', async () => {
    const memory = new MemoryHistory();
    const series = seriesOf('cache');
    const now = Math.floor(Date.now() / 10_000) * 10;
    memory.add('cache', (now - 10) * 1000, [123]);
    const { points } = await readSeries(reader, 2, series, memory, { from: now - 600, to: now + 5, step: 10 });
    expect(points.find(([at]) => at === now - 10)?.[1]).toBe(123);
    expect(points.at(-1)?.[0]).toBe(now - 10);
  });

  test('no session time zone moves a bucket', async () => {
    const elsewhere = new Reader(
      {
        on: true,
        transaction: (work) =>
          stage.store.transaction(async (run) => {
            await run("set local timezone = 'Asia/Kathmandu'", [], { prepared: false });
            return work(run);
          }),
      },
      kept,
    );
    for (const step of [600, 3600])
      expect(await readSeries(elsewhere, 2, seriesOf('cache'), empty, { ...range, step })).toEqual(
        await readSeries(reader, 2, seriesOf('cache'), empty, { ...range, step }),
      );
  });

  test('one wait event of a slice is never shown as none where only classes are kept', async () => {
    await rolledUpTo({});
    const filters: LoadFilter[] = [
      { by: 'user', value: 'app' },
      { by: 'wait', value: 'Lock:transactionid' },
    ];
    const total = (points: (number | null)[][]) =>
      sum(points.flatMap(([, ...values]) => values.map((value) => value ?? 0)));
    const fine = await readLoad(reader, 2, 'class', filters, { ...range, step: 600 });
    const hours = await readLoad(reader, 2, 'class', filters, { ...range, step: 3600 });
    expect(total(fine.points)).toBeGreaterThan(0);
    expect(total(hours.points)).toBeGreaterThan(0);
    await expect(readLoad(reader, 2, 'class', filters, { from: to - 30 * 86_400, to })).rejects.toThrow(NotCombined);
  });
});
