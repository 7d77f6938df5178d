import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { accessOf } from '@/lib/access/test-access';
import type { User } from '@/lib/access/user';
import { Audit } from '@/lib/audit/audit';
import { type Runtime, shared } from '@/lib/runtime';
import { GET as exported } from './export/route';
import { filterOf } from './query';
import { GET } from './route';

let folder: string;
let audit: Audit;
const person = (name: string) => ({ name, role: 'admin', mode: 'local' });
const times = ['2026-11-20T08:00:00Z', '2026-11-20T12:00:00Z', '2026-11-21T08:00:00Z', '2026-11-21T12:00:00Z'];

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'pgdeck-audit-api-'));
  audit = new Audit(folder, { rotateAtBytes: 600 });
  Object.assign(shared(), {
    audit,
    servers: new Map(),
    config: { allowedHosts: [], access: accessOf() },
  } as unknown as Partial<Runtime>);
  const result = (status: string) => ({ status, message: 'Said.', verified: true, ms: 12, warnings: [] });
  const records = [
    {
      event: 'result',
      runId: 'r1',
      server: 'one',
      user: person('ann'),
      action: 'vacuum',
      title: 'Vacuum public.orders?',
      sql: ['vacuum public.orders'],
      result: result('done'),
    },
    {
      event: 'result',
      runId: 'r2',
      server: 'two',
      user: person('bob'),
      action: 'reindex',
      title: 'Reindex "Odd ""name"""?',
      target: { kind: 'index', name: '=cmd()' },
      result: result('failed'),
    },
    { event: 'preview', server: 'one', user: person('ann'), action: 'vacuum' },
    { event: 'denied', server: 'one', user: person('ann'), action: 'cancel', message: '=1+1, "x"' },
  ];
  for (const [index, record] of records.entries()) {
    vi.setSystemTime(new Date(times[index] as string));
    await audit.write(record);
  }
});
afterEach(async () => {
  vi.useRealTimers();
  await audit.close();
  rmSync(folder, { recursive: true, force: true });
});
afterAll(() => {
  for (const part of ['audit', 'config', 'servers', 'history'] as const) delete shared()[part];
});

const ask = (handler: typeof GET, query: string) =>
  handler(new Request(`http://127.0.0.1:8432/api/audit?${query}`), { params: Promise.resolve({}) });
async function runs(query: string): Promise<unknown> {
  const response = await ask(GET, query);
  const body = await response.json();
  return response.status === 200 ? body.entries.map((entry: { seq: number }) => entry.seq) : body.error.field;
}

// Fails when the route is not `heavy`: who reads what is their own has all files looked through.
test('T21: files are looked through for a few at once', async () => {
  let inside = 0;
  let most = 0;
  let end = () => {};
  const gate = new Promise<void>((open) => {
    end = open;
  });
  vi.spyOn(audit, 'read').mockImplementation(async () => {
    most = Math.max(most, ++inside);
    await gate;
    inside--;
    return { entries: [], next: null };
  });
  const asked = Array.from({ length: 40 }, () => ask(GET, ''));
  await expect.poll(() => most).toBeGreaterThanOrEqual(24);
  end();
  expect((await Promise.all(asked)).every(({ status }) => status === 200)).toBe(true);
  expect(most).toBe(24);
});

describe('GET /api/audit', () => {
  test.each([
    ['', [4, 2, 1]],
    ['event=preview', [3]],
    ['user=ann', [4, 1]],
    ['status=failed', [2]],
    ['server=two&action=reindex', [2]],
    ['from=2026-11-20T12:00:00Z&to=2026-11-21T12:00:00Z', [2]],
    ['search=ORDERS', [1]],
    ['search=r2', [2]],
    ['search=%22Odd', [2]],
    ['search=%3Dcmd()', [2]],
    ['search=nowhere', []],
    ['from=2026-11-21T00:00:00Z&to=2026-11-20T00:00:00Z', 'from'],
    ['from=yesterday', 'from'],
  ])('?%s', async (query, expected) => {
    expect(await runs(query)).toEqual(expected);
  });

  test('what is about no server, such as sign-ins, is asked for by the server -', async () => {
    await audit.write({ event: 'login_ok', user: person('ann'), message: 'ann signed in.' });
    expect(await runs('server=-')).toEqual([5]);
    expect(await runs('server=-&user=bob')).toEqual([]);
    expect(await runs('server=one')).toEqual([4, 1]);
  });

  test('pages go on where the one before ended, with the same filters', async () => {
    const first = await (await ask(GET, 'limit=1&user=ann')).json();
    expect([first.entries[0].seq, first.next]).toEqual([4, 4]);
    expect(await runs(`limit=1&user=ann&before=${first.next}`)).toEqual([1]);
  });
});

describe('GET /api/audit/export', () => {
  test('JSON lines stand as they are in the files, so that their hashes can be checked', async () => {
    const response = await ask(exported, '');
    expect(response.headers.get('content-disposition')).toMatch(/^attachment; filename="pgdeck-audit-.*\.jsonl"$/);
    const lines = (await response.text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    expect(lines.map(({ seq, prev }) => [seq, prev.length])).toEqual([
      [4, 64],
      [2, 64],
      [1, 64],
    ]);
  });

  test('CSV has a head, the filters hold, and no cell is run as a formula', async () => {
    const lines = (await (await ask(exported, 'format=csv')).text()).trimEnd().split('\r\n');
    expect(lines[0]).toMatch(/^time,number,instance,event,server,user,/);
    expect(lines[1]).toContain(`"'=1+1, ""x"""`);
    expect(lines[1]).toContain('2026-11-21T12:00:00.000Z,4,,denied,one,ann,admin,cancel');
    expect(lines).toHaveLength(4);
    expect((await (await ask(exported, 'format=csv&status=failed')).text()).trimEnd().split('\r\n')).toHaveLength(2);
    expect((await ask(exported, 'format=xml')).status).toBe(400);
  });

  test('many entries come in pieces', async () => {
    for (let n = 0; n < 300; n++) await audit.write({ event: 'result', title: 'x'.repeat(500) });
    const reader = (await ask(exported, '')).body?.getReader();
    const sizes: number[] = [];
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) sizes.push(part.value.byteLength);
    expect(sizes.length).toBeGreaterThan(2);
    expect(Math.max(...sizes)).toBeLessThan(80_000);
  });
});

// Fails where the rights are those of the beginning.
test('who loses the right to a server while the file is read gets no more of it, and no end of a file', async () => {
  Object.assign(shared(), { config: { allowedHosts: [], access: { ...accessOf(), localRole: 'operator' } } });
  const list = new Map(['one', 'two'].map((id) => [id, { config: { id } }]));
  Object.assign(shared(), { servers: list });
  const local = { name: 'local', role: 'operator', mode: 'local' };
  for (const server of ['two', 'one', 'one'])
    for (let n = 0; n < 150; n++) await audit.write({ event: 'result', server, user: local, title: 'x'.repeat(500) });
  const read = async (meanwhile: () => void) => {
    const reader = (await ask(exported, '')).body?.getReader();
    let text = new TextDecoder().decode((await reader?.read())?.value);
    meanwhile();
    for (let part = await reader?.read(); part?.value; part = await reader?.read())
      text += new TextDecoder().decode(part.value);
    return text.trimEnd().split('\n').length;
  };
  expect(await read(() => {})).toBe(450);
  expect(await read(() => list.set('three', { config: { id: 'three' } }))).toBe(450);
  await expect(read(() => list.delete('two'))).rejects.toThrow('taken away');
});

// Fails where the person is the one of the beginning.
test('who has a lesser role, or is gone, while the file is read gets no more of it', async () => {
  const config = { allowedHosts: [], access: accessOf() };
  Object.assign(shared(), { config, servers: new Map([['one', { config: { id: 'one' } }]]) });
  const ann = { name: 'ann', role: 'admin', mode: 'password' };
  for (let n = 0; n < 450; n++)
    await audit.write({ event: 'result', server: 'one', user: ann, title: 'x'.repeat(500) });
  const read = async (meanwhile: Partial<typeof config.access>) => {
    config.access = accessOf();
    const reader = (await ask(exported, '')).body?.getReader();
    await reader?.read();
    config.access = { ...config.access, ...meanwhile };
    let pieces = 0;
    for (let part = await reader?.read(); part?.value; part = await reader?.read()) pieces++;
    return pieces;
  };
  expect(await read({})).toBeGreaterThan(2);
  await expect(read({ localRole: 'viewer' })).rejects.toThrow('taken away');
  // People come in another way by now: nobody is `local` any more.
  await expect(read({ mode: 'password' })).rejects.toThrow('taken away');
});

test('the lines of other instances are unavailable with the reason while the store is off', async () => {
  Object.assign(shared(), {
    history: { store: { on: false, state: { reason: 'Nothing is stored: PGDECK_HISTORY is off.' } } },
  });
  for (const handler of [GET, exported]) {
    const response = await ask(handler, 'fleet=1');
    expect(response.status).toBe(503);
    expect((await response.json()).error).toMatchObject({
      code: 'history_unavailable',
      message: expect.stringContaining('PGDECK_HISTORY is off'),
    });
  }
  expect((await (await ask(GET, 'fleet=0')).json()).copies).toEqual({ on: false });
});

describe('who reads what', () => {
  const rules = [
    { who: ['eve'], role: 'viewer' as const },
    { who: ['user:ann', 'user:bob', 'token'], role: 'admin' as const },
    { who: ['user:dora'], role: 'admin' as const, databases: ['shop'] },
  ];
  const watch = (access: unknown) =>
    Object.assign(shared(), {
      servers: new Map([
        ['one', { config: { id: 'one', access } }],
        ['three', { config: { id: 'three', access: [] } }],
      ]),
    });
  const user = (name: string, role: User['role'], more: Partial<User> = {}): User => ({
    ...{ name, role, mode: 'password', ...more },
  });
  const numbers = async (of: User, wanted = {}) =>
    (await audit.read({ limit: 100, ...filterOf(wanted, of) })).entries.map(({ seq }) => seq);

  beforeEach(async () => {
    const by = (name: string, mode = 'password') => ({ user: { name, role: 'operator', mode } });
    await audit.write({ event: 'result', server: 'one', ...by('eve'), databases: ['books'] });
    await audit.write({ event: 'result', server: 'one', ...by('eve', 'oidc'), databases: ['shop'] });
    await audit.write({ event: 'result', server: 'three', ...by('eve') });
    await audit.write({ event: 'login_ok', ...by('eve') });
    watch(rules);
  });

  // Fails when `wanted()` does not ask `mayRead()`.
  test('T12: of servers that one may not know of nothing, not even what one did oneself', async () => {
    expect(await numbers(user('bob', 'admin'))).toEqual([8, 6, 5, 4, 1]);
    expect(await numbers(user('ann', 'admin', { only: { servers: ['two'] } }))).toEqual([]);
    expect(await numbers(user('eve', 'viewer', { groups: ['eve'] }))).toEqual([5]);
    watch([]);
    expect(await numbers(user('bob', 'admin'))).toEqual([8]);
  });

  // Fails when `mayRead()` compares the name alone.
  test('T12: without the admin role one reads what one did oneself: the same name in another mode is somebody else', async () => {
    const eve = user('eve', 'viewer', { groups: ['eve'] });
    expect(await numbers(eve)).toEqual([5]);
    expect(await numbers({ ...eve, mode: 'oidc' })).toEqual([6]);
    expect(await numbers(eve, { user: 'ann' })).toEqual([]);
    expect(await numbers(eve, { search: 'orders' })).toEqual([]);
  });

  test('T12: who is admin of some databases reads what was done to those, and no line of no server without the role', async () => {
    expect(await numbers(user('dora', 'admin'))).toEqual([8, 6]);
    expect(await numbers(user('dora', 'operator'))).toEqual([]);
  });

  test('who sits at the machine reads all, also of servers that are watched no more', async () => {
    watch(undefined);
    expect(await numbers(user('local', 'admin', { mode: 'local' }))).toEqual([8, 7, 6, 5, 4, 2, 1]);
    expect(await numbers(user('local', 'viewer', { mode: 'local' }))).toEqual([]);
  });

  test('T12: a file of them holds no other lines than the list', async () => {
    watch([]);
    Object.assign(shared(), { config: { allowedHosts: [], access: { ...accessOf(), localRole: 'viewer' } } });
    expect(await (await ask(exported, '')).text()).toBe('');
  });
});
