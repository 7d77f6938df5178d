import { readdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { type Page, test as plain } from '@playwright/test';
import pg from 'pg';
import { quoted } from '@/lib/identifier';
import { Asker, until } from './fixtures/ask';
import type { Stack } from './fixtures/stack';
import { test as base, expect, stackOfWorker } from './fixtures/test';
import { pidOf } from './page-checks';

plain.describe.configure({ timeout: 360_000 });

/** Names as somebody gives them who wants them to be run, or to be read as something else. */
const hostile = {
  markup: '<img src=x onerror="alert(1);window.ran=1">',
  script: '</script><script>alert(2);window.ran=2</script>',
  attribute: '" onmouseover="alert(3)" x="\'`{{alert(4)}}',
  bidi: 'paid\u202Egnp.exe\u2066\u200B',
  control: 'esc\u001B[31mred\u0007\u0085bell',
  formula: "=cmd|'/c calc'!A1",
  plus: '+1+cmd()',
  at: '@SUM(A1:A9)',
  spaced: ' \u200E=HYPERLINK("x")',
  nul: 'a\\0b%00\u2400',
  prototype: '__proto__',
  constructor: 'constructor',
  wide: 'W'.repeat(63),
};
const names: string[] = Object.values(hostile);
const databases = [hostile.markup, hostile.bidi, hostile.formula, hostile.prototype];

/** A server and a pgdeck of their own: databases that go away by force are errors in the figures of whoever watched them. */
const test = base.extend<object, { stack: Stack }>({ stack: stackOfWorker() });

const clients: pg.Client[] = [];
let pids: number[] = [];

test.beforeAll(async ({ stack }) => {
  plain.setTimeout(300_000);
  const open = async (options: object) => {
    const client = new pg.Client({ ...stack.admin, ...options });
    client.on('error', () => {});
    await client.connect();
    clients.push(client);
    return client;
  };
  const admin = await open({ application_name: 'e2e admin' });
  for (const name of databases) await admin.query(`create database ${quoted(name)}`);
  for (const name of names) {
    const id = quoted(name);
    await admin.query(`create role ${id} login superuser password 'inside'`);
    await admin.query(`create schema ${id}`);
    await admin.query(`create table ${id}.${id} (${id} int)`);
    await admin.query(`insert into ${id}.${id} select g from generate_series(1, 2000) as g`);
    await admin.query(`create index ${quoted(`${name.slice(0, 40)} i`)} on ${id}.${id} (${id})`);
    await admin.query(`analyze ${id}.${id}`);
    await admin.query(`grant select on ${id}.${id} to pgdeck_read, shop_owner`);
    await admin.query(`alter table ${id}.${id} owner to pgdeck_action`);
    await admin.query(`grant usage, create on schema ${id} to pgdeck_action`);
  }
  const literal = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const marks = names.map((name) => `${literal(name)} as ${quoted(name)}`).join(', ');
  // Its whole text is kept by pg_stat_statements, and read up to 10,000 characters.
  await admin.query(`select pg_sleep(1.5), ${marks} /* ${'400 KB '.repeat(60_000)} */`);
  pids = [];
  for (const name of names) {
    const client = await open({ user: name, password: 'inside', application_name: name });
    await client.query('begin');
    await client.query(
      `select count(*) as ${quoted(name)} from ${quoted(name)}.${quoted(name)} where ${literal(name)} <> ''`,
    );
    pids.push(await pidOf(client));
  }
  const waits = await open({ user: hostile.markup, password: 'inside', application_name: hostile.markup });
  const [first, second] = [quoted(hostile.script), quoted(hostile.attribute)];
  waits.query(`begin; lock table ${first}.${first}, ${second}.${second} in access exclusive mode`).catch(() => {});
  const elsewhere = await open({ database: hostile.markup, application_name: hostile.script });
  elsewhere.query(`select pg_sleep(600) /* ${'long '.repeat(80_000)} */`).catch(() => {});
});

test.afterAll(async () => {
  await Promise.all(clients.map((client) => client.end().catch(() => {})));
});

/** What must never happen on a page; gives what did. */
async function watch(page: Page): Promise<() => Promise<string[]>> {
  const seen: string[] = [];
  page.on('dialog', (dialog) => {
    seen.push(`dialog: ${dialog.message()}`);
    dialog.dismiss().catch(() => {});
  });
  page.on('pageerror', (error) => seen.push(`error: ${error.message}`));
  page.on('request', (request) => {
    if (!request.url().startsWith('http://127.0.0.1') && !/^(data|blob):/.test(request.url())) seen.push(request.url());
  });
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI }) => {
      const kept = window as { violations?: string[] };
      kept.violations = [...(kept.violations ?? []), `${violatedDirective} ${blockedURI}`];
    });
  });
  return async () => {
    const found = await page.evaluate(() => {
      const kept = window as { violations?: string[]; ran?: number };
      const elements = [...document.querySelectorAll('img, [onerror], [onmouseover], body script:not([nonce])')]
        .filter((element) => !element.matches('script[src^="/_next/"]'))
        .map((element) => `element: ${element.outerHTML.slice(0, 100)}`);
      return [...(kept.violations ?? []), ...(kept.ran ? [`ran: ${kept.ran}`] : []), ...elements];
    });
    return [...seen, ...found];
  };
}

/** Characters that turn or hide text, where they stand as they are in what is read or hovered. */
function unseen(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const pattern = /(?![\t\n\r])[\p{Cc}\p{Cf}]/u;
    const found: string[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = walker.nextNode(); node; node = walker.nextNode())
      if (!node.parentElement?.closest('script, style') && pattern.test(node.nodeValue ?? ''))
        found.push(`${node.parentElement?.outerHTML.slice(0, 160)}`);
    for (const element of document.querySelectorAll('[title], [aria-label], [placeholder]'))
      for (const name of ['title', 'aria-label', 'placeholder'])
        if (pattern.test(element.getAttribute(name) ?? '')) found.push(`${name} of ${element.outerHTML.slice(0, 160)}`);
    return found;
  });
}

/** Waits until a page has its heading and the rows that it asks for. */
async function painted(page: Page): Promise<void> {
  const heading = page.locator('h1, h2').filter({ visible: true }).first();
  await heading.waitFor({ timeout: 20_000 });
  await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => {});
}

/** What makes a page scroll sideways; empty where it does not. */
function wider(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const { scrollWidth, clientWidth } = document.documentElement;
    if (scrollWidth <= clientWidth) return [];
    const out = [...document.querySelectorAll('body *')].filter(
      (element) => element.getBoundingClientRect().right > clientWidth + 0.5,
    );
    return [`${scrollWidth - clientWidth} px`, ...out.map((element) => element.outerHTML.slice(0, 120))].slice(0, 12);
  });
}

const root = resolve(import.meta.dirname, '..');
const slugs = readdirSync(join(root, 'app/(deck)/[server]'), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

const encoded = encodeURIComponent(hostile.markup);
/** Every page, and those that have hostile words in their address or show one thing in full. */
const paths = (server: string) => [
  ...slugs.map((slug) => `/${server}/${slug}`),
  `/${server}/tables?database=${encoded}`,
  `/${server}/tables?filter=${encoded}`,
  `/${server}/indexes?filter=${encodeURIComponent(hostile.bidi)}`,
  `/${server}/sessions?idle=true`,
  ...['application', 'user', 'database'].map((by) => `/${server}/sessions?idle=true&group=${by}`),
  `/${server}/sessions?session=${pids[0]}`,
  `/${server}/sessions?session=${pids[3]}`,
  `/${server}/statements?min_mean_ms=0&filter=${encoded}`,
  ...['user', 'application', 'database', 'statement'].map((by) => `/${server}/load?by=${by}&slice=${by}`),
  `/${server}/load?filter=${encodeURIComponent(`application:${hostile.markup}`)}`,
  `/${encoded}/sessions`,
  `/signin?next=${encoded}&error=${encoded}`,
];

async function ready(url: string): Promise<void> {
  const ask = new Asker(url);
  const holds = async (topic: string, query: string, text: string) =>
    JSON.stringify(await ask.topic(topic, query)).includes(JSON.stringify(text).slice(1, -1));
  await until('the sessions are known', () => holds('sessions', '', hostile.wide), 90_000);
  await until('who waits for a lock is known', () => holds('locks', '', hostile.markup), 90_000);
  await until('the tables are known', () => holds('tables', '?fresh=1', hostile.wide).catch(() => false), 90_000);
  await until('the statement is known', () => holds('slow-queries', '?min_mean_ms=0&limit=200', '400 KB'), 90_000);
}

// T9: fails where a name is put into a page as HTML (`dangerouslySetInnerHTML`), or scripts of a page need no nonce (proxy.ts).
test('T9: on every page names and texts stay text, visible as they are', async ({ page, stack }) => {
  test.setTimeout(600_000);
  await ready(stack.url);
  const happened = await watch(page);
  for (const path of paths(stack.serverId)) {
    await page.goto(path);
    await painted(page);
    expect.soft(await happened(), path).toEqual([]);
    // T9: fails where a component shows a name without `visible()` (components/ui/highlight.ts).
    expect.soft(await unseen(page), path).toEqual([]);
  }
});

test('T9: the layout holds at 320 px, however long or odd a name is', async ({ page, stack }) => {
  test.setTimeout(600_000);
  await ready(stack.url);
  await page.setViewportSize({ width: 320, height: 800 });
  for (const path of paths(stack.serverId)) {
    await page.goto(path);
    await painted(page);
    expect.soft(await wider(page), path).toEqual([]);
  }
});

test('T9: menus, dialogs and the audit show names as text', async ({ page, stack }) => {
  await ready(stack.url);
  const happened = await watch(page);
  for (const name of [hostile.markup, hostile.bidi]) {
    await page.goto(`/${stack.serverId}/tables?filter=${encodeURIComponent(name.slice(0, 4))}`);
    await page
      .getByRole('button', { name: /^Actions: table/ })
      .first()
      .click();
    await page.getByRole('menuitem', { name: 'Analyze table…' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByRole('button', { name: /^Analyze / }).click();
    await expect(dialog).toContainText('is analyzed.');
    expect(await unseen(page)).toEqual([]);
    await dialog.getByRole('button', { name: 'Close' }).last().click();
  }
  await page.goto(`/${stack.serverId}/sessions?session=${pids[0]}`);
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Terminate session/ })
    .click();
  await expect(page.getByRole('dialog').last()).toContainText('pg_terminate_backend');
  await page.goto(`/${stack.serverId}/audit`);
  await expect(page.getByRole('table').first()).toContainText('Analyze');
  expect(await unseen(page)).toEqual([]);
  expect(await happened()).toEqual([]);
});

/** The cells of a CSV text. */
function cellsOf(text: string): string[] {
  return [...text.matchAll(/(?:^|,|\r\n)(?:"((?:[^"]|"")*)"|([^",\r\n]*))/g)].map(
    ([, inQuotes, bare]) => inQuotes?.replaceAll('""', '"') ?? bare ?? '',
  );
}

// T9: fails without the apostrophe of csvCell() (components/table/csv.ts).
test('T9: no cell of a saved table is a formula', async ({ page, stack }) => {
  await ready(stack.url);
  const saved: string[] = [];
  for (const [slug, caption] of [
    ['tables', 'Tables'],
    ['indexes', 'Indexes'],
    ['sessions?idle=true', 'Sessions'],
    ['statements?min_mean_ms=0', 'Statements'],
  ] as const) {
    await page.goto(`/${stack.serverId}/${slug}`);
    await expect(page.getByRole('table', { name: caption, exact: true }).locator('tr[data-key]').first()).toBeVisible();
    const [file] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `Save as CSV: ${caption}` }).click(),
    ]);
    saved.push(await readFile(await file.path(), 'utf8'));
  }
  const ask = new Asker(stack.url);
  for (const path of ['/api/audit/export?format=csv', '/api/servers/default/series/load?by=application&format=csv'])
    saved.push((await ask.get(path)).text);
  const cells = saved.flatMap(cellsOf);
  expect(cells).toContain(`'${hostile.formula}`);
  const formulas = cells.filter((cell) => /^[\s\p{Cf}\p{Cc}]*[=+\-@]/u.test(cell) && Number.isNaN(Number(cell)));
  expect(formulas).toEqual([]);
});
