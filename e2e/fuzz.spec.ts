import { resolve } from 'node:path';
import fc from 'fast-check';
import { type Hostile, hostile, standInOid } from './fixtures/hostile';
import { type RawAnswer, type RawRequest, sendRaw } from './fixtures/raw-http';
import type { Login } from './fixtures/stack';
import { expect, test } from './fixtures/test';
import { type PortalToken, type Walked, walkProxy } from './fixtures/walk';

// Fails where anything that somebody sends makes pgdeck stumble (500), hang, fall, or tell what it keeps to itself. The
// seed is the same at each run, so that it fails again in the same way; another one finds more: FUZZ_SEED=2 …
const seed = Number(process.env.FUZZ_SEED ?? 1);
const requests = 1000;
const atOnce = 6;

type Deck = Walked & { portalToken: PortalToken };

async function requestOf(
  deck: Deck,
  oid: string,
  { person, method, target, headers, body, claims }: Hostile,
): Promise<RawRequest> {
  const people = deck.people.filter(({ role }) => !person.mayAct || role === 'operator' || role === 'admin');
  const who = people[person.pick % people.length];
  const sent = claims ? JSON.stringify({ token: await deck.portalToken(claims) }) : (body ?? '');
  const given = new Set(headers.map(([name]) => name));
  const own: [string, string][] = [['host', new URL(deck.app.url).host], ...Object.entries(who?.headers ?? {})];
  if (method !== 'GET') own.push(['origin', deck.origin]);
  return {
    method,
    target,
    // What is given goes instead of what would be sound.
    headers: [...own.filter(([name]) => !given.has(name)), ...headers],
    body: Buffer.from(typeof sent === 'string' ? sent.replaceAll(String(standInOid), oid) : sent),
  };
}

/** What an answer tells that it must not. */
function leaks({ status = 0, text }: RawAnswer, deck: Walked, { host, port, user, password }: Login): string[] {
  const never = [password, deck.folder, resolve(import.meta.dirname, '..'), '/node_modules/', '\n    at ', 'root:x:0:'];
  // Admins are told where a server is, and everybody who works there; in what is refused neither has a place.
  const inRefusals = [`${host}:${port}`, `"port":${port}`, user];
  const found = [...never, ...(status >= 400 ? inRefusals : [])].filter((secret) => text.includes(secret));
  // A line to copy has a place for one, in capitals.
  if (/postgres(ql)?:\/\/(?!USER:PASSWORD@)[^\s"'<]*@/.test(text)) found.push('an address with a password');
  return found;
}

test('T17: T21: whatever is sent, pgdeck answers soon, never with 500, and tells nothing of its inside', async ({
  stack,
  admin,
}) => {
  test.setTimeout(300_000);
  const login = stack.login('pgdeck_read');
  const { rows } = await admin.query("select 'orders'::regclass::oid::text as oid");
  const oid: string = rows[0].oid;
  const deck = await walkProxy(stack, { PGDECK_HISTORY: 'on' });
  const port = Number(new URL(deck.app.url).port);
  const failures: unknown[] = [];
  const statuses = new Map<number | undefined, number>();
  try {
    const left = fc.sample(hostile, { numRuns: requests, seed });
    const line = async () => {
      for (let next = left.pop(); next; next = left.pop()) {
        const request = await requestOf(deck, oid, next);
        const answer = await sendRaw(port, request);
        statuses.set(answer.status, (statuses.get(answer.status) ?? 0) + 1);
        // Who is refused while still sending sees the connection end at times, not why; a tunnel is never answered.
        const mayEnd = request.body.length > 256 * 1024 || request.method === 'CONNECT';
        const unanswered = answer.status === undefined && !mayEnd;
        const told = leaks(answer, deck, login);
        if (answer.status !== 500 && !answer.hung && !unanswered && told.length === 0) continue;
        const { body, ...rest } = request;
        failures.push({ told, status: answer.status, hung: answer.hung, ...rest, body: body.toString().slice(0, 300) });
      }
    };
    await Promise.all(Array.from({ length: atOnce }, line));
    expect(failures.slice(0, 5), `seed ${seed}: ${failures.length} requests`).toEqual([]);
    // They came as far as each of these.
    expect([...statuses.keys()]).toEqual(expect.arrayContaining([200, 400, 401, 403, 404, 405, 413, 415, 421]));
    expect((await fetch(`${deck.app.url}/api/health`)).status).toBe(200);
    expect(deck.app.output()).not.toMatch(/unhandled|uncaught|"status":500/i);
  } finally {
    await deck.stop();
  }
});
