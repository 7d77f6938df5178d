import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { testContract } from '@/lib/api/test-contract';
import type { AuditRecord } from '@/lib/audit/audit';
import type { AccessRule } from '@/lib/config';
import type { Role } from '@/lib/config-access';
import { shared } from '@/lib/runtime';
import { ApiError } from './errors';
import { contractOf, othersThan, route } from './route';
import { accessOf } from './test-access';

const origin = 'http://127.0.0.1:8432';
let lines: AuditRecord[] = [];
let clock = Date.parse('2026-11-21T03:14:00Z');

/** pgdeck with one server; everybody who asks is `local` with this role. */
function start(localRole: Role, access?: AccessRule[]): void {
  lines = [];
  Object.assign(shared(), {
    servers: new Map([['one', { config: { id: 'one', access }, connections: {} }]]),
    config: { allowedHosts: ['127.0.0.1:8432'], access: { ...accessOf(), localRole } },
    audit: { write: async (line: AuditRecord) => void lines.push(line) },
  });
}
beforeEach(() => {
  vi.useFakeTimers();
  // What a test before has used up is earned again.
  clock += 3_600_000;
  vi.setSystemTime(clock);
  start('viewer');
});
afterEach(() => vi.useRealTimers());
afterAll(() => {
  for (const part of ['servers', 'config', 'audit'] as const) delete shared()[part];
});

const send = (method: string, headers: Record<string, string> = { origin }, path = '/api/x') =>
  new Request(`${origin}${path}`, {
    method,
    headers: { ...headers, 'content-type': 'application/json' },
    ...(method !== 'GET' && { body: '{}' }),
  });
const none = { params: Promise.resolve({}) };
const one = { params: Promise.resolve({ server: 'one' }) };
const reset = route(testContract({ role: 'admin' }), () => ({ done: true }));

describe('a refusal', () => {
  // Fails when `failure()` does not call `noteDenied()`.
  it('T2: to do something stands in the audit, with who and what, and without the query', async () => {
    const response = await reset(send('POST', { origin }, '/api/servers/one/x?secret=1'), one);
    expect(response.status).toBe(403);
    expect(lines).toEqual([
      {
        event: 'denied',
        server: 'one',
        cluster: null,
        requestId: response.headers.get('x-request-id'),
        user: { name: 'local', role: 'viewer', mode: 'local' },
        method: 'POST',
        path: '/api/servers/one/x',
        code: 'forbidden',
        status: 403,
        message: 'This needs the role admin; local is viewer.',
      },
    ]);
  });

  it('to see something does not, nor does what is wrong in another way', async () => {
    expect((await reset(send('GET'), one)).status).toBe(403);
    const strict = route(testContract({ role: 'viewer', body: z.strictObject({ n: z.number() }) }), () => ({}));
    expect((await strict(send('POST'), none)).status).toBe(400);
    expect(lines).toEqual([]);
  });

  it('T5: of another site is written down too, though nobody is known by then', async () => {
    expect((await reset(send('POST', { origin: 'http://evil.example' }), none)).status).toBe(403);
    expect(lines).toMatchObject([{ event: 'denied', status: 403 }]);
    expect(lines[0]).not.toHaveProperty('user');
  });

  it('is written once: who wrote it already says so', async () => {
    const handler = route(testContract({ role: 'viewer' }), () => {
      const error = new ApiError(403, 'own_action', 'Ask another admin.');
      error.audited = true;
      throw error;
    });
    expect((await handler(send('POST'), none)).status).toBe(403);
    expect(lines).toEqual([]);
  });

  // Fails when `allowanceOf()` always has something left.
  it('T21: many of one person do not fill the disk, and how many were left out is told', async () => {
    for (let n = 0; n < 200; n++) await reset(send('POST'), one);
    expect(lines).toHaveLength(20);
    vi.advanceTimersByTime(60_000);
    for (let n = 0; n < 5; n++) await reset(send('POST'), one);
    expect(lines).toHaveLength(21);
    expect(lines[20]).toMatchObject({ unwritten: 180 });
  });
});

describe('the role of a route', () => {
  const seen = async (role: Role, rules: AccessRule[] | undefined, query: string, databases?: 'filtered') => {
    start('admin', rules);
    const handler = route(
      testContract({ role, databases, query: z.object({ database: z.string().optional() }) }),
      () => ({}),
    );
    return (await handler(send('GET', {}, `/api/servers/one/x${query}`), one)).status;
  };
  const all = { who: ['*'], role: 'viewer' as const };
  const shop = { who: ['*'], role: 'admin' as const, databases: ['shop'] };

  // Fails when the handler asks only for the most that somebody may do anywhere on the server.
  it('T2: is asked of the database that is named, or of the whole server where none is', async () => {
    expect(await seen('admin', [all, shop], '?database=shop')).toBe(200);
    expect(await seen('admin', [all, shop], '?database=books')).toBe(403);
    expect(await seen('admin', [all, shop], '')).toBe(403);
    expect(await seen('viewer', [all, shop], '')).toBe(200);
    expect(await seen('admin', [all, shop], '', 'filtered')).toBe(200);
  });

  it('T12: who may see some databases has to name one, and others are not there', async () => {
    expect(await seen('viewer', [shop], '')).toBe(403);
    expect(await seen('viewer', [shop], '?database=shop')).toBe(200);
    expect(await seen('viewer', [shop], '?database=books')).toBe(404);
    expect(await seen('viewer', [shop], '?database=nowhere')).toBe(404);
    expect(await seen('viewer', [shop], '', 'filtered')).toBe(200);
  });

  // Fails when `route()` looks for the database in a query or body that the handler does not read, or only at the first it finds.
  it('T12: a database that the handler does not look at opens neither the server nor another database', async () => {
    start('admin', [shop]);
    const where = z.object({ database: z.string().optional() });
    const ask = async (handler: typeof reset, query: string, body = '{}') => {
      const request = new Request(`${origin}/api/servers/one/x${query}`, {
        method: 'POST',
        headers: { origin, 'content-type': 'application/json' },
        body,
      });
      return (await handler(request, one)).status;
    };
    const whole = route(testContract({ role: 'admin' }), () => ({}));
    expect(await ask(whole, '', '{"database":"shop"}')).toBe(403);
    expect(await ask(whole, '?database=shop')).toBe(400);
    const named = route(testContract({ role: 'admin', body: where }), () => ({}));
    expect(await ask(named, '', '{"database":"books"}')).toBe(404);
    expect(await ask(named, '', '{"database":"shop"}')).toBe(200);
    expect(await ask(named, '?database=shop', '{"database":"books"}')).toBe(400);
    const twice = route(testContract({ role: 'admin', query: where, body: where }), () => ({}));
    expect(await ask(twice, '?database=shop', '{"database":"books"}')).toBe(404);
    expect(await ask(twice, '?database=shop', '{"database":"shop"}')).toBe(200);
  });

  it('T12: a server that one may not know of answers like one that is not there', async () => {
    start('admin', []);
    const handler = route(testContract({ role: 'viewer' }), () => ({}));
    const answers = await Promise.all(
      ['one', 'two'].map(async (server) => {
        const response = await handler(send('GET'), { params: Promise.resolve({ server }) });
        const { error } = await response.json();
        return [response.status, error.code, error.message.replace(server, '…'), error.field];
      }),
    );
    expect(answers[0]).toEqual(answers[1]);
    expect(answers[0]?.[0]).toBe(404);
  });

  it('can be read of each handler', () => {
    const contract = testContract({ role: 'admin', databases: 'filtered' });
    expect(contractOf(route(contract, () => ({})))).toBe(contract);
    expect(contractOf(othersThan('GET').POST)).toBeUndefined();
  });
});
