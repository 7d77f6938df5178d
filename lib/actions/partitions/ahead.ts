import { z } from 'zod';
import { type Bound, joined } from './bound';

/** How many partitions one run makes at most. */
export const mostAhead = 60;

/** Partitions for the time to come: one for each interval, `count` beyond the current one. */
export const aheadOption = z
  .strictObject({
    interval: z.enum(['day', 'week', 'month', 'year']).meta({ title: 'Interval' }),
    count: z
      .number()
      .int('must be a whole number')
      .min(1, 'must be at least 1')
      .max(mostAhead, `must be at most ${mostAhead}`)
      .meta({ title: 'How many ahead' }),
  })
  .meta({
    title: 'Ahead of time',
    description:
      'Of a table partitioned by range of one date or timestamp: as many intervals after the current one as this.',
  });

export type Ahead = z.infer<typeof aheadOption>;

/** The next partitions as the server reckons them. */
export type Next = {
  /** Whether the key is one date or timestamp. */
  timed: boolean;
  /** Where the newest partition ends; null: there is none with an end. */
  newest: string | null;
  /** The newest reaches to MAXVALUE. */
  endless: boolean;
  /** Whose midnight the boundaries are. */
  zone: string | null;
  bounds: { from: string; to: string; suffix: string }[];
};

const suffixes = { day: 'YYYY_MM_DD', week: 'IYYY_"w"IW', month: 'YYYY_MM', year: 'YYYY' };

/**
 * JSON of `Next` for the partitioned table `c` with key `p`; the interval is `$4`, the count `$5`. An end that is midnight in
 * UTC goes on in UTC, another one in the time zone of the session; literals tell their offset.
 */
export function nextSql({ interval }: Ahead): string {
  // Digits and colons of a date are the same in any DateStyle when they are written here.
  const text = (value: string) => `case t.name
      when 'date' then to_char(${value}, 'YYYY-MM-DD')
      when 'timestamp without time zone' then regexp_replace(to_char(${value}, 'YYYY-MM-DD HH24:MI:SS.US'), '\\.000000$', '')
      else regexp_replace(to_char((${value} at time zone z.zone) at time zone 'UTC', 'YYYY-MM-DD HH24:MI:SS.US'), '\\.000000$', '') || '+00' end`;
  return `(select json_build_object('timed', t.name is not null, 'newest', e.newest, 'endless', e.endless,
    'zone', case when t.name = 'timestamp with time zone' then z.zone end,
    'bounds', coalesce((
      with recursive part(n, lower, upper) as (
        select 1, z.start, date_trunc($4, z.start) + ('1 ' || $4)::interval
        union all
        select n + 1, upper, date_trunc($4, upper) + ('1 ' || $4)::interval from part where upper < z.finish and n < ${mostAhead}
      )
      select json_agg(json_build_object('from', ${text('part.lower')}, 'to', ${text('part.upper')},
        'suffix', to_char(part.lower, case when part.lower = date_trunc($4, part.lower) then '${suffixes[interval]}' else 'YYYY_MM_DD' end)) order by part.n)
      from part where part.lower < z.finish and z.finish <> 'infinity'), '[]'))
  from (select case when p.partstrat = 'r' and p.partnatts = 1 then (
      select format_type(a.atttypid, null) from pg_catalog.pg_attribute as a
      where a.attrelid = c.oid and a.attnum = p.partattrs[0]
        and a.atttypid in ('date'::regtype, 'timestamp'::regtype, 'timestamptz'::regtype)) end as name) as t
  cross join lateral (
    select coalesce(bool_or(b.bound like '% TO (MAXVALUE)'), false) as endless,
      case when t.name is not null then
        (array_agg(b.ends order by case when t.name = 'timestamp with time zone' then b.ends::timestamptz when t.name is not null then b.ends::timestamp::timestamptz end desc nulls last)
          filter (where b.ends is not null))[1] end as newest
    from (select x.bound, substring(x.bound from $re$ TO \\('(.*)'\\)$$re$) as ends
      from (select pg_get_expr(r.relpartbound, r.oid) as bound
        from pg_catalog.pg_inherits as i join pg_catalog.pg_class as r on r.oid = i.inhrelid where i.inhparent = c.oid) as x) as b
  ) as e
  cross join lateral (
    select case when e.newest is not null and t.name = 'timestamp with time zone' and date_trunc('day', e.newest::timestamptz, 'UTC') = e.newest::timestamptz
      then 'UTC' else current_setting('TimeZone') end as zone
  ) as y
  cross join lateral (
    select y.zone, date_trunc($4, current_timestamp at time zone y.zone) as present
  ) as w
  cross join lateral (
    select w.zone, case when e.newest is null then w.present
        when t.name = 'timestamp with time zone' then e.newest::timestamptz at time zone w.zone
        else e.newest::timestamp end as start,
      w.present + ($5::int + 1) * ('1 ' || $4)::interval as finish
  ) as z)`;
}

/** Why there is nothing to make; undefined where there is. */
export function aheadRefusal(next: Next, quoted: string): { code: string; message: string } | undefined {
  if (!next.timed)
    return {
      code: 'not_timed',
      message: `${quoted} is not partitioned by range of one date or timestamp, so there is no next interval.`,
    };
  if (next.endless)
    return { code: 'nothing_to_do', message: `A partition of ${quoted} reaches to MAXVALUE: nothing is ahead of it.` };
  if (next.bounds.length === 0)
    return {
      code: 'nothing_to_do',
      message: `${quoted} has its partitions for that time already: the newest ends at ${next.newest}.`,
    };
  return undefined;
}

/** The partitions to make, with their names. */
export function aheadPartitions(next: Next, parent: string): { name: string; bound: Bound }[] {
  return next.bounds.map(({ from, to, suffix }) => ({
    name: joined(parent, suffix),
    bound: { by: 'range', from: [from], to: [to] },
  }));
}
