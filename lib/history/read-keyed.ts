import type { Source } from './answers';
import { keyedTables, type Piece, planPoints, planSpan, type Range, type Reach } from './levels';
import { bucketSql, jsonOf, moment, type Points, pieceSql, toPoints } from './points';
import type { Reader } from './reader';
import { type Folding, otherKey, type RecordedColumn, type Recording, recordings } from './recordings';

/** Rows that did not change are stored once an hour: the newest figure before a range is at most that old. */
const wholeEverySeconds = 3600;

const isSum = ({ fold }: RecordedColumn) => fold === 'sum';

/** A column that is drawn: what was added in each second, the mean of a call, or the newest figure. */
type Drawn = {
  name: string;
  unit: string;
  value: (figures: Map<string, number | null>, seconds: number) => number | null;
};

function unitOf(column: RecordedColumn): string {
  if (/_time$/.test(column.name)) return 'ms';
  if (/_bytes$/.test(column.name)) return 'bytes';
  return /_blks_|^blks_/.test(column.name) ? 'blocks' : '';
}

/** What a series of a recording draws, in its order. */
export function drawnColumns(id: Recording['id']): Drawn[] {
  const drawn = recordings[id].columns.map((column): Drawn => {
    const { name } = column;
    if (!isSum(column)) return { name, unit: unitOf(column), value: (figures) => figures.get(name) ?? null };
    return {
      name: `${name}_per_second`,
      unit: `${unitOf(column)}/s`,
      value: (figures, seconds) => {
        const sum = figures.get(name) ?? null;
        return sum === null || seconds <= 0 ? null : sum / seconds;
      },
    };
  });
  if (id !== 'statement') return drawn;
  const mean: Drawn = {
    name: 'mean_exec_time',
    unit: 'ms',
    value: (figures) => {
      const [calls, time] = [figures.get('calls'), figures.get('total_exec_time')];
      return calls && typeof time === 'number' ? time / calls : null;
    },
  };
  return [...drawn.slice(0, 1), mean, ...drawn.slice(1)];
}

type Row = (number | null)[];

/** How values of a column become one: over rows of time, in SQL. `p` is the place of the key in a row's arrays. */
function foldedSql({ name, fold }: RecordedColumn): string {
  if (fold === 'last')
    return `(array_agg(r.${name}[r.p] order by r.ts desc) filter (where r.${name}[r.p] is not null))[1]`;
  return `${fold}(r.${name}[r.p]::float8)`;
}

/** One key's figures in one piece: `$4` the step, `$5` the key. */
function pieceStatement(recording: Recording, piece: Piece): string {
  const columns = recording.columns.map((column) => `${foldedSql(column)} as ${column.name}`);
  return jsonOf(
    ['bucket', 'seconds', 'there', 'hidden', ...recording.columns.map(({ name }) => name)],
    `
  select ${bucketSql} as bucket, sum(r.seconds::float8) as seconds, count(r.p) as there,
    count(*) filter (where r.p is null and ${otherKey} = any (r.key)) as hidden, ${columns.join(', ')}
  from (
    select r.*, array_position(r.key, $5::int8) as p from pgdeck.${piece.table} as r where ${pieceSql}
  ) as r
  group by 1
`,
  );
}

/** What is known of a key in one bucket; `seenAt` is the bucket whose newest figures these are. */
type Known = { seconds: number; figures: Map<string, number | null>; seenAt: number };

/**
 * One statement, relation or database over time. Where a row is there without the key, nothing happened to it and its
 * newest figures stay, unless that row had more than it could keep: then nothing is known.
 */
export async function readKeyed(
  reader: Reader,
  server: number,
  id: Recording['id'],
  key: string,
  range: Range,
): Promise<{ step: number; points: Points; source: Source }> {
  const recording = recordings[id];
  const reach = await reader.reach();
  const tables = keyedTables(id);
  const plan = planPoints(tables, range, reach);
  const lookBack = wholeEverySeconds + recording.everySeconds;
  const earlier = planPoints(tables, { ...range, from: range.from - lookBack, step: plan.step }, reach);
  const { pieces, first } = earlier.step === plan.step ? earlier : plan;
  const rows = await reader.once(`keyed ${server} ${id} ${key} ${plan.step} ${first} ${plan.end}`, async () => {
    const answers = pieces.map((piece) =>
      reader.json<Row>(pieceStatement(recording, piece), [
        server,
        moment(piece.from),
        moment(piece.to),
        plan.step,
        key,
      ]),
    );
    return (await Promise.all(answers)).flat();
  });
  const buckets = new Map<number, Known>();
  let before: Known | undefined;
  for (const [at, seconds, there, hidden, ...values] of rows.sort((a, b) => (a[0] ?? 0) - (b[0] ?? 0))) {
    const bucket = at ?? 0;
    const known = buckets.get(bucket) ?? { seconds: 0, figures: new Map(), seenAt: bucket };
    const absent = !there && !hidden;
    const stays = absent && before && bucket - before.seenAt <= lookBack ? before : undefined;
    if (stays && !buckets.has(bucket)) known.seenAt = stays.seenAt;
    if (there) known.seenAt = bucket;
    known.seconds += seconds ?? 0;
    recording.columns.forEach(({ name, fold }, place) => {
      const missing = !absent ? null : fold === 'sum' ? 0 : (stays?.figures.get(name) ?? null);
      known.figures.set(name, folded(fold, known.figures.get(name) ?? null, values[place] ?? missing));
    });
    buckets.set(bucket, known);
    before = known;
  }
  const drawn = drawnColumns(id);
  const points = toPoints(plan, drawn.length, reach.now, (bucket) => {
    const known = buckets.get(bucket);
    return known && drawn.map(({ value }) => value(known.figures, known.seconds));
  });
  return { step: plan.step, points, source: plan.source };
}

/** Two figures of one key as one. */
function folded(how: Folding, before: number | null, more: number | null): number | null {
  if (before === null || more === null || how === 'last') return more ?? before;
  return how === 'sum' ? before + more : Math.max(before, more);
}

/** Sums of a window by key. */
export type KeyedSums = {
  first: number;
  end: number;
  seconds: number;
  source: Source;
  rows: Map<string, Record<string, number | null>>;
};

/** What was added by each key in a range (the newest figure where it is no sum); `keys` narrows it, `columns` too. */
export async function sumKeyed(
  reader: Reader,
  server: number,
  id: Recording['id'],
  range: Range,
  options: { reach: Reach; keys?: string[]; columns?: string[]; least?: number },
): Promise<KeyedSums> {
  const recording = recordings[id];
  const columns = recording.columns.filter(({ name }) => options.columns?.includes(name) ?? true);
  const plan = planSpan(keyedTables(id), range, options.reach, options.least);
  const names = columns.map(({ name }) => name);
  const only = options.keys ? 'and u.key = any ($4::int8[])' : '';
  const text = (piece: Piece) =>
    jsonOf(
      ['key', 'seconds', ...names],
      `
  select u.key::text as key, null::float8 as seconds, ${columns
    .map(({ name, fold }) =>
      fold === 'last'
        ? `(array_agg(u.${name} order by r.ts desc) filter (where u.${name} is not null))[1] as ${name}`
        : `${fold}(u.${name}::float8) as ${name}`,
    )
    .join(', ')}
  from pgdeck.${piece.table} as r
  cross join lateral unnest(r.key, ${names.map((name) => `r.${name}`).join(', ')}) as u(key, ${names.join(', ')})
  where ${pieceSql} ${only}
  group by 1
  union all
  select null, sum(r.seconds::float8), ${names.map(() => 'null').join(', ')}
  from pgdeck.${piece.table} as r
  where ${pieceSql}
`,
    );
  const parts = await reader.once(
    `sums ${JSON.stringify([server, id, plan.pieces, options.keys, names])}`,
    async () =>
      await Promise.all(
        plan.pieces.map((piece) =>
          reader.json<[string | null, number | null, ...(number | null)[]]>(text(piece), [
            server,
            moment(piece.from),
            moment(piece.to),
            ...(options.keys ? [options.keys] : []),
          ]),
        ),
      ),
  );
  const rows: KeyedSums['rows'] = new Map();
  let seconds = 0;
  for (const [key, covered, ...values] of parts.flat()) {
    seconds += covered ?? 0;
    if (key === null) continue;
    const before = rows.get(key) ?? {};
    columns.forEach(({ name, fold }, at) => {
      before[name] = folded(fold, before[name] ?? null, values[at] ?? null);
    });
    rows.set(key, before);
  }
  return { first: plan.first, end: plan.end, seconds, source: plan.source, rows };
}
