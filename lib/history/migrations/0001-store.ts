import { type Recording, recordings } from '../recordings';
import type { Migration } from './index';

const level = (columns: string, key = 'server_id, ts') => `(
  server_id int4 not null,
  ts timestamptz not null,
  ${columns},
  primary key (${key})
)`;

const arrays = (columns: { name: string; type: string }[]) =>
  columns.map(({ name, type }) => `${name} ${type}[] not null`).join(', ');

/** The columns of a recording's tables. */
export const keyedColumns = ({ columns }: Recording) =>
  level(`seconds float4 not null, key int8[] not null, ${arrays(columns)}`);

/** The columns of rolled-up series. */
export const metricRollUp = level('n int4[] not null, av float4[] not null, mx float4[] not null');

const keyed = Object.values(recordings).flatMap((recording) =>
  (['raw', '10m', '1h'] as const).map((width) => ({
    name: `${recording.id}_${width}`,
    tier: width === 'raw' ? ('raw' as const) : width === '10m' ? ('minute' as const) : ('hour' as const),
    columns: keyedColumns(recording),
  })),
);

const loadRollUp = level(
  'dimension int2 not null, covered float4 not null, key int8[] not null, wait int4[] not null, seconds float4[] not null',
  'server_id, ts, dimension',
);

const moments = level(
  'topic int4 not null, database int4 not null, rows int4 not null, partial bool not null, body bytea not null',
  'server_id, topic, database, ts',
);

/**
 * The first shape of the store. Times are bounds in UTC; every key holds `server_id`, so that the tables can be distributed
 * by it. Words (wait events, users, applications, databases, clients, topics) are ids of `word`; 0 is none.
 */
export const migration: Migration = {
  version: 1,
  name: 'store',
  references: [
    {
      name: 'server',
      columns: `(
  server_id int4 generated always as identity primary key,
  id text not null,
  system_identifier text not null,
  first_seen timestamptz not null,
  unique (id, system_identifier)
)`,
    },
    { name: 'metric', columns: '(idx int4 primary key, name text not null unique)' },
    {
      name: 'word',
      columns: `(
  word_id int4 generated always as identity primary key,
  kind text not null,
  word text not null,
  unique (kind, word)
)`,
    },
  ],
  // Small tables that one place keeps: leases and marks are taken with row locks.
  locals: [
    {
      name: 'lease',
      columns: '(name text primary key, holder text not null, term int8 not null, until timestamptz not null)',
    },
    { name: 'watermark', columns: '(rollup text primary key, upto timestamptz not null)' },
    {
      name: 'latest',
      unlogged: true,
      columns: `(
  server_id int4 not null, topic text not null, database text not null,
  sampled_at timestamptz not null, envelope jsonb not null, body bytea not null,
  primary key (server_id, topic, database)
)`,
    },
    {
      name: 'wanted',
      unlogged: true,
      columns: `(
  server_id int4 not null, topic text not null, database text not null,
  wanted_at timestamptz not null, viewed_at timestamptz not null, fresh_at timestamptz not null,
  primary key (server_id, topic, database)
)`,
    },
  ],
  distributed: [
    {
      name: 'statement',
      columns: `(
  server_id int4 not null, sid int8 not null,
  dbid int8 not null, userid int8 not null, queryid int8 not null, toplevel bool not null,
  datname text, usename text, query text,
  first_seen timestamptz not null, last_seen date not null,
  primary key (server_id, sid)
)`,
    },
    {
      name: 'relation',
      columns: `(
  server_id int4 not null, rid int8 not null,
  datname text not null, schemaname text not null, relname text not null, kind text not null, of_rid int8,
  first_seen timestamptz not null, last_seen date not null,
  primary key (server_id, rid)
)`,
    },
    {
      name: 'event',
      columns: `(
  server_id int4 not null, ts timestamptz not null, event_id text not null,
  kind text not null, title text not null, detail jsonb not null, actor text,
  primary key (server_id, ts, event_id)
)`,
    },
    {
      name: 'remembered_state',
      columns: `(
  server_id int4 not null, kind text not null, taken_at timestamptz not null, body jsonb not null,
  primary key (server_id, kind)
)`,
    },
  ],
  partitioned: [
    { name: 'metric_raw', tier: 'raw', columns: level('v float4[] not null') },
    { name: 'metric_1m', tier: 'minute', columns: metricRollUp },
    { name: 'metric_1h', tier: 'hour', columns: metricRollUp },
    {
      name: 'session_raw',
      tier: 'raw',
      columns: level(
        `covered float4 not null, at int2[] not null, seconds float4[] not null, pid int4[] not null, wait int4[] not null,
  sid int8[] not null, usr int4[] not null, app int4[] not null, db int4[] not null, client int4[] not null,
  blocker int4[] not null`,
      ),
    },
    // Minutes hold waits only, ten minutes every slice; days make a year of slices quick to read.
    { name: 'load_1m', tier: 'minute', columns: loadRollUp },
    { name: 'load_10m', tier: 'minute', columns: loadRollUp },
    { name: 'load_1h', tier: 'hour', columns: loadRollUp },
    { name: 'load_1d', tier: 'hour', columns: loadRollUp },
    ...keyed,
    { name: 'moment_raw', tier: 'raw', columns: moments },
    { name: 'moment_1m', tier: 'minute', columns: moments },
  ],
};
