import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Dimension, dimensions, type Recording, recordings } from './recordings';
import { lowerWatermarks, rollUp } from './roll-ups';
import {
  type Entry,
  insertSamples,
  randomNumbers,
  randomSamples,
  type Samples,
  waits,
  writeNames,
  writeSamples,
} from './test-samples';
import { type StoreStage, startStore } from './test-stage';

const kept = { rawDays: 2, minuteDays: 14, hourDays: 400 };
/** Whole days, so that days are rolled up too. */
const from = Math.floor(Date.now() / 86_400_000) * 86_400 - 86_400;
const to = from + 5 * 3600;

const down = (at: number, width: number) => Math.floor(at / width) * width;
const close = (value: number | null | undefined) => (value == null ? null : expect.closeTo(value, 2));

function grouped<T>(list: T[], key: (one: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const one of list) groups.set(key(one), [...(groups.get(key(one)) ?? []), one]);
  return groups;
}

const sum = (values: number[]) => values.reduce((a, b) => a + b, 0);

/** A roll-up of metrics, added up here. */
function metricsOf({ metrics }: Samples, width: number) {
  return [...grouped(metrics, ({ server, ts }) => `${server} ${down(ts, width)}`)].map(([at, rows]) => {
    const columns = Math.max(...rows.map(({ v }) => v.length));
    const values = Array.from({ length: columns }, (_, column) =>
      rows.flatMap(({ v }) => (v[column] == null ? [] : [v[column] as number])),
    );
    return {
      at,
      n: values.map(({ length }) => length),
      av: values.map((list) => close(list.length === 0 ? null : sum(list) / list.length)),
      mx: values.map((list) => close(list.length === 0 ? null : Math.max(...list))),
    };
  });
}

const keyOf: Record<Dimension, (entry: Entry) => string> = {
  wait: () => '0',
  statement: ({ sid }) => sid,
  user: ({ usr }) => String(usr),
  application: ({ app }) => String(app),
  database: ({ db }) => String(db),
  client: ({ client }) => String(client),
};

/** A roll-up of load, added up here; `most` keys are kept, of waits only their class is where `classes` says which. */
function loadOf({ sessions }: Samples, width: number, wanted: Dimension[], classes?: Map<number, number>, most = 1e9) {
  return [...grouped(sessions, ({ server, ts }) => `${server} ${down(ts, width)}`)].flatMap(([at, rows]) =>
    wanted.map((dimension) => {
      const entries = rows.flatMap((row) => row.entries);
      const totals = [...grouped(entries, keyOf[dimension])].map(([key, own]) => ({
        key,
        total: sum(own.map((e) => e.seconds)),
      }));
      totals.sort((a, b) => b.total - a.total || Number(BigInt(a.key) - BigInt(b.key)));
      const greatest = new Set(totals.slice(0, most).map(({ key }) => key));
      const label = (entry: Entry) => {
        const key = keyOf[dimension](entry);
        const wait = dimension === 'wait' ? entry.wait : (classes?.get(entry.wait) ?? entry.wait);
        return `${greatest.has(key) ? key : '-1'} ${wait}`;
      };
      return {
        at: `${at} ${dimensions[dimension]}`,
        covered: close(sum(rows.map(({ covered }) => covered))),
        entries: Object.fromEntries(
          [...grouped(entries, label)].map(([name, own]) => [name, close(sum(own.map((e) => e.seconds)))]),
        ),
      };
    }),
  );
}

/** A roll-up of rows of a topic, added up here; of an hour only the greatest are kept. */
function keyedOf({ keyed }: Samples, id: Recording['id'], width: number) {
  const { columns, rank, most } = recordings[id];
  const own = keyed.filter((sample) => sample.id === id);
  return [...grouped(own, ({ server, ts }) => `${server} ${down(ts, width)}`)].map(([at, samples]) => {
    const ordered = [...samples].sort((a, b) => a.ts - b.ts);
    const fold = (name: string, rows: Record<string, number | null>[], how: string) => {
      const values = rows.flatMap((row) => (row[name] == null ? [] : [row[name] as number]));
      if (values.length === 0) return null;
      return how === 'sum' ? sum(values) : how === 'max' ? Math.max(...values) : (values.at(-1) ?? null);
    };
    const byKey = [
      ...grouped(
        ordered.flatMap(({ rows }) => rows),
        ({ key }) => key,
      ),
    ].map(([key, rows]) => ({
      key,
      figures: Object.fromEntries(
        columns.map(({ name, fold: how }) => [
          name,
          fold(
            name,
            rows.map(({ figures }) => figures),
            how,
          ),
        ]),
      ),
    }));
    byKey.sort((a, b) => (b.figures[rank] ?? -1) - (a.figures[rank] ?? -1) || Number(a.key) - Number(b.key));
    const greatest = new Set(
      byKey
        .filter(({ key }) => key !== '0')
        .slice(0, width === 3600 ? most.hour : 1e9)
        .map(({ key }) => key),
    );
    const folded = [...grouped(byKey, ({ key }) => (greatest.has(key) ? key : '0'))].map(([key, rows]) => [
      key,
      Object.fromEntries(
        columns.map(({ name }) => [
          name,
          close(
            fold(
              name,
              rows.map(({ figures }) => figures),
              'sum',
            ),
          ),
        ]),
      ),
    ]);
    return { at, seconds: close(sum(samples.map(({ seconds }) => seconds))), rows: Object.fromEntries(folded) };
  });
}

const at = "r.server_id || ' ' || extract(epoch from r.ts)::int8";

describe.each([14, 18])('PostgreSQL %i', (major) => {
  let stage: StoreStage;
  let samples: Samples;
  let classes: Map<number, number>;
  beforeAll(async () => {
    stage = await startStore({ major });
    const ids = await writeNames(stage.store.query);
    classes = new Map(
      waits.flatMap((word, place) => {
        const general = waits.indexOf(word.split(':')[0] ?? '');
        return general < 0 ? [] : [[ids.waits[place] as number, ids.waits[general] as number] as const];
      }),
    );
    samples = randomSamples(from, to, ids, randomNumbers(major));
    await writeSamples(stage.store, samples);
  });
  afterAll(() => stage?.stop());

  const sorted = <T extends { at: string }>(rows: T[]) => rows.sort((a, b) => a.at.localeCompare(b.at));
  const stored = {
    metrics: (table: string) =>
      stage.store.query(`select ${at} as at, r.n, r.av, r.mx from pgdeck.${table} as r`) as Promise<{ at: string }[]>,
    load: async (table: string) => {
      const rows = await stage.store.query<{
        at: string;
        covered: number;
        keys: string[];
        wait: number[];
        seconds: number[];
      }>(
        `select ${at} || ' ' || r.dimension as at, r.covered, r.key::text[] as keys, r.wait, r.seconds from pgdeck.${table} as r`,
      );
      return rows.map((row) => ({
        at: row.at,
        covered: row.covered,
        entries: Object.fromEntries(row.keys.map((key, place) => [`${key} ${row.wait[place]}`, row.seconds[place]])),
      }));
    },
    keyed: async (id: Recording['id'], table: string) => {
      const names = recordings[id].columns.map(({ name }) => name);
      const rows = await stage.store.query<{ at: string; seconds: number; keys: string[] } & Record<string, unknown>>(
        `select ${at} as at, r.seconds, r.key::text[] as keys, ${names.map((name) => `r.${name}::float8[] as ${name}`).join(', ')} from pgdeck.${table} as r`,
      );
      return rows.map((row) => ({
        at: row.at,
        seconds: row.seconds,
        rows: Object.fromEntries(
          row.keys.map((key, place) => [
            key,
            Object.fromEntries(names.map((name) => [name, (row[name] as number[])[place]])),
          ]),
        ),
      }));
    },
  };

  async function expectAll(): Promise<void> {
    expect(sorted(await stored.metrics('metric_1m'))).toEqual(sorted(metricsOf(samples, 60)));
    expect(sorted(await stored.metrics('metric_1h'))).toEqual(sorted(metricsOf(samples, 3600)));
    const all = Object.keys(dimensions) as Dimension[];
    expect(sorted(await stored.load('load_1m'))).toEqual(sorted(loadOf(samples, 60, ['wait'])));
    expect(sorted(await stored.load('load_10m'))).toEqual(sorted(loadOf(samples, 600, all)));
    expect(sorted(await stored.load('load_1h'))).toEqual(sorted(loadOf(samples, 3600, all, classes, 50)));
    expect(sorted(await stored.metrics('metric_1d'))).toEqual(sorted(metricsOf(samples, 86_400)));
    for (const id of ['statement', 'table'] as const) {
      expect(sorted(await stored.keyed(id, `${id}_10m`))).toEqual(sorted(keyedOf(samples, id, 600)));
      expect(sorted(await stored.keyed(id, `${id}_1h`))).toEqual(sorted(keyedOf(samples, id, 3600)));
    }
  }

  test('what is rolled up is what adding up the samples gives, and rolling up again changes nothing', async () => {
    let steps = 0;
    expect(await rollUp(stage.store, kept, () => steps++ > 3)).toBe(true);
    expect(await rollUp(stage.store, kept)).toBe(false);
    await expectAll();
    await stage.store.query("update pgdeck.watermark set upto = upto - interval '2 hours'");
    expect(await rollUp(stage.store, kept)).toBe(false);
    await expectAll();
  });

  test('a day sums to its hours', async () => {
    const total = (table: string) =>
      stage.store.query(
        `select r.server_id, r.dimension, sum(s.seconds)::float8 as seconds from pgdeck.${table} as r
cross join lateral (select sum(e) as seconds from unnest(r.seconds) as e) as s
where r.ts < $1 group by 1, 2 order by 1, 2`,
        [new Date((from + 86_400) * 1000).toISOString()],
      );
    const hours = await total('load_1h');
    expect(hours.length).toBe(12);
    expect(await total('load_1d')).toEqual(hours.map((row) => ({ ...row, seconds: close(row.seconds as number) })));
    const calls = (table: string) =>
      stage.store.query<{ calls: number }>(
        `select r.server_id, sum(c)::int8 as calls from pgdeck.${table} as r cross join lateral unnest(r.calls) as c
where r.ts < $1 group by 1 order by 1`,
        [new Date((from + 86_400) * 1000).toISOString()],
      );
    expect(await calls('statement_1d')).toEqual(await calls('statement_1h'));
  });

  test('a sample that comes late is rolled up again, also when it comes while rolling up', async () => {
    const late: Samples = {
      metrics: [{ server: 2, ts: from + 5000, v: [4, 5, 6] }],
      sessions: [{ server: 2, ts: from + 5000, covered: 10, entries: [] }],
      keyed: [],
    };
    let rolled: Promise<boolean> | undefined;
    await stage.store.transaction(async (run) => {
      await insertSamples(run, late);
      await lowerWatermarks(run, from + 5000);
      // It has to wait for this transaction, or it would not see what is written here.
      rolled = rollUp(stage.store, kept);
      await new Promise((resolve) => setTimeout(resolve, 200));
    });
    expect(await rolled).toBe(false);
    samples.metrics.push(...late.metrics);
    samples.sessions.push(...late.sessions);
    await expectAll();
  });

  test('while the clock was ahead nothing is taken for rolled up for ever', async () => {
    const { store } = stage;
    const at = (ms: number) => ({ transaction: store.transaction, now: () => ms });
    await rollUp(at(store.now() + 86_400_000), kept);
    await rollUp(store, kept);
    const [ahead] = await store.query<{ rollups: number }>(
      "select count(*)::int4 as rollups from pgdeck.watermark where upto > now() + interval '1 minute'",
    );
    expect(ahead?.rollups).toBe(0);
    await expectAll();
  });
});
