import type { Run } from '@/lib/postgres/pool';
import type { TableShape, Tier } from './migrations/index';

/** What the store's PostgreSQL is made of: plain, or with an extension that spreads or cuts tables by itself. */
export type EngineName = 'plain' | 'citus' | 'timescale';

/** How the tables of a store are made and emptied on one kind of PostgreSQL; times are epoch milliseconds. */
export type Engine = {
  name: EngineName;
  /** Settings of every connection, beside those of the store itself. */
  settings: string[];
  /** False: what makes tables cannot be mixed in one transaction; each can be done again. */
  wholeSteps: boolean;
  /** Once for each database, before the first table. */
  prepare(run: Run): Promise<void>;
  reference(run: Run, table: TableShape): Promise<void>;
  local(run: Run, table: TableShape & { unlogged?: true }): Promise<void>;
  distributed(run: Run, table: TableShape): Promise<void>;
  partitioned(run: Run, table: TableShape & { tier: Tier }): Promise<void>;
  /** False: pieces make themselves, and none is made ahead. */
  makesPartitions: boolean;
  /** For a transaction whose locks must not be waited for: others would queue behind it. */
  shortLocks: string[];
  /** Drops what a table holds in one of its pieces. */
  drop(run: Run, piece: { table: string; name: string; to: number }): Promise<void>;
  /** Bytes on disk of one table, its pieces and indexes; as `$1` the qualified name. */
  sizeSql: string;
};

const plain: Engine = {
  name: 'plain',
  settings: [],
  wholeSteps: true,
  prepare: async () => {},
  reference: (run, table) => create(run, table),
  local: (run, table) => create(run, table),
  distributed: (run, table) => create(run, table),
  partitioned: (run, table) => create(run, table, ' partition by range (ts)'),
  makesPartitions: true,
  shortLocks: ["set local lock_timeout = '200ms'"],
  async drop(run, { name }) {
    await run(`drop table if exists pgdeck.${name}`);
  },
  sizeSql: `select coalesce(sum(pg_catalog.pg_total_relation_size(t.relid)), 0)::float8 as bytes
from (
  select t.relid from pg_catalog.pg_partition_tree($1::regclass) as t where t.isleaf
  union
  select c.oid::regclass from pg_catalog.pg_class as c where c.oid = $1::regclass and c.relkind = 'r'
) as t`,
};

/** Gives a table to Citus unless it has it. */
async function handOver(run: Run, name: string, call: string): Promise<void> {
  const [row] = await run<{ there: boolean }>(
    'select exists (select from pg_catalog.pg_dist_partition as p where p.logicalrelid = $1::regclass) as there',
    [`pgdeck.${name}`],
  );
  if (!row?.there) await run(`select ${call}`, [], { prepared: false });
}

const distribute = (run: Run, name: string) =>
  handOver(
    run,
    name,
    `create_distributed_table('pgdeck.${name}', 'server_id', colocate_with => '${name === 'statement' ? 'none' : 'pgdeck.statement'}')`,
  );

const citus: Engine = {
  ...plain,
  name: 'citus',
  wholeSteps: false,
  // SET LOCAL reaches only the coordinator unless it is told to travel.
  shortLocks: ["set local citus.propagate_set_commands = 'local'", ...plain.shortLocks],
  // Few shards, for each partition has them all.
  settings: ['citus.shard_count=8', 'citus.max_adaptive_executor_pool_size=1', 'citus.node_connection_timeout=2000'],
  async prepare(run) {
    const [nodes] = await run<{ shards: number }>(
      'select count(*)::int4 as shards from pg_catalog.pg_dist_node where shouldhaveshards and isactive',
    );
    // What the role may not do is its administrator's to have done.
    const attempt = (statement: string) => run(statement, [], { prepared: false }).catch(() => {});
    if (nodes?.shards === 0)
      await attempt(
        `select citus_set_node_property(n.nodename, n.nodeport, 'shouldhaveshards', true)
from pg_catalog.pg_dist_node as n where n.groupid = 0`,
      );
    // What is set on a connection does not reach the workers; what belongs to the role does.
    await attempt("alter role current_user set lock_timeout = '2s'");
    await attempt("alter role current_user set statement_timeout = '60s'");
  },
  async reference(run, table) {
    await create(run, table);
    await handOver(run, table.name, `create_reference_table('pgdeck.${table.name}')`);
  },
  async local(run, table) {
    await create(run, table);
    // Needed by sessions on a worker only; a coordinator that is no node of its own cluster refuses it.
    await handOver(run, table.name, `citus_add_local_table_to_metadata('pgdeck.${table.name}')`).catch(() => {});
  },
  async distributed(run, table) {
    await create(run, table);
    await distribute(run, table.name);
  },
  async partitioned(run, table) {
    await create(run, table, ' partition by range (ts)');
    await distribute(run, table.name);
  },
  sizeSql: `select coalesce(sum(case
    when exists (select from pg_catalog.pg_dist_partition as p where p.logicalrelid = t.relid)
    then citus_total_relation_size(t.relid, fail_on_error => false) else pg_catalog.pg_total_relation_size(t.relid) end), 0)::float8 as bytes
from (
  select t.relid from pg_catalog.pg_partition_tree($1::regclass) as t where t.isleaf
  union
  select c.oid::regclass from pg_catalog.pg_class as c where c.oid = $1::regclass and c.relkind = 'r'
) as t`,
};

const timescale: Engine = {
  ...plain,
  name: 'timescale',
  async partitioned(run, table) {
    await create(run, table);
    await run(
      `select create_hypertable('pgdeck.${table.name}', 'ts', chunk_time_interval => interval '${table.tier === 'hour' ? '30 days' : '1 day'}', create_default_indexes => false)`,
      [],
      { prepared: false },
    );
  },
  makesPartitions: false,
  async drop(run, { table, to }) {
    await run('select drop_chunks($1::regclass, older_than => $2::timestamptz)', [
      `pgdeck.${table}`,
      new Date(to).toISOString(),
    ]);
  },
  sizeSql: `select coalesce(case
    when exists (select from timescaledb_information.hypertables as h
      where h.hypertable_schema = 'pgdeck' and 'pgdeck.' || h.hypertable_name = $1)
    then hypertable_size($1::text::regclass) else pg_catalog.pg_total_relation_size($1::text::regclass) end, 0)::float8 as bytes`,
};

async function create(run: Run, table: TableShape & { unlogged?: true }, tail = ''): Promise<void> {
  const kind = table.unlogged ? 'unlogged table' : 'table';
  await run(`create ${kind} if not exists pgdeck.${table.name} ${table.columns}${tail}`, [], { prepared: false });
}

/** Which kind of PostgreSQL answers. */
export async function detectEngine(run: Run): Promise<Engine> {
  const rows = await run<{ extname: string }>(
    "select e.extname::text as extname from pg_catalog.pg_extension as e where e.extname in ('citus', 'timescaledb')",
    [],
    { prepared: false },
  );
  if (rows.some(({ extname }) => extname === 'citus')) return citus;
  return rows.length > 0 ? timescale : plain;
}
