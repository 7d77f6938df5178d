import { ApiError, badInput, notFound } from '@/lib/access/errors';
import { shownLabels, shownWords } from '@/lib/access/query-text';
import { homeOf, requireDatabase, type ServerAccess, seesDatabase } from '@/lib/access/server-access';
import type { CompareAnswer, ComparedTopic, LoadBy, SeriesAnswer, TopAnswer } from '@/lib/history/answers';
import { type KeyedOf, keyOf } from '@/lib/history/keys';
import { mostExported, type Range } from '@/lib/history/levels';
import { FilterProblem, type LoadFilter, parseLoadFilter } from '@/lib/history/load-filter';
import { memoryLoad, memorySlices, remembersLoad } from '@/lib/history/load-of-memory';
import { bucketSeconds, memorySeconds } from '@/lib/history/memory';
import { readCompare } from '@/lib/history/read-compare';
import { drawnColumns, readKeyed } from '@/lib/history/read-keyed';
import { NotCombined, readLoad, statementTexts } from '@/lib/history/read-load';
import { readSeries as readStored } from '@/lib/history/read-series';
import { describeStatements, readTop, topOf } from '@/lib/history/read-top';
import { isStoreSlow, type Reader } from '@/lib/history/reader';
import { findServer } from '@/lib/read';
import { runtime, type Server } from '@/lib/runtime';
import { waitClasses } from '@/lib/topics/connections';
import { allSeries } from '@/lib/topics/index';

/** A series that is kept only in the store, and what it is asked by. */
type StoredSeries = {
  id: string;
  title: string;
  unit: string;
  columns: string[];
  cadenceSeconds: number;
  parameters: string[];
};

const keyed = (id: KeyedOf['id'], title: string, cadenceSeconds: number, parameters: string[]): StoredSeries => ({
  id,
  title,
  unit: '',
  columns: drawnColumns(id).map(({ name }) => name),
  cadenceSeconds,
  parameters,
});

const storedSeries: StoredSeries[] = [
  {
    id: 'load',
    title: 'Average active sessions',
    unit: 'sessions',
    columns: [...waitClasses],
    cadenceSeconds: 1,
    parameters: ['by', 'filter'],
  },
  keyed('statement', 'One statement', 60, ['sid']),
  keyed('table', 'One table', 120, ['database', 'oid']),
  keyed('index', 'One index', 120, ['database', 'oid']),
  keyed('database', 'One database', 60, ['database']),
];

/** Every series of a server that somebody may see, with the parameters that it is asked by. */
export function listSeries(access: ServerAccess) {
  if (access.databases !== undefined) return storedSeries;
  const topics = allSeries().map(({ series, topic }) => ({
    id: series.id,
    title: series.title,
    unit: series.unit,
    columns: series.columns,
    cadenceSeconds: topic.cadenceSeconds,
    parameters: [] as string[],
  }));
  return [...topics, ...storedSeries];
}

/** What a series is asked by, beside its range. */
export type SeriesOf = {
  by?: LoadBy | undefined;
  filter?: string | undefined;
  sid?: string | undefined;
  database?: string | undefined;
  oid?: number | undefined;
};

/** One series of a server; 404 where there is none, 503 where neither the store nor memory can tell. */
export async function readSeries(
  access: ServerAccess,
  serverId: string,
  id: string,
  range: Range,
  of: SeriesOf,
): Promise<SeriesAnswer> {
  const server = findServer(serverId);
  if (range.step && (range.to - range.from) / range.step > mostExported)
    throw badInput(`step: gives more than ${mostExported} points for this range`, 'step');
  if (id === 'load') {
    const answer = await loadSeries(access, server, range, of);
    return of.by === 'statement' && answer.labels
      ? { ...answer, labels: await shownWords(answer.labels, access) }
      : answer;
  }
  const known = storedSeries.find((series) => series.id === id);
  if (known) return keyedSeries(access, server, id as KeyedOf['id'], range, of);
  const topic = allSeries().find(({ series }) => series.id === id);
  if (!topic) throw notFound(`There is no series "${id}". GET /api/servers/${serverId}/series lists them.`);
  requireDatabase(access, serverId, null);
  // A chart that moves with the time is the same for all who ask for it in the same second.
  const { from, to, step } = range;
  return runtime().history.reader.once(`topic series ${serverId} ${id} ${from} ${to} ${step}`, () =>
    topicSeries(server, topic.series, range),
  );
}

async function topicSeries(server: Server, series: ReturnType<typeof allSeries>[number]['series'], range: Range) {
  const { id, unit, columns, aggregate } = series;
  const { memory } = server.sampler.history;
  const remembered = (): SeriesAnswer => ({
    series: id,
    unit,
    columns,
    ...memory.read(id, columns.length, aggregate, range),
    source: 'memory',
  });
  const step = range.step ?? bucketSeconds;
  const since = memory.since(id);
  if (since !== undefined && since <= Math.floor(range.from / step) * step) {
    const answer = remembered();
    // What is missing another instance may have recorded.
    if (!runtime().history.store.on || !hasGap(answer.points)) return answer;
  }
  try {
    return await asked(server, async (reader, number) => ({
      series: id,
      unit,
      columns,
      ...(await readStored(reader, number, series, memory, range)),
    }));
  } catch (error) {
    if (isUnavailable(error) && range.to > Date.now() / 1000 - memorySeconds) return remembered();
    throw error;
  }
}

async function loadSeries(
  access: ServerAccess,
  server: Server,
  range: Range,
  { by = 'class', filter }: SeriesOf,
): Promise<SeriesAnswer> {
  const answer = { series: 'load', unit: 'sessions', cpus: server.config.cpus ?? null };
  const filters = filtersOf(access, server, filter);
  const { load } = server.sampler.history;
  const step = range.step ?? bucketSeconds;
  const remembered = () => ({ ...answer, ...memoryLoad(load, by, filters, { ...range, step }, Date.now() / 1000) });
  if (remembersLoad(load, { from: Math.floor(range.from / step) * step, to: range.to })) {
    const points = remembered();
    const { reader, store } = runtime().history;
    return by === 'statement' && store.on
      ? { ...points, labels: await textsOf(server, reader, points.columns) }
      : points;
  }
  try {
    return await asked(server, async (reader, number) => ({
      ...answer,
      ...(await readLoad(reader, number, by, filters, range)),
    }));
  } catch (error) {
    if (isUnavailable(error) && range.to > Date.now() / 1000 - memorySeconds) return remembered();
    throw error;
  }
}

const textsOf = (server: Server, reader: Reader, ids: string[]) =>
  asked(server, (_, number) => statementTexts(reader, number, ids));

async function keyedSeries(
  access: ServerAccess,
  server: Server,
  id: KeyedOf['id'],
  range: Range,
  of: SeriesOf,
): Promise<SeriesAnswer> {
  const wanted = keyedOf(access, server, id, of);
  const drawn = drawnColumns(id);
  return asked(server, async (reader, number) => {
    const key = await keyOf(reader, number, wanted);
    if (key === undefined || !(await isVisible(access, reader, number, wanted)))
      throw notFound(`The history knows no such ${id} yet: what is new is recorded with the next sample.`);
    return {
      series: id,
      unit: '',
      columns: drawn.map(({ name }) => name),
      units: Object.fromEntries(drawn.map(({ name, unit }) => [name, unit])),
      ...(await readKeyed(reader, number, id, key, range)),
    };
  });
}

/** Whether somebody may see what a series is about; of a statement only the store knows the database. */
async function isVisible(access: ServerAccess, reader: Reader, server: number, of: KeyedOf): Promise<boolean> {
  if (access.databases === undefined || of.id !== 'statement') return true;
  const told = await describeStatements(reader, server, [of.sid]);
  return seesDatabase(access, told.get(of.sid)?.datname);
}

function keyedOf(access: ServerAccess, server: Server, id: KeyedOf['id'], of: SeriesOf): KeyedOf {
  if (id === 'statement') {
    if (of.sid === undefined) throw badInput('sid: say which statement; GET …/top?by=statement lists them', 'sid');
    return { id, sid: of.sid };
  }
  const database = of.database || homeOf(access, server.config, server.connections.capabilities?.databases);
  requireDatabase(access, server.config.id, database);
  if (id === 'database') return { id, database };
  if (of.oid === undefined) throw badInput(`oid: say which ${id}`, 'oid');
  return { id, database, oid: of.oid };
}

/** What caused load in a range. */
export async function readTopOf(
  access: ServerAccess,
  serverId: string,
  by: LoadBy,
  range: Range,
  filter: string | undefined,
): Promise<TopAnswer> {
  const server = findServer(serverId);
  const filters = filtersOf(access, server, filter);
  const cpus = server.config.cpus ?? null;
  const { load } = server.sampler.history;
  const remembered = () => memorySlices(load.read(range), by, filters, range);
  const known = remembersLoad(load, range) ? remembered() : undefined;
  // Of statements memory knows neither texts nor counters.
  if (known && by !== 'statement') return { ...topOf(by, known), cpus };
  try {
    const answer = await asked(server, (reader, number) => readTop(reader, number, by, filters, range, known));
    return { ...answer, rows: by === 'statement' ? await shownLabels(answer.rows, access) : answer.rows, cpus };
  } catch (error) {
    if (isUnavailable(error) && range.to > Date.now() / 1000 - memorySeconds)
      return { ...topOf(by, remembered()), cpus };
    throw error;
  }
}

/** Two windows of a server side by side. */
export async function readCompareOf(
  access: ServerAccess,
  serverId: string,
  topic: ComparedTopic,
  a: Range,
  b: Range,
): Promise<CompareAnswer> {
  requireDatabase(access, serverId, null);
  const answer = await asked(findServer(serverId), (reader, number) => readCompare(reader, number, topic, a, b));
  return topic === 'slow-queries' ? { ...answer, rows: await shownLabels(answer.rows, access) } : answer;
}

/** The parts of a filter; for who may see some databases only, narrowed to one of them. */
function filtersOf(access: ServerAccess, server: Server, text: string | undefined): LoadFilter[] {
  const filters = parsedFilters(text);
  if (access.databases === undefined) return filters;
  const named = filters.find(({ by }) => by === 'database');
  const only = access.databases.size === 1 ? [...access.databases][0] : undefined;
  if (!named && only !== undefined) return [...filters, { by: 'database', value: only }];
  if (!named)
    throw new ApiError(
      403,
      'forbidden',
      `The load of all databases is not yours to see. Narrow it to one: filter=database:NAME, of ${[...access.databases].join(', ')}.`,
      'filter',
    );
  requireDatabase(access, server.config.id, named.value);
  return filters;
}

function parsedFilters(text: string | undefined): LoadFilter[] {
  try {
    return parseLoadFilter(text);
  } catch (error) {
    if (error instanceof FilterProblem) throw badInput(`filter: ${error.message}`, 'filter');
    throw error;
  }
}

const hasGap = (points: SeriesAnswer['points']) =>
  points.some(([, ...values]) => values.every((value) => value === null));

/** Asks the store; 503 `history_unavailable` with its reason where it cannot be asked now, 422 what it does not keep. */
export async function asked<T>(server: Server, ask: (reader: Reader, number: number) => Promise<T>): Promise<T> {
  const { history } = runtime();
  const reason = () =>
    history.config.kind === 'off'
      ? 'History is off, so only the last hour is known. Start pgdeck with PGDECK_HISTORY=on.'
      : history.store.state.reason;
  try {
    if (!history.store.on) throw unavailable(reason());
    // A server that was never recorded has no number: it has no rows either.
    return await ask(history.reader, (await history.reader.serverId(server.config.id)) ?? 0);
  } catch (error) {
    if (error instanceof NotCombined) throw new ApiError(422, 'not_combined', error.message, 'filter');
    if (isStoreSlow(error)) throw unavailable(error.message);
    if (error instanceof ApiError || history.store.on) throw error;
    throw unavailable(reason());
  }
}

const isUnavailable = (error: unknown) => error instanceof ApiError && error.status === 503;

const unavailable = (reason: string | null) =>
  new ApiError(503, 'history_unavailable', reason ?? 'The history store is being started.', undefined, {
    'retry-after': '10',
  });
