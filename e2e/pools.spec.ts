import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import pg from 'pg';
import { hasPgBouncer, TestPgBouncer } from '@/lib/pgbouncer/test-pgbouncer';
import { type App, type Stack, startApp } from './fixtures/stack';
import { expect as soon, test } from './fixtures/test';
import { axeFindings, expectSound } from './page-checks';

/** A server that is slow to answer is asked once a minute at least. */
const expect = soon.configure({ timeout: 75_000 });

const table = (page: Page, name: string) => page.getByRole('table', { name, exact: true });
const row = (page: Page, of: string, name: string) =>
  table(page, of)
    .getByRole('row')
    .filter({ has: page.getByRole('rowheader', { name, exact: true }) });
const slots = "Who holds the server's slots";
const maxima = 'Pools and what each may open';

test('without PgBouncer: who holds the slots, what pools may open, and how large they should be', async ({
  page,
  connect,
  stack,
}) => {
  test.setTimeout(480_000);
  for (let at = 0; at < 3; at++) await connect('app_shop', 'shop-web');
  await connect('app_billing', 'billing-api');
  const asked: string[] = [];
  page.on('request', (request) => asked.push(new URL(request.url()).pathname));
  await page.goto(`/${stack.serverId}/pools`);
  await expect(page.locator('.page-sentence')).toContainText(/\d+ of 47 connections are used .* may open \d+/);
  await expect(row(page, slots, 'shop-web')).toContainText('3');
  await expect(row(page, slots, 'pgdeck itself')).toBeVisible();
  await expect(table(page, slots).getByRole('columnheader', { name: 'PgBouncer pool' })).toHaveCount(0);
  await expect(page.getByRole('img', { name: /^50 slots: .*free \d+, reserved 3$/ })).toBeVisible();
  await expect(page.getByRole('region', { name: 'PgBouncer', exact: true })).toContainText('None is configured');

  await expect(row(page, maxima, 'shop-web')).toContainText(/not said.*1 seen.*3/);
  // Both tables are of one sample: the sessions are not asked for beside it.
  // The page came with the first rows: they are asked for again when they are old.
  await expect.poll(() => asked).toContain(`/api/servers/${stack.serverId}/application-pools`);
  expect(asked).not.toContain(`/api/servers/${stack.serverId}/sessions`);
  await page.setViewportSize({ width: 768, height: 800 });
  for (const name of ['For a lock', 'Idle in transaction', 'Active', 'Idle'])
    await expect(table(page, slots).getByRole('columnheader', { name, exact: true })).toBeVisible();
  await page.setViewportSize({ width: 1280, height: 800 });
  await expect(page.getByRole('group', { name: 'lines of the configuration' }).first()).toContainText(
    '{ "name": "shop-web", "match": { "application_name": "shop-web" }, "poolMax": 3, "instances": 1 }',
  );
  await expect(row(page, "pgdeck's own pools", 'sampling')).toContainText('questions');
  // The page, the API and the check say the same, by the same names.
  await expect(async () => {
    const { servers } = await (await page.request.get('/api/health/db')).json();
    const { findings } = await (await page.request.get(`/api/servers/${stack.serverId}/findings`)).json();
    const found = findings.filter(({ check }: { check: string }) => check === 'own-pools');
    const troubled = servers[0].pools.filter(({ state }: { state: string }) => state !== 'ok');
    expect(found.map(({ key }: { key: string }) => key)).toEqual(
      troubled.map(({ pool }: { pool: string }) => `own-pools:${pool}`),
    );
    for (const { pool, word } of servers[0].pools)
      await expect(row(page, "pgdeck's own pools", pool)).toContainText(word, { timeout: 100 });
  }).toPass({ timeout: 90_000 });

  const sizing = page.getByRole('region', { name: 'How large pools should be' });
  await expect(sizing).toContainText('Say how many cores the server has');
  await sizing.getByLabel('Cores', { exact: true }).fill('8');
  await expect(sizing).toContainText('8 cores × 2 + 1 spindle: about 17 connections active at once');
  await sizing.getByLabel('Weight of shop-web').fill('1000');
  await expect(row(page, 'Recommended pool sizes', 'shop-web')).toContainText('16');
  await expect(page).toHaveURL(/cores=8.*weights=shop-web:1000/);
  await page.reload();
  await expect(sizing.getByLabel('Cores', { exact: true })).toHaveValue('8');
  await expect(sizing.getByLabel('Weight of shop-web')).toHaveValue('1000');
  await sizing.getByLabel('Cores', { exact: true }).fill('8.5');
  await expect(sizing.getByText('A whole number from 1 to 4096.')).toBeVisible();
  await expect(page).toHaveURL(/cores=8&/);
  await sizing.getByRole('button', { name: "Back to the server's" }).click();
  await expect(page).not.toHaveURL(/cores|weights/);
  await expectSound(page);
});

test.describe('with a PgBouncer', () => {
  test.skip(!hasPgBouncer, 'This machine has no PgBouncer: apt-get install pgbouncer');
  let pooler: TestPgBouncer;
  let app: App;
  const clients: pg.Client[] = [];

  /** A real PgBouncer of two server connections, and a pgdeck that is told of it and of an application's pool. */
  const begin = async (stack: Stack) => {
    const { user, password, host, port, database } = stack.login('app_shop');
    pooler = await TestPgBouncer.start({
      databases: { [database]: { host, port, more: 'pool_size=2' } },
      users: { [user]: password, console: 'console-password' },
      // A client that waits is ended after two minutes otherwise.
      settings: { admin_users: 'console', pool_mode: 'transaction', query_wait_timeout: 600 },
    });
    const address = (name: string) => `postgres://${name}:${stack.login(name).password}@${host}:${port}/${database}`;
    const file = join(stack.folder, 'pools.config.json');
    const applications = [{ name: 'billing', match: { usename: 'app_billing' }, poolMax: 30, instances: 2 }];
    const server = { id: 'pooled', url: address('pgdeck_read'), actionUrl: address('pgdeck_action'), cpus: 4 };
    const wrong = pooler.url('console').replace('console-password', 'another');
    const servers = [
      { ...server, pgbouncerUrl: pooler.url('console'), applications },
      { ...server, id: 'wrong', pgbouncerUrl: wrong },
    ];
    writeFileSync(file, JSON.stringify({ servers }));
    app = await startApp(join(stack.folder, 'pools'), { PGDECK_CONFIG: file });
  };
  test.afterEach(async ({ admin }) => {
    await admin.query('alter role app_billing connection limit -1');
    for (const client of clients.splice(0)) client.end().catch(() => {});
    await app?.stop();
    await pooler?.remove();
  });

  test('a pool that its clients saturate is seen and found; it is paused and resumed from the page', async ({
    page,
    admin,
    connect,
    stack,
  }) => {
    test.setTimeout(480_000);
    await admin.query('alter role app_billing connection limit 20');
    await connect('app_billing', 'billing-api');
    await begin(stack);
    for (let at = 0; at < 6; at++) {
      const { user, password, database } = stack.login('app_shop');
      const { host, port } = pooler;
      const client = new pg.Client({ host, port, user, password, database, application_name: 'shop-web' });
      client.on('error', () => {});
      await client.connect();
      client.query('select pg_sleep(600)').catch(() => {});
      clients.push(client);
    }
    await page.goto(`${app.url}/pooled/pools`);
    // This pgdeck has just begun.
    await expect(page.locator('.page-sentence')).toContainText('In PgBouncer 4 clients wait');
    await expect(page.locator('.page-sentence')).toContainText(/may open \d+: \d+ more than the server takes/);
    await expect(row(page, slots, 'shop-web')).toContainText(/shop\/app_shop.*4, /);
    await expect(row(page, "PgBouncer's pools", 'shop/app_shop')).toContainText(/Clients wait.*2 of 2/);
    await expect(row(page, maxima, 'billing')).toContainText(/30.*2 given.*60.*20 role/);
    await expect(page.locator('.page-sentence')).toContainText(
      'Role app_billing may have 20 connections, and its pools may open 60.',
    );
    await expect(row(page, maxima, 'shop')).toContainText(/PgBouncer.*1 pool/);
    await expect
      .poll(async () => {
        const { findings } = await (await page.request.get(`${app.url}/api/servers/pooled/findings`)).json();
        return findings.map(({ check, key }: { check: string; key: string }) =>
          check === 'pool-maxima' ? key : check,
        );
      })
      .toEqual(expect.arrayContaining(['pgbouncer-waiting', 'pool-maxima:server', 'pool-maxima:role:app_billing']));
    // What begins while PgBouncer does not answer may be its own: nobody says that it came directly.
    await expect(row(page, slots, 'billing')).toContainText('direct');
    pooler.freeze();
    await connect('app_billing', 'late-worker');
    await expect(row(page, slots, 'billing').filter({ hasText: 'unknown' })).toBeVisible();
    await expect(row(page, slots, 'billing').filter({ hasText: 'direct' })).toBeVisible();
    pooler.thaw();
    await expect(row(page, slots, 'billing')).toHaveCount(1);
    await expect(row(page, slots, 'billing')).toContainText(/direct.*2/);

    await page.getByRole('button', { name: 'Clients', exact: true }).click();
    await expect(page).toHaveURL(/show=clients/);
    await expect(table(page, "PgBouncer's clients").getByRole('row').filter({ hasText: 'waiting' })).toHaveCount(4);

    await Promise.all(clients.splice(0).map((client) => client.end().catch(() => {})));
    // Clients that waited may have had their turn before PgBouncer saw that they were gone.
    const sleeping = "select pg_terminate_backend(pid) from pg_stat_activity where query = 'select pg_sleep(600)'";
    await expect.poll(async () => (await admin.query(sleeping)).rowCount).toBe(0);
    // Rows that go away move what is below them.
    await expect(row(page, slots, 'shop-web')).toHaveCount(0);
    await page.getByRole('button', { name: 'Databases', exact: true }).click();
    await page.getByRole('button', { name: 'Actions: database shop' }).click();
    await page.getByRole('menuitem', { name: 'Pause shop…' }).click();
    const dialog = page.getByRole('dialog');
    await expect(dialog).toContainText('PAUSE shop;');
    await dialog.getByRole('button', { name: 'Pause shop' }).click();
    await expect(dialog).toContainText('is paused: no server connection is left');
    // Below the dialog, which hides it from roles.
    await expect(page.locator('tr').filter({ hasText: /^shop\s*Paused/ })).toBeVisible();
    await dialog.getByRole('button', { name: 'Undo…' }).click();
    await expect(dialog).toContainText('RESUME shop;');
    await dialog.getByRole('button', { name: 'Resume shop' }).click();
    await expect(dialog).toContainText('is resumed.');
    await page.keyboard.press('Escape');
    await expect(row(page, "PgBouncer's databases", 'shop')).toContainText('Open');
    await page.setViewportSize({ width: 320, height: 800 });
    expect(await axeFindings(page)).toEqual([]);
    expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(320);

    await pooler.stop();
    const filled = page.getByRole('region', { name: 'If all pools fill' });
    await expect(filled).toContainText('What PgBouncer may open is not counted.');
    await expect(row(page, maxima, 'shop')).toHaveCount(0);
  });

  test('one that lets nobody in is said once for what it would tell, and once for what is counted', async ({
    page,
    stack,
  }) => {
    test.setTimeout(480_000);
    await begin(stack);
    await page.goto(`${app.url}/wrong/pools`);
    const pools = page.getByRole('region', { name: "PgBouncer's pools" });
    await expect(pools).toContainText('PgBouncer not reached');
    await expect(pools).toContainText('PgBouncer refused the password of user console');
    await expect(page.getByRole('region', { name: 'If all pools fill' })).toContainText(
      'What PgBouncer may open is not counted.',
    );
    await expect(page.getByText('PgBouncer refused the password')).toHaveCount(2);
    await expect(page.getByRole('button', { name: 'Server connections', exact: true })).toHaveCount(0);
    await expectSound(page);
  });
});
