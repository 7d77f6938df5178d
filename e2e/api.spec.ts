import { expect, test } from './fixtures/test';

test('pgdeck is up, says what it watches, and tells no password', async ({ request, stack }) => {
  const health = await request.get('/api/health');
  expect(await health.json()).toMatchObject({ status: 'ok' });
  expect(health.headers()['x-request-id']).toBeTruthy();
  await expect
    .poll(async () => (await (await request.get('/api/servers')).json()).servers[0])
    .toMatchObject({ id: stack.serverId, state: 'ok', database: 'shop', role: 'pgdeck_read' });
  await expect.poll(stack.output).toContain('role pgdeck_read, actions as pgdeck_action');
  expect(stack.output()).not.toContain(stack.admin.password);
  expect(stack.output()).not.toContain(stack.login('pgdeck_read').password);
});

test('what local mode does not take is refused before a page is made', async ({ request, stack }) => {
  const before = stack.output();
  const status = async (headers: Record<string, string>, path = '/api/servers') =>
    (await request.get(path, { headers })).status();
  expect(await status({})).toBe(200);
  expect(await status({ 'x-forwarded-for': '10.0.0.1' })).toBe(403);
  expect(await status({ host: 'evil.example' })).toBe(421);
  expect(await status({}, '/_next/image?url=%2Fx.png&w=64&q=75')).toBe(404);
  expect((await request.fetch('/api/servers', { method: 'TRACE' })).status()).toBe(405);
  expect((await request.post('/api/servers', { data: 'x'.repeat(300_000) })).status()).toBe(413);
  expect(stack.output().slice(before.length)).not.toContain('Error');
});

test('a restart of the watched server is said in the terminal and recovers by itself', async ({ request, stack }) => {
  await expect.poll(stack.output).toContain('connected, PostgreSQL');
  const before = stack.output().length;
  const said = () => stack.output().slice(before);
  // A restart between two questions is only seen in the answers: while this one lasts, somebody asks.
  const restarted = stack.server.restart(8_000);
  await expect
    .poll(async () => {
      await request.get(`/api/servers/${stack.serverId}/sessions`);
      return said();
    })
    .toMatch(/: (Nothing listens|The server|The connection)/);
  await restarted;
  await expect.poll(said).toContain('connected, PostgreSQL');
  await expect
    .poll(async () => (await (await request.get('/api/servers')).json()).servers[0].state, { timeout: 40_000 })
    .toBe('ok');
});
