import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Pool, type Run } from '@/lib/postgres/pool';
import { detectEngine } from './engine';
import { migrate } from './migrate';
import { type Migration, migrations } from './migrations/index';
import { Store } from './store';
import { type StoreStage, startStore, until } from './test-stage';

/** A step as a later version may have it: every kind of thing that a step can do. */
const later: Migration = {
  version: (migrations.at(-1)?.version ?? 0) + 1,
  name: 'later',
  references: [{ name: 'later_word', columns: '(id int4 primary key, word text not null unique)' }],
  locals: [{ name: 'later_mark', columns: '(name text primary key)', unlogged: true }],
  distributed: [
    { name: 'later_row', columns: '(server_id int4 not null, at date not null, primary key (server_id, at))' },
  ],
  partitioned: [
    {
      name: 'later_raw',
      tier: 'raw',
      columns: '(server_id int4 not null, ts timestamptz not null, v float4, primary key (server_id, ts))',
    },
  ],
  sql: ["alter table pgdeck.event add column source text not null default 'pgdeck'"],
};

/** Everything about the tables of a store that can differ. */
async function shape(run: Run): Promise<unknown> {
  const [row] = await run<{ shape: unknown }>(
    `select json_agg(t order by t.name) as shape from (
  select c.relname as name, c.relkind, c.relpersistence, pg_get_partkeydef(c.oid) as key,
    (select json_agg(json_build_array(a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull, a.attidentity, pg_get_expr(d.adbin, d.adrelid)) order by a.attnum)
     from pg_attribute as a left join pg_attrdef as d on d.adrelid = a.attrelid and d.adnum = a.attnum
     where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select json_agg(json_build_array(o.conname, pg_get_constraintdef(o.oid)) order by o.conname) from pg_constraint as o where o.conrelid = c.oid) as constraints,
    (select json_agg(pg_get_indexdef(i.indexrelid) order by 1) from pg_index as i where i.indrelid = c.oid) as indexes
  from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
  where n.nspname = 'pgdeck' and c.relkind in ('r', 'p', 'v', 'S')
) as t`,
  );
  return row?.shape;
}

describe.each([14, 18])('migrations on PostgreSQL %i', (major) => {
  let stage: StoreStage;
  const pools: Pool[] = [];
  let databases = 0;
  beforeAll(async () => {
    stage = await startStore({ major });
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    await stage?.stop();
  });

  const connect = async (database: string) => {
    const pool = await Pool.open(
      { ...stage.target, database },
      { most: 2, applicationName: 'test', settings: ['timezone=UTC'], timeoutMs: 60_000 },
    );
    pools.push(pool);
    return pool;
  };
  const empty = async () => {
    const name = `empty_${++databases}`;
    await stage.store.query(`create database ${name}`);
    return name;
  };
  const migrated = async (...stages: Migration[][]) => {
    const pool = await connect(await empty());
    for (const steps of stages) await migrate(pool, await detectEngine(pool.query), steps);
    return pool;
  };

  const all = [...migrations, later];
  test.each(all.map((_, at) => at))('from version %i the newest shape is the same as a fresh one', async (at) => {
    const fresh = await shape((await migrated(all)).query);
    const stepwise = await migrated(all.slice(0, at), all);
    expect(JSON.stringify(fresh)).toContain('later_raw');
    expect(await shape(stepwise.query)).toEqual(fresh);
    const rows = await stepwise.query<{ version: number }>('select version from pgdeck.migration order by version');
    expect(rows.map(({ version }) => version)).toEqual([0, ...all.map(({ version }) => version)]);
  });

  test('what was stored before a step is there after it', async () => {
    const pool = await migrated(migrations);
    await pool.query("insert into pgdeck.event values (1, now(), 'a', 'deploy', 'v1', '{}', null)");
    await migrate(pool, await detectEngine(pool.query), all);
    expect(await pool.query('select title, source from pgdeck.event')).toEqual([{ title: 'v1', source: 'pgdeck' }]);
  });

  test('a step that fails leaves nothing behind, and the next attempt goes through', async () => {
    const pool = await migrated(migrations);
    const before = await shape(pool.query);
    const broken = { ...later, sql: ['alter table pgdeck.nothing add column x int4'] };
    const engine = await detectEngine(pool.query);
    await expect(migrate(pool, engine, [...migrations, broken])).rejects.toMatchObject({ code: '42P01' });
    expect(await shape(pool.query)).toEqual(before);
    await migrate(pool, engine, all);
    expect(JSON.stringify(await shape(pool.query))).toContain('later_raw');
  });

  test('many that begin at the same moment do each step once', async () => {
    const database = await empty();
    const several = await Promise.all(Array.from({ length: 5 }, () => connect(database)));
    const engine = await detectEngine(stage.store.query);
    await Promise.all(several.map((pool) => migrate(pool, engine, all)));
    const rows = await several[0]?.query('select version from pgdeck.migration order by version');
    expect(rows).toHaveLength(all.length + 1);
    expect(await shape(several[0]?.query as Run)).toEqual(await shape((await migrated(all)).query));
  });

  test('several stores that begin on an empty database all come on', async () => {
    const target = { ...stage.target, database: await empty() };
    const stores = Array.from({ length: 3 }, () => new Store({ place: () => target }));
    const failed: (string | null)[] = [];
    for (const store of stores) {
      store.onChange(({ status, reason }) => status === 'failing' && failed.push(reason));
      store.start();
    }
    await until(() => stores.every((store) => store.on));
    expect(failed).toEqual([]);
    await Promise.all(stores.map((store) => store.close()));
  });

  test('a store of a newer pgdeck is refused with words, and left as it is', async () => {
    const pool = await migrated(all, [{ version: 99, name: 'future', sql: [] }]);
    const before = await shape(pool.query);
    await expect(migrate(pool, await detectEngine(pool.query))).rejects.toThrow(
      /brought to version 99 by a newer pgdeck; this one knows \d+/,
    );
    expect(await shape(pool.query)).toEqual(before);
  });
});
