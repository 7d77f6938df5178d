import type { Piece } from './levels';
import { dimensionsOf, type LoadQuestion } from './load-filter';
import { jsonOf, moment } from './points';
import { type Dimension, dimensions } from './recordings';
import { restKey } from './roll-up';

/** Where samples hold the key of a dimension. */
const columnOf: Record<Dimension, string> = {
  wait: 'wait',
  statement: 'sid',
  user: 'usr',
  application: 'app',
  database: 'db',
  client: 'client',
};

/** What rows are told apart by: the wait class (its place in `waitClasses`), the wait event, the key of the dimension, some keys. */
export type Group = 'class' | 'wait' | 'key' | { only: string[] };

/** A statement with its parameters. */
export type Statement = { text: string; values: unknown[] };

/**
 * Seconds of load in one piece of time: rows `[bucket, key, wait, seconds]`, and `[bucket, null, null, covered]` for how
 * long samples stand for. `bucket` is null without a step; `key` is text, null where it is not asked for; `wait` the
 * event or the class; with `only` the key of all others is null.
 */
export function loadStatement(
  piece: Piece,
  server: number,
  question: LoadQuestion,
  group: { key?: Group; wait?: 'class' | 'wait' },
  step?: number,
): Statement {
  const values: unknown[] = [];
  const add = (value: unknown, type: string) => `$${values.push(value)}::${type}`;
  const rows = [
    `r.server_id = ${add(server, 'int4')}`,
    `r.ts >= ${add(moment(piece.from), 'timestamptz')}`,
    `r.ts < ${add(moment(piece.to), 'timestamptz')}`,
  ];
  const raw = piece.level === 'raw';
  const wanted = dimensionsOf(question);
  const [dimension = 'wait'] = wanted;
  if (!raw) rows.push(`r.dimension = ${dimensions[dimension]}`);
  const columns = raw ? wanted.map((name) => columnOf[name]) : dimension === 'wait' ? [] : [columnOf[dimension]];
  const unnested = [
    ...['seconds', 'wait', ...columns].map((name) => (raw || name === 'seconds' || name === 'wait' ? name : 'key')),
  ].map((name) => `r.${name}`);
  const entries = question.keys.map((key) => `e.${columnOf[key.dimension]} = ${add(key.id, 'int8')}`);
  // What was not among the greatest is in a row of them all: how much of it is this one's, nobody knows.
  const known = raw
    ? []
    : question.keys.map(({ id }) => `(${add(id, 'int8')} = any (r.key) or not ${add(restKey, 'int8')} = any (r.key))`);
  if (question.waits) entries.push(`e.wait = any (${add(question.waits, 'int4[]')})`);

  const bucket =
    step === undefined
      ? 'null::int8'
      : `extract(epoch from date_bin(make_interval(secs => ${add(step, 'float8')}), r.ts, timestamptz 'epoch'))::int8`;
  const own = question.by === 'class' || question.by === 'wait' ? undefined : `e.${columnOf[question.by]}`;
  const key =
    group.key === undefined || own === undefined
      ? 'null::text'
      : typeof group.key === 'object'
        ? `case when ${own} = any (${add(group.key.only, 'int8[]')}) then ${own}::text end`
        : `${own}::text`;
  const classes =
    group.wait === 'class'
      ? `
  left join unnest(${add(question.classes.ids, 'int4[]')}, ${add(question.classes.classes, 'int4[]')}) as c(wait, class) on c.wait = e.wait`
      : '';
  const wait = group.wait === 'class' ? 'coalesce(c.class, 9)' : group.wait === 'wait' ? 'e.wait' : 'null::int4';
  return {
    text: jsonOf(
      ['bucket', 'key', 'wait', 'seconds', 'covered'],
      `
  select ${bucket} as bucket, ${key} as key, ${wait} as wait, sum(e.seconds::float8) as seconds, null::float8 as covered
  from pgdeck.${piece.table} as r
  cross join lateral unnest(${unnested.join(', ')}) as e(seconds, wait${columns.map((name) => `, ${name}`).join('')})${classes}
  where ${[...rows, ...entries].join(' and ')}
  group by 1, 2, 3
  union all
  select ${bucket}, null, null, null, sum(r.covered::float8)
  from pgdeck.${piece.table} as r
  where ${[...rows, ...known].join(' and ')}
  group by 1
`,
    ),
    values,
  };
}
