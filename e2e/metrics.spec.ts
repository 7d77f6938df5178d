import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from '@playwright/test';
import { catalogue } from '@/lib/metrics/test-catalogue';
import { Asker, until } from './fixtures/ask';
import { programs, promtool, startPrometheus } from './fixtures/prometheus';
import { type Stack, startStack } from './fixtures/stack';

test.describe.configure({ mode: 'serial', timeout: 240_000 });

const token = `pgd_${randomBytes(32).toString('base64url')}`;
const authorization = { authorization: `Bearer ${token}` };
const sha256 = createHash('sha256').update(token).digest('hex');
const root = resolve(import.meta.dirname, '..');

let stack: Stack;
let asker: Asker;
const scrape = () => asker.get('/metrics', authorization);

test.beforeAll(async () => {
  test.setTimeout(300_000);
  stack = await startStack({
    env: {
      PGDECK_AUTH: 'proxy',
      PGDECK_PROXY_SECRET: randomBytes(32).toString('base64url'),
      PGDECK_VIEWER_GROUPS: 'user:vera',
      PGDECK_TOKENS: `prometheus:viewer:${sha256}`,
      PGDECK_LOG_LEVEL: 'info',
      // Every statement is slow then.
      PGDECK_LOG_STATEMENT_WARN_MS: '1',
    },
  });
  asker = new Asker(stack.url);
  const known = async (...names: string[]) => {
    const { text } = await scrape();
    return names.every((name) => text.includes(`\n${name}{`));
  };
  await until(
    'the server is known',
    () => known('pg_stat_database_xact_commit', 'pg_stat_user_tables_n_live_tup', 'pg_settings_max_connections'),
    60_000,
  );
  await until('its other figures are known', () => known('pg_database_size_bytes', 'pgdeck_wal_bytes_total'), 60_000);
});
test.afterAll(() => stack?.stop());

test('who is not recognised is told nothing; a token reads text that nobody keeps, and no statement is sent for it', async () => {
  const nobody = await asker.get('/metrics');
  expect(nobody.status).toBe(401);
  expect(nobody.text).not.toContain('pg_up');
  const response = await fetch(`${stack.url}/metrics`, { headers: authorization });
  expect(response.status).toBe(200);
  expect(Object.fromEntries(response.headers)).toMatchObject({
    'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    'cache-control': 'no-store',
    'x-query-count': '0',
    'x-content-type-options': 'nosniff',
  });
  expect((await fetch(`${stack.url}/metrics`, { method: 'POST', headers: authorization })).status).toBe(405);
});

/** Metrics that a server alone, without standbys, slots, PgBouncer and pg_stat_statements' history, does not have. */
const notHere = /^(pgbouncer_|pgdeck_pgbouncer_|pg_stat_replication_|pg_replication_slot_|pgdeck_replication_)/;
/** Those that are there when something happened, or for another version. */
const notNow =
  /^(pg_stat_bgwriter_checkpoint|pg_stat_bgwriter_buffers_checkpoint|pg_stat_database_stats_reset|pg_stat_user_tables_last_|pgdeck_findings|pgdeck_runs|pgdeck_cache_|pgdeck_pool_wait_seconds|pgdeck_observer_share_ratio|pgdeck_archiver_|pgdeck_statements_failed_total|pgdeck_history_bytes|pg_settings_reserved_connections)/;

test('it tells what docs/metrics.md lists and nothing else', async () => {
  const { servers, deck, process } = catalogue();
  const listed = { ...servers, ...deck, ...process };
  const scraped = async () => {
    const { text } = await scrape();
    return { text, told: new Set([...text.matchAll(/^# TYPE (\S+)/gm)].map(([, name = '']) => name)) };
  };
  // Some are known only when what they tell of was asked, or has happened.
  await expect
    .poll(
      async () => {
        const { told } = await scraped();
        const missing = Object.keys(listed).filter((name) => !told.has(name));
        return missing.filter((name) => !notHere.test(name) && !notNow.test(name));
      },
      { timeout: 90_000 },
    )
    .toEqual([]);
  const { text, told } = await scraped();
  expect([...told].filter((name) => !(name in listed))).toEqual([]);
  expect(text).toContain('pgdeck_http_request_duration_seconds_count{method="GET",route="/metrics",status="2xx"}');
  expect(text).toMatch(
    /pg_stat_user_tables_n_live_tup\{server="default",datname="shop",schemaname="\w+",relname="\w+"\} /,
  );
});

test("promtool takes it without a word of Prometheus' linter, and the alerts of docs/metrics.md", async () => {
  test.skip(!programs, 'no program promtool: prometheus is not installed (Debian: apt-get install prometheus)');
  const { text } = await scrape();
  expect(promtool(['check', 'metrics'], text)).toEqual({ code: 0, said: '' });
  // A text with a fault is not taken: promtool looks.
  expect(promtool(['check', 'metrics'], `${text}a b c d\n`).code).not.toBe(0);
  const [, rules = ''] =
    /```yaml\n(groups:[\s\S]*?)```/.exec(readFileSync(join(root, 'docs/metrics.md'), 'utf8')) ?? [];
  const file = join(stack.folder, 'rules.yml');
  writeFileSync(file, rules);
  const { code, said } = promtool(['check', 'rules', file]);
  expect(code, said).toBe(0);
  expect(said).toMatch(/[1-9]\d* rules found/);
});

test('a real Prometheus reads it by a token, and answers what the dashboard asks', async () => {
  test.skip(!programs, 'no program prometheus: it is not installed (Debian: apt-get install prometheus)');
  const prometheus = await startPrometheus(join(stack.folder, 'prometheus'), { url: stack.url, token });
  try {
    const value = async (expression: string) => (await prometheus.query(expression))[0]?.value[1];
    await until('it is up', async () => (await value('up{job="pgdeck"}')) === '1', 30_000);
    expect(await value('pg_up{server="default"}')).toBe('1');
    expect(Number(await value('pg_settings_max_connections'))).toBe(50);
    expect(Number(await value('sum(pg_stat_activity_count{datname="shop"})'))).toBeGreaterThan(0);
    expect(Number(await value('count(pg_stat_user_tables_n_live_tup)'))).toBeGreaterThan(5);
    await until(
      'rates are known',
      async () => Number(await value('sum(rate(pgdeck_statement_duration_seconds_count[30s]))')) > 0,
      30_000,
    );
    const dashboard = JSON.parse(readFileSync(join(root, 'docs/grafana/pgdeck.json'), 'utf8')) as {
      panels: { title: string; targets?: { expr: string }[] }[];
    };
    const empty: string[] = [];
    for (const { title, targets = [] } of dashboard.panels)
      for (const { expr } of targets) {
        const asked = expr.replaceAll('$server', '.*').replaceAll('$__rate_interval', '30s');
        if ((await prometheus.query(asked)).length === 0) empty.push(title);
      }
    // Without standbys, slots, PgBouncer and anything that is kept, these panels have nothing to draw.
    const mayBeEmpty =
      /Replication lag|not replayed|kept for slots|Clients|Server connections|Longest wait$|Findings|Share of pgdeck|Answers kept|history/;
    expect(empty.filter((title) => !mayBeEmpty.test(title))).toEqual([]);
  } finally {
    await prometheus.stop();
  }
});

test('the log tells each request with its id and who asked, slow statements once a minute, and no token', async () => {
  const response = await fetch(`${stack.url}/api/servers`, { headers: authorization });
  const requestId = response.headers.get('x-request-id');
  const lines = () =>
    stack
      .output()
      .split('\n')
      .slice(0, -1) // it may not be whole yet
      .filter((line) => line.startsWith('{'))
      .map((line) => JSON.parse(line));
  await until('the request is logged', () => lines().some((line) => line.requestId === requestId), 10_000);
  expect(lines().find((line) => line.requestId === requestId)).toMatchObject({
    level: 'info',
    msg: 'request',
    method: 'GET',
    route: '/api/servers',
    status: 200,
    user: 'prometheus',
    mode: 'token',
    queries: 0,
  });
  const slow = () => lines().filter(({ topic, count }) => topic === 'tables' && count);
  await until('a slow statement is logged', () => slow().length > 0, 130_000);
  expect(slow()[0]).toMatchObject({ server: 'default', count: expect.any(Number), longestMs: expect.any(Number) });
  expect(stack.output()).not.toContain(token);
});
