import { request as ask, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { guardedServer } from './http';
import { accessOf } from './test-access';

let port: number;
const allowedHosts: string[] = [];
/** Pages that are being drawn, in the order in which they were begun. */
const drawn: ServerResponse[] = [];
const handle: RequestListener = (request, response) => {
  if (request.url === '/one/overview') drawn.push(response);
  else response.end('at once');
};
const server = guardedServer({ allowedHosts, access: accessOf() }, handle);

beforeAll(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  port = (server.address() as AddressInfo).port;
  allowedHosts.push(`127.0.0.1:${port}`);
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const open = (path: string) => {
  let abort = () => {};
  const status = new Promise<number>((resolve) => {
    const request = ask({ host: '127.0.0.1', port, path, agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer.statusCode ?? 0));
    });
    request.on('error', () => resolve(0));
    abort = () => request.destroy();
    request.end();
  });
  return { status, abort: () => abort() };
};
const until = async (holds: () => boolean) => {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
};

// T21: fails where http.ts hands every request to Next at once.
test('T21: so many pages are drawn at once, more wait for their turn or are sent away, and the API is not held up', async () => {
  const first = Array.from({ length: 64 }, () => open('/one/overview'));
  await until(() => drawn.length === 64);
  const waiting = Array.from({ length: 400 }, () => open('/one/overview'));
  // Whoever comes when as many wait already is told at once.
  let told: number | undefined;
  while (told !== 429) {
    const late = open('/one/overview');
    told = await Promise.race([late.status, new Promise<undefined>((resolve) => setTimeout(resolve, 250))]);
    if (told === undefined) late.abort();
  }
  expect(await open('/api/servers').status).toBe(200);
  expect(await open('/_next/static/x.js').status).toBe(200);
  expect(await open('/icon.svg').status).toBe(200);
  expect(await open('/metrics').status).toBe(200);
  expect(drawn.length).toBe(64);
  // A place that is given back is the next one's, and who went away has none.
  for (const { abort } of waiting.slice(1)) abort();
  drawn[0]?.end();
  first[1]?.abort();
  expect(await first[0]?.status).toBe(200);
  await until(() => drawn.length === 65);
  drawn[64]?.end();
  expect(await waiting[0]?.status).toBe(200);
});
