import { once } from 'node:events';
import { type AddressInfo, connect, createServer } from 'node:net';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PreviewBody } from '@/lib/actions/protocol';
import { hasPgBouncer, TestPgBouncer, type TestSetup } from '@/lib/pgbouncer/test-pgbouncer';
import { targetFromUrl } from '@/lib/postgres/target';
import { acting } from '../test-acting';
import { Stage } from '../test-stage';

const reload: PreviewBody = { action: 'pgbouncer-reload', target: { kind: 'pgbouncer' } };

// Without PgBouncer there is nothing to act on.
describe.skipIf(!hasPgBouncer)('RELOAD of PgBouncer', () => {
  let stage: Stage;
  let pooler: TestPgBouncer;
  const { preview, run } = acting(() => stage);
  const setup: TestSetup = {
    databases: { shop: { host: '127.0.0.1', port: 1, more: 'pool_size=2' } },
    users: { boss: 'boss', looker: 'looker' },
    settings: { admin_users: 'boss', stats_users: 'looker', pool_mode: 'transaction', query_wait_timeout: 60 },
  };

  beforeAll(async () => {
    stage = await Stage.build();
  });
  beforeEach(async () => {
    pooler = await TestPgBouncer.start(structuredClone(setup));
    stage.use('actor', { pgbouncer: targetFromUrl('pgbouncerUrl', pooler.url('boss')) });
  });
  afterEach(async () => {
    stage.server.sampler.stop();
    await pooler.remove();
    await stage.clear();
  });
  afterAll(() => stage?.end());

  /** Writes other settings, in their order: what stands behind a wrong one is not read. */
  const write = (settings: TestSetup['settings']) => {
    pooler.setup.settings = settings;
    pooler.write();
  };
  const fallen = (names: RegExp) =>
    expect.stringMatching(new RegExp(`^${names.source} are at their defaults now\\. If nobody meant that, `));
  const undone = {
    message: expect.stringMatching(/^PgBouncer took the command; whether its file was good it does not say: /),
    verified: null,
  };

  it('tells which settings and databases are other than before, and that this proves nothing', async () => {
    pooler.setup.databases = {
      shop: { host: '127.0.0.1', port: 1, more: 'pool_size=7' },
      fresh: { host: '127.0.0.1', port: 1 },
    };
    expect((await preview(reload)).warnings).toContainEqual(
      expect.stringMatching(/^PgBouncer 1\.18\.0 answers as ever where a line is wrong, .* admin_users with it\.$/),
    );
    write({ ...setup.settings, query_wait_timeout: 30 });
    const done = await run(reload);
    expect(done).toMatchObject({
      status: 'done',
      verified: null,
      message:
        'PgBouncer took the command; whether its file was good it does not say: 1 setting and 2 databases changed.',
      warnings: [],
    });
    expect(done.figures).toEqual([
      { label: 'shop: pool_size', before: '2', after: '7' },
      { label: 'fresh', before: null, after: 'there' },
      { label: 'query_wait_timeout', before: '60', after: '30' },
    ]);
    expect(await run(reload)).toMatchObject({
      status: 'done',
      ...undone,
      message: expect.stringMatching(/: no setting and no database is other than before\.$/),
    });
  });

  it('warns where several settings are at their defaults now', async () => {
    write({
      admin_users: 'boss',
      stats_users: 'looker',
      default_pool_size: 'many',
      pool_mode: 'transaction',
      query_wait_timeout: 60,
    });
    const done = await run(reload);
    expect(done).toMatchObject({
      ...undone,
      status: 'done_with_warnings',
      warnings: [fallen(/pool_mode and query_wait_timeout/)],
    });
    expect(done.figures).toEqual([
      { label: 'pool_mode', before: 'transaction', after: 'session' },
      { label: 'query_wait_timeout', before: '60', after: '120' },
    ]);
    // An error behind all that counts cannot be seen.
    write({ ...setup.settings, default_pool_size: 'many' });
    await run(reload);
    expect(await run(reload)).toMatchObject({ ...undone, status: 'done', warnings: [] });
  });

  it('tells that it took pgdeck its own right to act', async () => {
    write({ stats_users: 'boss', default_pool_size: 'many', ...setup.settings });
    pooler.setup.settings.stats_users = 'boss';
    pooler.write();
    expect(await run(reload)).toMatchObject({
      ...undone,
      status: 'done_with_warnings',
      warnings: [
        fallen(/admin_users, pool_mode and query_wait_timeout/),
        expect.stringMatching(/^User boss is none of PgBouncer's admin_users any more: pgdeck may look and not act\. /),
      ],
    });
  });

  it('tells that it shut pgdeck out, and still what changed', async () => {
    write({ default_pool_size: 'many', ...setup.settings });
    const done = await run(reload);
    expect(done).toMatchObject({
      ...undone,
      status: 'done_with_warnings',
      warnings: [
        fallen(/admin_users, pool_mode, query_wait_timeout and stats_users/),
        expect.stringMatching(
          /^pgdeck cannot sign in to the console any more: PgBouncer does not let user boss into its console\. Mend /,
        ),
      ],
    });
    expect(done.figures).toContainEqual({ label: 'admin_users', before: 'boss', after: null });
  });

  it('does not take a PgBouncer that cannot be reached for one that shut pgdeck out', async () => {
    // The way to it lets nobody else in from the RELOAD on.
    const way = createServer((client) => {
      const on = connect(pooler.port, pooler.host);
      client.on('data', (data) => data.includes('RELOAD') && way.close());
      for (const [from, to] of [
        [client, on],
        [on, client],
      ] as const)
        from.on('error', () => to.destroy()).pipe(to);
    });
    await once(way.listen(0, pooler.host), 'listening');
    const { port } = way.address() as AddressInfo;
    stage.use('actor', { pgbouncer: { ...targetFromUrl('pgbouncerUrl', pooler.url('boss')), port } });
    write({ ...setup.settings, query_wait_timeout: 30 });
    const done = await run(reload);
    expect(done).toMatchObject({
      ...undone,
      status: 'done_with_warnings',
      warnings: [expect.stringMatching(/^Whether pgdeck may still sign in could not be seen: /)],
    });
    expect(done.figures).toMatchObject([{ label: 'query_wait_timeout' }]);
  });

  it('tells no password that a setting holds', async () => {
    write({ ...setup.settings, auth_query: "'select usename, passwd from users(password=hunter2) where name = $1'" });
    const done = await run(reload);
    expect(done.figures).toMatchObject([{ label: 'auth_query' }]);
    expect(JSON.stringify(done)).not.toContain('hunter2');
    const { entries } = await stage.audit.read({ limit: 10 });
    expect(JSON.stringify(entries)).not.toContain('hunter2');
  });
});
