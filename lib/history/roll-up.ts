import type { Level } from './levels';
import { type Dimension, dimensions, otherKey, type RecordedColumn, type Recording, recordings } from './recordings';

/** One way from finer rows to coarser ones: `from` → `id`, both tables of the schema `pgdeck`. */
export type RollUp = {
  id: string;
  from: string;
  /** How long `from` is kept. */
  level: Level;
  /** The roll-up that fills `from`; missing where that holds samples. */
  after?: string;
  /** Seconds of one row that it makes, and of one row that it reads where those are samples. */
  seconds: number;
  sampleSeconds: number;
  /** How much of `from` one transaction reads, in seconds: what a hundred servers wrote has to fit beside the writer. */
  stepSeconds: number;
  /** Makes every row of the closed window from `$1` to `$2` anew; sending it twice changes nothing. */
  sql: string;
};

/** The key of load that is not told apart where only the greatest are kept; 0 is what has no statement, user … */
export const restKey = '-1';

/** Keys of an hour or a day of load that are kept apart, by dimension. */
const mostKeys = { statement: 50, rest: 200 };

const bucket = (seconds: number, ts: string) => `date_bin('${seconds} seconds', ${ts}, timestamptz 'epoch')`;
const window = (ts: string) => `${ts} >= $1::timestamptz and ${ts} < $2::timestamptz`;
const updates = (columns: string[]) => columns.map((name) => `${name} = excluded.${name}`).join(', ');

const metricColumns = ['n', 'av', 'mx'];

const metric = (id: string, from: string, seconds: number, figures: string, source: string) => `
insert /* pgdeck:roll-up */ into pgdeck.${id} (server_id, ts, n, av, mx)
select g.server_id, g.bucket, array_agg(g.n order by g.i), array_agg(g.av order by g.i), array_agg(g.mx order by g.i)
from (
  select r.server_id, ${bucket(seconds, 'r.ts')} as bucket, u.i, ${figures}
  from pgdeck.${from} as r, ${source}
  where ${window('r.ts')}
  group by 1, 2, 3
) as g
group by 1, 2
on conflict (server_id, ts) do update set ${updates(metricColumns)}`;

const loadColumns = ['covered', 'key', 'wait', 'seconds'];

/** Rows of load: what is covered stands there without an entry too, for nobody active is not a gap. */
const load = (id: string, covered: string, entries: string) => `
insert /* pgdeck:roll-up */ into pgdeck.${id} (server_id, ts, dimension, ${loadColumns.join(', ')})
select c.server_id, c.bucket, c.dimension, c.covered, coalesce(k.key, '{}'), coalesce(k.wait, '{}'), coalesce(k.seconds, '{}')
from (${covered}) as c
left join (
  select g.server_id, g.bucket, g.dimension, array_agg(g.key order by g.key, g.wait) as key,
    array_agg(g.wait order by g.key, g.wait) as wait, array_agg(g.seconds order by g.key, g.wait) as seconds
  from (${entries}) as g
  group by 1, 2, 3
) as k on k.server_id = c.server_id and k.bucket = c.bucket and k.dimension = c.dimension
on conflict (server_id, ts, dimension) do update set ${updates(loadColumns)}`;

/** What an entry of a sample is counted under, by dimension. */
const keyOf: Record<Dimension, string> = {
  wait: '0::int8',
  statement: 'e.sid',
  user: 'e.usr::int8',
  application: 'e.app::int8',
  database: 'e.db::int8',
  client: 'e.client::int8',
};

const loadOfSamples = (id: string, seconds: number, wanted: Dimension[]) =>
  load(
    id,
    `
  select s.server_id, s.bucket, d.dimension, s.covered
  from (
    select r.server_id, ${bucket(seconds, 'r.ts')} as bucket, sum(r.covered)::float4 as covered
    from pgdeck.session_raw as r
    where ${window('r.ts')}
    group by 1, 2
  ) as s
  cross join unnest('{${wanted.map((name) => dimensions[name]).join(',')}}'::int2[]) as d(dimension)
`,
    `
    select r.server_id, ${bucket(seconds, 'r.ts')} as bucket, d.dimension, d.key, e.wait, sum(e.seconds)::float4 as seconds
    from pgdeck.session_raw as r,
      unnest(r.seconds, r.wait, r.sid, r.usr, r.app, r.db, r.client) as e(seconds, wait, sid, usr, app, db, client),
      lateral (values ${wanted.map((name) => `(${dimensions[name]}::int2, ${keyOf[name]})`).join(', ')}) as d(dimension, key)
    where ${window('r.ts')}
    group by 1, 2, 3, 4, 5
  `,
  );

/** The class of a wait event is a word too (`IO` of `IO:DataFileRead`): other slices than waits keep only that for long. */
const classOfWait = `
      left join pgdeck.word as w on w.word_id = e.wait
      left join pgdeck.word as of_class on of_class.kind = 'wait' and of_class.word = split_part(w.word, ':', 1)`;

const loadOfLoad = (id: string, from: string, seconds: number) =>
  load(
    id,
    `
  select r.server_id, ${bucket(seconds, 'r.ts')} as bucket, r.dimension, sum(r.covered)::float4 as covered
  from pgdeck.${from} as r
  where ${window('r.ts')}
  group by 1, 2, 3
`,
    `
    select t.server_id, t.bucket, t.dimension, t.wait, sum(t.seconds)::float4 as seconds,
      case when t.place <= case t.dimension when ${dimensions.statement} then ${mostKeys.statement} else ${mostKeys.rest} end
        then t.key else ${restKey} end as key
    from (
      select s.*, dense_rank() over (partition by s.server_id, s.bucket, s.dimension order by s.of_key desc, s.key) as place
      from (
        select r.server_id, ${bucket(seconds, 'r.ts')} as bucket, r.dimension, e.key,
          case when r.dimension = ${dimensions.wait} then e.wait else coalesce(of_class.word_id, e.wait) end as wait,
          sum(e.seconds::float8) as seconds,
          sum(sum(e.seconds::float8)) over (
            partition by r.server_id, ${bucket(seconds, 'r.ts')}, r.dimension, e.key) as of_key
        from pgdeck.${from} as r
        cross join lateral unnest(r.key, r.wait, r.seconds) as e(key, wait, seconds)${classOfWait}
        where ${window('r.ts')}
        group by 1, 2, 3, 4, 5
      ) as s
    ) as t
    group by 1, 2, 3, 4, 6
  `,
  );

const names = (columns: RecordedColumn[]) => columns.map(({ name }) => name);

/** How values of one key become one over time. */
const overTime = ({ name, type, fold }: RecordedColumn) =>
  fold === 'last'
    ? `(array_agg(u.${name} order by r.ts desc) filter (where u.${name} is not null))[1]::${type} as ${name}`
    : `${fold}(u.${name})::${type} as ${name}`;

const summed = (recording: Recording, from: string, seconds: number) => `
    select r.server_id, ${bucket(seconds, 'r.ts')} as bucket, u.key, ${recording.columns.map(overTime).join(', ')}
    from pgdeck.${from} as r,
      unnest(r.key, ${names(recording.columns)
        .map((name) => `r.${name}`)
        .join(', ')}) as u(key, ${names(recording.columns).join(', ')})
    where ${window('r.ts')}
    group by 1, 2, 3`;

/** Only the greatest of an hour are kept; all others become one row, so that sums stay true. */
const greatest = (recording: Recording, inner: string) => `
    select t.server_id, t.bucket, case when t.place <= ${recording.most.hour} and t.key <> ${otherKey} then t.key else ${otherKey} end as key,
      ${recording.columns.map(({ name, type }) => `sum(t.${name})::${type} as ${name}`).join(', ')}
    from (
      select s.*, row_number() over (
        partition by s.server_id, s.bucket order by s.key = ${otherKey}, s.${recording.rank} desc nulls last, s.key) as place
      from (${inner}
      ) as s
    ) as t
    group by 1, 2, 3`;

function keyed(recording: Recording, id: string, from: string, seconds: number): string {
  const columns = names(recording.columns);
  const inner = summed(recording, from, seconds);
  return `
insert /* pgdeck:roll-up */ into pgdeck.${id} (server_id, ts, seconds, key, ${columns.join(', ')})
select c.server_id, c.bucket, c.seconds, coalesce(k.key, '{}'), ${columns.map((name) => `coalesce(k.${name}, '{}')`).join(', ')}
from (
  select r.server_id, ${bucket(seconds, 'r.ts')} as bucket, sum(r.seconds)::float4 as seconds
  from pgdeck.${from} as r
  where ${window('r.ts')}
  group by 1, 2
) as c
left join (
  select g.server_id, g.bucket, array_agg(g.key order by g.key) as key,
    ${columns.map((name) => `array_agg(g.${name} order by g.key) as ${name}`).join(', ')}
  from (${seconds >= 3600 ? greatest(recording, inner) : inner}
  ) as g
  group by 1, 2
) as k on k.server_id = c.server_id and k.bucket = c.bucket
on conflict (server_id, ts) do update set ${updates(['seconds', 'key', ...columns])}`;
}

const keyedRollUps = Object.values(recordings).flatMap((recording): RollUp[] => {
  const { id, everySeconds } = recording;
  const [raw, tens, hours, days] = [`${id}_raw`, `${id}_10m`, `${id}_1h`, `${id}_1d`];
  return [
    {
      id: tens,
      from: raw,
      level: 'raw',
      seconds: 600,
      sampleSeconds: everySeconds,
      stepSeconds: 1800,
      sql: keyed(recording, tens, raw, 600),
    },
    {
      id: hours,
      from: tens,
      level: 'minute',
      after: tens,
      seconds: 3600,
      sampleSeconds: 0,
      stepSeconds: 3600,
      sql: keyed(recording, hours, tens, 3600),
    },
    {
      id: days,
      from: hours,
      level: 'hour',
      after: hours,
      seconds: 86_400,
      sampleSeconds: 0,
      stepSeconds: 86_400,
      sql: keyed(recording, days, hours, 86_400),
    },
  ];
});

const metricOfMetric = (id: string, from: string, level: Level, seconds: number): RollUp => ({
  id,
  from,
  level,
  after: from,
  seconds,
  sampleSeconds: 0,
  stepSeconds: seconds,
  sql: metric(
    id,
    from,
    seconds,
    'sum(u.n)::int4 as n, (sum(u.av::float8 * u.n) / nullif(sum(u.n), 0))::float4 as av, max(u.mx) as mx',
    'unnest(r.n, r.av, r.mx) with ordinality as u(n, av, mx, i)',
  ),
});

/** Every roll-up, each after the one that it is made from. */
export const rollUps: RollUp[] = [
  {
    id: 'metric_1m',
    from: 'metric_raw',
    level: 'raw',
    seconds: 60,
    sampleSeconds: 10,
    stepSeconds: 1800,
    sql: metric(
      'metric_1m',
      'metric_raw',
      60,
      'count(u.x)::int4 as n, avg(u.x::float8)::float4 as av, max(u.x) as mx',
      'unnest(r.v) with ordinality as u(x, i)',
    ),
  },
  metricOfMetric('metric_1h', 'metric_1m', 'minute', 3600),
  metricOfMetric('metric_1d', 'metric_1h', 'hour', 86_400),
  {
    id: 'load_1m',
    from: 'session_raw',
    level: 'raw',
    seconds: 60,
    sampleSeconds: 10,
    stepSeconds: 1800,
    sql: loadOfSamples('load_1m', 60, ['wait']),
  },
  {
    id: 'load_10m',
    from: 'session_raw',
    level: 'raw',
    seconds: 600,
    sampleSeconds: 10,
    stepSeconds: 600,
    sql: loadOfSamples('load_10m', 600, Object.keys(dimensions) as Dimension[]),
  },
  {
    id: 'load_1h',
    from: 'load_10m',
    level: 'minute',
    after: 'load_10m',
    seconds: 3600,
    sampleSeconds: 0,
    stepSeconds: 3600,
    sql: loadOfLoad('load_1h', 'load_10m', 3600),
  },
  {
    id: 'load_1d',
    from: 'load_1h',
    level: 'hour',
    after: 'load_1h',
    seconds: 86_400,
    sampleSeconds: 0,
    stepSeconds: 86_400,
    sql: loadOfLoad('load_1d', 'load_1h', 86_400),
  },
  ...keyedRollUps,
];
