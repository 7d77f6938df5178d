import { createHash, randomBytes } from 'node:crypto';
import { partitionedTables } from '@/lib/history/migrate';
import type { Tier } from '@/lib/history/migrations/index';
import { ensurePartitions } from '@/lib/history/partitions';
import { recordings } from '@/lib/history/recordings';
import { rollUps } from '@/lib/history/roll-up';
import type { Run, Store } from '@/lib/history/store';
import { allSeries } from '@/lib/topics/index';

/** How much happens on a generated server: active sessions, and what changes in each interval. */
export type Shape = { sessions: number; statements: number; relations: number; databases: number };

/** A server with many people all day long, and one of the ordinary ones beside it. */
export const heavy: Shape = { sessions: 10, statements: 200, relations: 500, databases: 10 };
export const ordinary: Shape = { sessions: 1, statements: 40, relations: 60, databases: 3 };

const waitEvents = 60;
const clients = 40;

/** The ids that generated rows are made of. */
export type Ids = {
  waits: number[];
  users: number[];
  applications: number[];
  databases: number[];
  clients: number[];
  topics: number[];
  statements: string[];
};

const names = (count: number, name: (at: number) => string) => Array.from({ length: count }, (_, at) => name(at));

async function words(run: Run, kind: string, list: string[]): Promise<number[]> {
  await run(
    'insert into pgdeck.word (kind, word) select $1, w from unnest($2::text[]) as w on conflict (kind, word) do nothing',
    [kind, list],
  );
  const rows = await run<{ word_id: number }>(
    'select word_id from pgdeck.word where kind = $1 and word = any ($2::text[]) order by word_id',
    [kind, list],
  );
  return rows.map(({ word_id }) => word_id);
}

/** The 64-bit identity of the statement of that number. */
const sid = (at: number) => createHash('sha1').update(`statement ${at}`).digest().readBigInt64BE(0).toString();

/** Makes the words, the metrics and, for each server, its row, statements and relations; answers what rows are made of. */
export async function generateNames(run: Run, servers: string[]): Promise<{ ids: Ids; servers: number[] }> {
  const classes = ['CPU', ...['IO', 'Lock', 'LWLock', 'IPC', 'Client', 'Timeout', 'BufferPin']];
  const waits = [...classes, ...names(waitEvents - 1, (at) => `${classes[1 + (at % 7)]}:Event${at}`)];
  const ids: Ids = {
    waits: (await words(run, 'wait', waits)).filter((_, at) => at === 0 || at >= classes.length),
    users: await words(
      run,
      'user',
      names(heavy.databases, (at) => `user${at}`),
    ),
    applications: await words(
      run,
      'application',
      names(heavy.databases, (at) => `app ${at}`),
    ),
    databases: await words(
      run,
      'database',
      names(heavy.databases, (at) => `database${at}`),
    ),
    clients: await words(
      run,
      'client',
      names(clients, (at) => `10.0.0.${at + 1}`),
    ),
    topics: await words(run, 'topic', ['sessions', 'connections', 'locks', 'progress']),
    statements: names(heavy.statements * 1.5, sid),
  };
  const metrics = allSeries().flatMap(({ series }) => series.columns.map((column) => `${series.id}.${column}`));
  await run(
    `insert into pgdeck.metric (idx, name) select u.idx, u.name from unnest($1::text[]) with ordinality as u(name, idx)
on conflict do nothing`,
    [metrics],
  );
  await run(
    `insert into pgdeck.server (id, system_identifier, first_seen)
select id, 'bench', timestamptz 'epoch' from unnest($1::text[]) as id on conflict do nothing`,
    [servers],
  );
  const rows = await run<{ server_id: number }>(
    'select server_id from pgdeck.server where id = any ($1::text[]) order by server_id',
    [servers],
  );
  const serverIds = rows.map(({ server_id }) => server_id);
  await run(
    `insert into pgdeck.statement (server_id, sid, dbid, userid, queryid, toplevel, datname, usename, query, first_seen, last_seen)
select s, q, 1, 1, q, true, 'database1', 'user1', 'select ' || q || repeat(' and some more of the text', 8), timestamptz 'epoch', date 'today'
from unnest($1::int4[]) as s, unnest($2::int8[]) as q on conflict do nothing`,
    [serverIds, ids.statements],
  );
  await run(
    `insert into pgdeck.relation (server_id, rid, datname, schemaname, relname, kind, first_seen, last_seen)
select s, (1::int8 << 32) | (16384 + n), 'database1', 'public', 'relation_' || n, 'table', timestamptz 'epoch', date 'today'
from unnest($1::int4[]) as s, generate_series(1, $2::int4) as n on conflict do nothing`,
    [serverIds, heavy.relations],
  );
  return { ids, servers: serverIds };
}

const seconds = (every: number) =>
  `generate_series($2::timestamptz, $3::timestamptz - interval '1 second', interval '${every} seconds') as t`;

/** A figure that is often small and seldom large, as counters are. */
const skewed = (most: number, power = 4) => `${most} * power(random(), ${power})`;

/** A few of many do most of the work. */
const busy = 'least(1, 20.0 / k)';

const figure: Record<string, string> = {
  calls: `1 + ${skewed(600)} * ${busy}`,
  seq_scan: `${skewed(3, 6)} * ${busy}`,
  seq_tup_read: `${skewed(20_000, 8)} * ${busy}`,
  size_bytes: 'k * 8192',
  total_bytes: 'k * 16384',
  heap_bytes: 'k * 8192',
  index_bytes: 'k * 8192',
  toast_bytes: '0',
  n_live_tup: 'k * 1000',
  blk_write_time: '0',
  temp_blks_read: '0',
  temp_blks_written: '0',
  total_plan_time: '0',
};

async function generateKeyed(
  run: Run,
  server: number,
  from: string,
  to: string,
  ids: Ids,
  shape: Shape,
): Promise<void> {
  const { database, statement, table, index } = recordings;
  const rows: [typeof database, string, string][] = [
    [database, `generate_series(1, ${shape.databases}) as k`, '($4::int8[])[k]'],
    [statement, `generate_series(1, ${shape.statements * 1.5}) as k`, '($4::int8[])[k]'],
    [table, `generate_series(1, ${shape.relations / 2}) as k`, '(1::int8 << 32) | (16384 + k)'],
    [
      index,
      `generate_series(1, ${shape.relations / 2}) as k`,
      `(1::int8 << 32) | (16384 + ${shape.relations / 2} + k)`,
    ],
  ];
  for (const [{ id, columns, everySeconds }, keys, key] of rows) {
    const values = columns.map(
      ({ name, type }) => `array_agg((${figure[name] ?? `${skewed(5000)} * ${busy}`})::${type} order by k)`,
    );
    const chosen = id === 'statement' ? 'where random() < 0.667' : 'where cardinality($4::int8[]) > 0';
    await run(
      `insert into pgdeck.${id}_raw (server_id, ts, seconds, key, ${columns.map(({ name }) => name).join(', ')})
select $1::int4, t, ${everySeconds}, array_agg(${key} order by k), ${values.join(', ')}
from ${seconds(everySeconds)}, ${keys} ${chosen} group by t`,
      [server, from, to, id === 'database' ? ids.databases : ids.statements],
    );
  }
}

/** Makes every sample of one server from `from` to `to` (ISO 8601), server-side. */
async function generateSamples(
  run: Run,
  server: number,
  from: string,
  to: string,
  ids: Ids,
  shape: Shape,
): Promise<void> {
  const metrics = allSeries().reduce((count, { series }) => count + series.columns.length, 0);
  await run(
    `insert into pgdeck.metric_raw (server_id, ts, v)
select $1::int4, t, array_agg((i * 10 * (1 + 0.5 * sin(extract(epoch from t)::float8 / 13751)) + ${skewed(20)})::float4 order by i)
from ${seconds(10)}, generate_series(1, ${metrics}) as i group by t`,
    [server, from, to],
  );
  // A session keeps its user, application, database and client; a statement has a few things that it waits for.
  await run(
    `insert into pgdeck.session_raw (server_id, ts, covered, at, seconds, pid, wait, sid, usr, app, db, client, blocker)
select $1::int4, e.t, 10, array_agg(e.at), array_agg(1::float4), array_agg(e.pid), array_agg(($4::int4[])[e.wait]), array_agg(($5::int8[])[e.sid]),
  array_agg(($6::int4[])[1 + e.pid % 10]), array_agg(($7::int4[])[1 + e.pid % 7]), array_agg(($8::int4[])[1 + e.pid % 3]),
  array_agg(($9::int4[])[1 + e.pid % 40]), array_agg(case when e.wait = 3 then 1 else 0 end)
from (
  select s.*, case when random() < 0.4 then 1 else 2 + (s.sid * 7 + (${skewed(6, 3)})::int4) % ${waitEvents - 1} end as wait
  from (
    select t, at::int2, (1000 + ${skewed(60, 2)})::int4 as pid, (1 + ${skewed(shape.statements * 1.5 - 1, 3)})::int4 as sid
    from ${seconds(10)}, generate_series(0, 9) as at, generate_series(1, ${shape.sessions})
  ) as s
) as e
group by e.t`,
    [server, from, to, ids.waits, ids.statements, ids.users, ids.applications, ids.databases, ids.clients],
  );
  await generateKeyed(run, server, from, to, ids, shape);
  // Whole answers, compressed, as many bytes as a server may have; close by in four minutes of an hour.
  for (const [table, every, where] of [
    ['moment_1m', 60, 'true'],
    ['moment_raw', 10, 'extract(minute from t) < 4'],
  ] as const)
    await run(
      `insert into pgdeck.${table} (server_id, ts, topic, database, rows, partial, body)
select $1::int4, t, m.topic, 0, 40, false, decode(m.body, 'hex')
from ${seconds(every)}, unnest($4::int4[], $5::text[]) as m(topic, body) where ${where}`,
      [server, from, to, ids.topics, [1050, 330, 150, 60].map((bytes) => randomBytes(bytes).toString('hex'))],
    );
}

const daySeconds = 86_400;
const iso = (seconds: number) => new Date(seconds * 1000).toISOString();
const patient = { prepared: false, timeoutMs: 600_000 };

/** Sends a statement that may take long. */
function patiently(store: Store): Run {
  return (text, values) =>
    store.transaction(async (run) => {
      await run("set local statement_timeout = '600s'", [], { prepared: false });
      return run(text, values, patient);
    });
}

/**
 * Makes one day of one server on every level: its first hour from nothing, the others as that one; `day` is its midnight
 * in epoch seconds.
 */
export async function generateDay(store: Store, server: number, day: number, ids: Ids, shape: Shape): Promise<void> {
  if (!store.engine) throw new Error('the store is not on');
  await ensurePartitions(store.transaction, store.engine, day * 1000, (day + daySeconds) * 1000);
  const run = patiently(store);
  await generateSamples(run, server, iso(day), iso(day + 3600), ids, shape);
  for (const { sql, stepSeconds, seconds: width } of rollUps)
    if (width < daySeconds)
      for (let at = day; at < day + 3600; at += stepSeconds) await run(sql, [iso(at), iso(at + stepSeconds)]);
  const hours = Array.from({ length: 23 }, (_, at) => (at + 1) * 3600);
  for (const { name } of partitionedTables())
    await copyRows(run, name, { server, from: day, to: day + 3600 }, { servers: [server], later: hours });
  for (const { sql, seconds: width } of rollUps)
    if (width === daySeconds) await run(sql, [iso(day), iso(day + daySeconds)]);
}

/** Copies the day of one server, as every level holds it, to the days before and to other servers. */
export async function copyDay(
  store: Store,
  of: { server: number; day: number },
  as: { servers: number[]; days: Record<Tier, number> },
): Promise<void> {
  if (!store.engine) throw new Error('the store is not on');
  const run = patiently(store);
  const day = { server: of.server, from: of.day, to: of.day + daySeconds };
  for (const { name, tier } of partitionedTables()) {
    const oldest = of.day - (as.days[tier] - 1) * daySeconds;
    const table = [{ name, tier, columns: '' }];
    await ensurePartitions(store.transaction, store.engine, oldest * 1000, (of.day + daySeconds) * 1000, table);
    // Day by day and in the order of time, as servers write side by side.
    for (let before = as.days[tier] - 1; before >= 0; before--) {
      const servers = before === 0 ? as.servers.filter((server) => server !== of.server) : as.servers;
      if (servers.length > 0) await copyRows(run, name, day, { servers, later: [-before * daySeconds] });
    }
  }
}

async function copyRows(
  run: Run,
  table: string,
  of: { server: number; from: number; to: number },
  as: { servers: number[]; later: number[] },
): Promise<void> {
  const rest = columnsOf(table).join(', ');
  await run(
    `insert into pgdeck.${table} (server_id, ts, ${rest})
select s, r.ts + make_interval(secs => l), ${rest}
from unnest($5::float8[]) as l
cross join (select * from pgdeck.${table} as t where t.server_id = $1 and t.ts >= $2 and t.ts < $3 order by t.ts) as r
cross join unnest($4::int4[]) as s`,
    [of.server, iso(of.from), iso(of.to), as.servers, as.later],
  );
}

/** Names of a table's columns after the server and the time, in their order. */
function columnsOf(table: string): string[] {
  const shape = partitionedTables().find(({ name }) => name === table)?.columns ?? '';
  return shape
    .slice(1, shape.indexOf('primary key'))
    .split(',')
    .map((column) => column.trim().split(' ')[0] ?? '')
    .filter((name) => name !== '' && name !== 'server_id' && name !== 'ts');
}

/** Says that every roll-up is done up to a time, epoch seconds. */
export async function markRolledUp(run: Run, upto: number): Promise<void> {
  for (const { id } of rollUps)
    await run(
      'insert into pgdeck.watermark (rollup, upto) values ($1, $2) on conflict (rollup) do update set upto = excluded.upto',
      [id, iso(upto)],
    );
}
