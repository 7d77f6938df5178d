import { afterEach, beforeEach, expect, test } from 'vitest';
import { everything } from '@/lib/access/test-access';
import { Reader } from '@/lib/history/reader';
import { ServerHistory } from '@/lib/history/server-history';
import { listSeries, readCompareOf, readSeries, readTopOf } from '@/lib/read-history';
import { shared } from '@/lib/runtime';
import { topics } from '@/lib/topics/index';

const now = Math.floor(Date.now() / 1000);
const lastHour = { from: now - 3000, to: now };
const lastWeek = { from: now - 7 * 86_400, to: now - 6 * 86_400 };
let history: ServerHistory;

const entry = { backend_type: 'client backend', dbid: '1', userid: '1', client_addr: null, blocked_by: [] };
const rows = [
  {
    ...entry,
    pid: 1,
    datname: 'shop',
    usename: 'app',
    application_name: 'web',
    queryid: '7',
    wait_event_type: null,
    wait_event: null,
  },
  {
    ...entry,
    pid: 2,
    datname: 'shop',
    usename: 'app',
    application_name: '',
    queryid: '8',
    wait_event_type: 'Lock',
    wait_event: 'transactionid',
  },
  {
    ...entry,
    pid: 3,
    datname: 'shop',
    usename: 'it',
    application_name: 'cron',
    queryid: null,
    wait_event_type: 'IO',
    wait_event: 'DataFileRead',
  },
];

beforeEach(() => {
  history = new ServerHistory('one');
  for (let at = now - 3400; at <= now; at += 5) {
    const snapshot = { partial: undefined, sampledAt: at * 1000, windowSeconds: 5 };
    history.take(topics.load, null, { ...snapshot, rows: at % 20 < 10 ? rows : rows.slice(0, 1) }, 5000);
    history.memory.add('deadlocks', at * 1000, [2]);
  }
  const config = { id: 'one', cpus: 4, read: { database: 'shop' } };
  const store = { on: false, state: { reason: 'The history store is being mended.' } };
  Object.assign(shared(), {
    servers: new Map([['one', { config, connections: {}, sampler: { history } }]]),
    history: { store, reader: new Reader(store as never, {} as never), config: { kind: 'embedded' } },
  });
});
afterEach(() => {
  delete shared().servers;
  delete shared().history;
});

test('without the store the last hour comes from memory', async () => {
  const series = await readSeries(everything, 'one', 'deadlocks', lastHour, {});
  expect(series).toMatchObject({ series: 'deadlocks', source: 'memory', step: 10 });
  expect(series.points.slice(1, -1).every(([, value]) => value === 2)).toBe(true);
});

test('and so does load, sliced and narrowed', async () => {
  const whole = await readSeries(everything, 'one', 'load', lastHour, {});
  expect(whole).toMatchObject({ source: 'memory', cpus: 4 });
  const mean = (answer: typeof whole, column: string) => {
    const place = answer.columns.indexOf(column) + 1;
    const known = answer.points.slice(1, -1);
    return known.reduce((sum, point) => sum + (point[place] ?? 0), 0) / known.length;
  };
  expect(mean(whole, 'cpu')).toBeCloseTo(1, 1);
  expect(mean(whole, 'lock')).toBeCloseTo(0.5, 1);
  const byUser = await readSeries(everything, 'one', 'load', lastHour, { by: 'user' });
  expect(byUser.columns).toEqual(['app', 'it', 'other']);
  expect(mean(byUser, 'app')).toBeCloseTo(1.5, 1);
  const narrowed = await readSeries(everything, 'one', 'load', lastHour, { by: 'wait', filter: 'user:app,class:lock' });
  expect(narrowed.columns).toEqual(['Lock:transactionid', 'other']);
  expect(mean(narrowed, 'Lock:transactionid')).toBeCloseTo(0.5, 1);
  const nameless = await readSeries(everything, 'one', 'load', lastHour, { by: 'application', filter: 'application:' });
  expect(nameless.columns).toEqual(['', 'other']);
});

test('a year of which only memory can tell is answered with the hour that it knows', async () => {
  const year = await readSeries(everything, 'one', 'load', { from: now - 400 * 86_400, to: now }, {});
  expect(year.points.length).toBeLessThan(370);
  expect(year.points.at(-2)?.some((value) => value === null)).toBe(false);
});

test('what caused load sums to it', async () => {
  const {
    load,
    rows: listed,
    other,
    coveredSeconds,
  } = await readTopOf(everything, 'one', 'statement', lastHour, undefined);
  expect(load).toBeCloseTo(2, 1);
  expect(listed.reduce((sum, row) => sum + row.load, other?.load ?? 0)).toBeCloseTo(load, 6);
  expect(listed.map(({ share }) => Math.round(share * 4))).toEqual([2, 1, 1]);
  expect(coveredSeconds).toBeGreaterThan(2980);
});

test('what only the store knows is refused with its reason, and when to ask again', async () => {
  const refused = {
    status: 503,
    code: 'history_unavailable',
    message: 'The history store is being mended.',
    headers: { 'retry-after': '10' },
  };
  await expect(readSeries(everything, 'one', 'deadlocks', lastWeek, {})).rejects.toMatchObject(refused);
  await expect(readSeries(everything, 'one', 'load', lastWeek, {})).rejects.toMatchObject(refused);
  await expect(readSeries(everything, 'one', 'statement', lastHour, { sid: '7' })).rejects.toMatchObject(refused);
  await expect(readTopOf(everything, 'one', 'user', lastWeek, undefined)).rejects.toMatchObject(refused);
  await expect(readCompareOf(everything, 'one', 'load', lastWeek, lastHour)).rejects.toMatchObject(refused);
});

test('every series says what it is asked by, and wrong questions name their field', async () => {
  expect(
    listSeries(everything)
      .filter(({ parameters }) => parameters.length > 0)
      .map(({ id }) => id),
  ).toEqual(['load', 'statement', 'table', 'index', 'database']);
  await expect(readSeries(everything, 'one', 'nothing', lastHour, {})).rejects.toMatchObject({ status: 404 });
  await expect(readSeries(everything, 'two', 'load', lastHour, {})).rejects.toMatchObject({ status: 404 });
  await expect(readSeries(everything, 'one', 'statement', lastHour, {})).rejects.toMatchObject({
    status: 400,
    field: 'sid',
  });
  await expect(readSeries(everything, 'one', 'index', lastHour, {})).rejects.toMatchObject({
    status: 400,
    field: 'oid',
  });
  await expect(readSeries(everything, 'one', 'load', { ...lastWeek, step: 10 }, {})).rejects.toMatchObject({
    status: 503,
  });
  await expect(readSeries(everything, 'one', 'load', { from: 1, to: now, step: 10 }, {})).rejects.toMatchObject({
    status: 400,
    field: 'step',
  });
  for (const filter of [
    'colour:red',
    'class:blue',
    'statement:x',
    'statement:9223372036854775808',
    'user:%zz',
    'user:%00',
    'user:a,user:b',
  ])
    await expect(readSeries(everything, 'one', 'load', lastHour, { filter }), filter).rejects.toMatchObject({
      status: 400,
      field: 'filter',
    });
});

// Fails when `filtersOf()` or `readSeries()` does not look at who asks.
test('T12: who may see some databases gets the load of one of them, and nothing of the whole server', async () => {
  const of = (...names: string[]) => ({ ...everything, databases: new Set(names) });
  const [shop, books, both] = [of('shop'), of('books'), of('books', 'shop')];
  const load = async (access: typeof everything, filter?: string) =>
    (await readTopOf(access, 'one', 'user', lastHour, filter)).load;
  expect(await load(shop)).toBeGreaterThan(0.9);
  expect(await load(shop)).toBe(await load(everything));
  expect(await load(books)).toBe(0);
  expect(await load(books, 'database:books')).toBe(0);
  expect(await load(both, 'database:shop')).toBe(await load(everything));
  await expect(load(both)).rejects.toMatchObject({ status: 403, field: 'filter' });
  await expect(load(shop, 'database:')).rejects.toMatchObject({ status: 403 });
  await expect(load(books, 'database:shop')).rejects.toMatchObject({ status: 404, field: 'database' });
  const points = (await readSeries(books, 'one', 'load', lastHour, {})).points.flatMap(([, ...values]) => values);
  expect(points.filter(Boolean)).toEqual([]);
  await expect(readSeries(shop, 'one', 'deadlocks', lastHour, {})).rejects.toMatchObject({ status: 403 });
  await expect(readCompareOf(shop, 'one', 'load', lastWeek, lastHour)).rejects.toMatchObject({ status: 403 });
  const table = { database: 'shop', oid: 7 };
  await expect(readSeries(shop, 'one', 'table', lastHour, table)).rejects.toMatchObject({ status: 503 });
  await expect(readSeries(books, 'one', 'table', lastHour, table)).rejects.toMatchObject({ status: 404 });
  expect(listSeries(shop).map(({ id }) => id)).toEqual(['load', 'statement', 'table', 'index', 'database']);
});
