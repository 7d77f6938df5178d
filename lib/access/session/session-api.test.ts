import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { POST as extend } from '@/app/api/session/extend/route';
import { DELETE, GET, POST } from '@/app/api/session/route';
import type { SessionAnswer } from '@/lib/client/shapes';
import { newFolder, origin, password, sending, startDeck, stopDeck, writeUsers } from './test-session';

// Passwords are made to take long, and longer where other tests run beside these.
vi.setConfig({ testTimeout: 60_000 });

let folder: string;
let deck: ReturnType<typeof startDeck>;
beforeEach(() => {
  folder = newFolder();
  deck = startDeck(folder);
  writeUsers(folder, [
    { name: 'ann', role: 'admin' },
    { name: 'bob', role: 'operator' },
  ]);
});
afterEach(() => {
  vi.useRealTimers();
  return stopDeck(folder);
});

const none = { params: Promise.resolve({}) };
function ask(handler: typeof GET, body?: unknown, headers = new Headers(), method = 'POST'): Promise<Response> {
  headers.set('origin', origin);
  headers.set('content-type', 'application/json');
  const sent = body === undefined ? {} : { body: JSON.stringify(body) };
  return handler(new Request(`${origin}/api/session`, { method, headers, ...sent }), none);
}
const signIn = (name: string, given = password, headers?: Headers) => ask(POST, { name, password: given }, headers);
const whoAmI = (headers: Headers) => GET(new Request(`${origin}/api/session`, { headers }), none);
const errorOf = async (response: Response) => {
  const { error } = (await response.json()) as { error: { code: string; message: string } };
  return `${response.status} ${error.code}: ${error.message}`;
};
const cookiesOf = (response: Response) => sending(...response.headers.getSetCookie());

describe('signing in', () => {
  it('gives a session, whatever is around the name and in which letters', async () => {
    const response = await signIn(' Ann ');
    expect(response.status).toBe(200);
    const answer = (await response.json()) as SessionAnswer;
    expect(answer.user).toEqual({ name: 'ann', role: 'admin', mode: 'password' });
    expect(Date.parse(answer.expiresAt ?? '') - Date.parse(answer.now)).toBeGreaterThan(7.99 * 3600_000);
    const me = await whoAmI(cookiesOf(response));
    expect(await me.json()).toMatchObject({ user: answer.user, idleExpiresAt: answer.idleExpiresAt });
    expect(me.headers.getSetCookie()).toEqual([]);
    const lines = await deck.audited();
    expect(lines.map(({ event, user }) => [event, user])).toEqual([
      ['login_ok', { name: 'ann', role: 'admin', mode: 'password' }],
    ]);
  });

  it('ends the session that the browser had', async () => {
    const first = cookiesOf(await signIn('ann'));
    expect((await signIn('bob', password, new Headers(first))).status).toBe(200);
    expect(await errorOf(await whoAmI(first))).toContain('401 session_expired');
  });

  it('fails with one sentence, whatever was wrong', async () => {
    const wrong = '401 bad_credentials: Name or password is wrong.';
    expect(await errorOf(await signIn('ann', 'wrong'))).toBe(wrong);
    expect(await errorOf(await signIn('nobody-of-that-name', 'wrong'))).toBe(wrong);
    expect(await errorOf(await signIn('', ''))).toBe(wrong);
    expect(await errorOf(await signIn('a\u0000b\n<img onerror>', password))).toBe(wrong);
  });

  it('writes down who failed, never what was typed for a password or could be one', async () => {
    await signIn('ann', 'a-secret-that-was-mistyped');
    await signIn('zoe', 'a-secret-that-was-mistyped');
    await signIn('My-Secret: \u202eoops\n{"event":"login_ok"}', 'a-secret-that-was-mistyped');
    const lines = await deck.audited();
    expect(lines.map(({ event, user }) => `${event} ${user?.name} ${user?.role}`)).toEqual([
      'login_fail ann none',
      'login_fail zoe none',
      'login_fail (no name of a user) none',
    ]);
    expect(JSON.stringify(lines)).not.toMatch(/secret|oops/i);
  });

  it('locks a name after five failures, also one that nobody has, but not the browser of its person', async () => {
    const known = cookiesOf(await signIn('ann'));
    for (const name of ['ann', 'zoe']) {
      for (let n = 0; n < 5; n++) expect((await signIn(name, 'wrong')).status).toBe(401);
      const refused = await signIn(name);
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(880);
      expect(await errorOf(refused)).toBe('429 busy: Too many sign-ins failed. Try again in 15 minutes.');
    }
    expect((await signIn('ann', password, new Headers(known))).status).toBe(200);
    // The cookie of one person opens no other name.
    expect((await signIn('zoe', password, new Headers(known))).status).toBe(429);
    expect((await signIn('bob')).status).toBe(200);
  });

  it('works one password after the other, and lets no more than a few wait', async () => {
    writeUsers(
      folder,
      Array.from({ length: 20 }, (_, n) => ({ name: `user-${n}`, role: 'viewer' as const })),
    );
    const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => signIn(`user-${n}`)));
    const counts = [200, 429].map((status) => answers.filter((each) => each.status === status).length);
    expect(counts).toEqual([8, 12]);
    expect(answers.find((each) => each.status === 429)?.headers.get('retry-after')).toBe('3');
  });

  it('is not there where passwords are not the way in', async () => {
    startDeck(folder, { PGDECK_AUTH: 'none' });
    expect(await errorOf(await signIn('ann'))).toContain('404 not_found');
  });

  it('refuses other bodies, and other sites', async () => {
    expect((await ask(POST, { name: 'ann' })).status).toBe(400);
    expect((await ask(POST, { name: 'ann', password, role: 'admin' })).status).toBe(400);
    expect((await ask(POST, { name: 'ann', password: 'x'.repeat(1025) })).status).toBe(400);
    const foreign = new Request(`${origin}/api/session`, {
      method: 'POST',
      body: JSON.stringify({ name: 'ann', password }),
      headers: { 'content-type': 'application/json', origin: 'https://elsewhere.example.net' },
    });
    expect(await errorOf(await POST(foreign, none))).toContain('403 cross_site');
  });

  it('reads PGDECK_USERS beside the file, and it counts before the file', async () => {
    const stored = 'scrypt$16384$8$1$c3RhZ2Utc2FsdC1zdGFnZQ$fzxBq5_jEeU_rgFTGcqroYH7fnIIEBM4t73YcgK9FNM';
    startDeck(folder, { PGDECK_USERS: `env:viewer:${stored}, ann:viewer:${stored}` });
    expect(await (await signIn('env')).json()).toMatchObject({ user: { role: 'viewer' } });
    expect(await (await signIn('ann')).json()).toMatchObject({ user: { role: 'viewer' } });
    expect(await (await signIn('bob')).json()).toMatchObject({ user: { role: 'operator' } });
  });
});

describe('signing out', () => {
  it('ends the session, clears the cookie and is written down, once', async () => {
    const cookies = cookiesOf(await signIn('ann'));
    const response = await ask(DELETE, undefined, new Headers(cookies), 'DELETE');
    expect(await response.json()).toEqual({ next: null });
    expect(response.headers.getSetCookie()).toEqual(['pgdeck_s=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict']);
    expect(await errorOf(await whoAmI(cookies))).toContain('401 session_expired');
    expect((await ask(DELETE, undefined, new Headers(cookies), 'DELETE')).status).toBe(200);
    expect((await deck.audited()).map(({ event }) => event)).toEqual(['login_ok', 'logout']);
  });
});

describe('the idle end', () => {
  it('is put off by extending alone', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    const signedIn = await signIn('ann');
    const cookies = cookiesOf(signedIn);
    const { idleExpiresAt } = (await signedIn.json()) as SessionAnswer;
    vi.setSystemTime(Date.now() + 30 * 60_000);
    expect(await (await whoAmI(cookies)).json()).toMatchObject({ idleExpiresAt });
    const extended = await ask(extend, undefined, new Headers(cookies));
    const later = ((await extended.json()) as SessionAnswer).idleExpiresAt;
    expect(Date.parse(later ?? '') - Date.parse(idleExpiresAt ?? '')).toBeGreaterThan(29.9 * 60_000);
    vi.setSystemTime(Date.now() + 40 * 60_000);
    expect((await whoAmI(cookies)).status).toBe(401);
    expect((await whoAmI(cookiesOf(extended))).status).toBe(200);
  });

  it('is nothing where there is no session', async () => {
    startDeck(folder, { PGDECK_AUTH: 'none' });
    expect(await errorOf(await ask(extend))).toContain('409 no_session');
    expect(await (await whoAmI(new Headers())).json()).toMatchObject({
      user: { name: 'local', role: 'admin', mode: 'local' },
      expiresAt: null,
      idleExpiresAt: null,
    });
  });
});

it('tells what can be done on each server, and where it is otherwise in a database', async () => {
  startDeck(folder, { PGDECK_ACTIONS: 'safe' }, [
    { id: 'main' },
    {
      id: 'shop',
      access: [
        { who: ['user:bob'], role: 'viewer' },
        { who: ['user:bob'], role: 'operator', databases: ['orders'] },
      ],
    },
    { id: 'secret', access: [{ who: ['user:ann'], role: 'admin' }] },
  ]);
  const { servers } = (await (await signIn('bob')).json()) as SessionAnswer;
  expect(servers).toEqual({
    main: {
      role: 'operator',
      databases: null,
      queryText: 'masked',
      whyNot: { operator: null, admin: 'This needs the role admin; bob is operator.' },
    },
    shop: {
      role: 'operator',
      databases: null,
      queryText: 'masked',
      whyNot: {
        operator: 'This needs the role operator; bob is viewer.',
        admin: 'This needs the role admin; bob is viewer.',
      },
      whyNotIn: { orders: { operator: null, admin: 'This needs the role admin; bob is operator.' } },
    },
  });
});

it('whatever name and password are, the answer is 400, 401 or 429', async () => {
  // The limits are another test's: each attempt has a pgdeck of its own.
  await fc.assert(
    fc.asyncProperty(
      fc.string({ unit: 'binary', maxLength: 300 }),
      fc.string({ unit: 'binary' }),
      async (name, text) => {
        startDeck(folder);
        expect([400, 401]).toContain((await signIn(name, text)).status);
      },
    ),
    { numRuns: 10 },
  );
});
