import { randomUUID } from 'node:crypto';
import { expect, test } from './fixtures/test';
import { type Asker, builtRoutes, hiddenName, modes, seenName, type Walked } from './fixtures/walk';
import { bodies, type Needs, openPages, routeTable } from './fixtures/walk-table';

// Every route and page of the build × who asks × a server that is there, hidden, or not there.
//
// T1: fails where a page reads a server without asking who opens it (visitorOf() in app/(deck)/visitor.ts).
// T2: fails where route() does not call requireRole(), or a route is made `open`.
// T12: fails where serverFor() tells a server apart that one may not know of.

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;
type Method = (typeof methods)[number];
const order = ['viewer', 'operator', 'admin'];
const { api, pages } = builtRoutes();

const fill = (route: string, server: string) =>
  route
    .replace('[[...path]]', 'nothing/here')
    .replace('[server]', server)
    .replace('[topic]', 'sessions')
    .replace('[series]', 'connections')
    .replace(/\[(run|schedule)\]/, randomUUID());

type Told = { status: number; text: string; location: string | null };

async function ask(deck: Walked, { headers }: Asker, method: string, path: string, body: unknown = {}): Promise<Told> {
  const response = await fetch(deck.app.url + path, {
    method,
    redirect: 'manual',
    headers: {
      ...headers,
      ...(method !== 'GET' && { origin: deck.origin, 'content-type': 'application/json' }),
    },
    ...(method !== 'GET' && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const nonce = /'nonce-([^']+)'/.exec(response.headers.get('content-security-policy') ?? '')?.[1];
  return {
    status: response.status,
    location: response.headers.get('location'),
    // What is new in each answer, so that two can be compared.
    text: text
      .replace(/"requestId":"[^"]*"/, '')
      .replaceAll(nonce ?? '\0', '')
      .replaceAll(hiddenServer, missingServer),
  };
}

/** Of one length, so that answers about them are as long. */
const hiddenServer = 'hidden';
const missingServer = 'nowher';

/** Nothing of how pgdeck reaches its servers, of secrets or of its inside stands in an answer, nor of servers that are not theirs. */
function expectNoLeak({ text }: Told, of: string, deck: Walked, password: string, seen: boolean): void {
  const leaks = [password, hiddenName, 'node_modules', '\n    at ', deck.folder, ...(seen ? [] : [seenName])];
  const found = leaks.filter((leak) => text.includes(leak)).map((leak) => (leak === password ? 'the password' : leak));
  expect(found, `${of} tells`).toEqual([]);
}

type Visit = { person: Asker; route: string; method: Method };

/** What everybody who asks is answered, for every route and method: as the table says, whatever the mode. */
function visits({ people }: Walked): Visit[] {
  return people.flatMap((person, i) =>
    api.flatMap((route) =>
      methods
        // That a method is not there does not hang on who asks.
        .filter((method) => routeTable[route]?.[method] || i === 0)
        // A session that is ended here would be missed by what follows.
        .filter((method) => !(route === '/api/session' && method === 'DELETE' && person.role && person.headers.cookie))
        .map((method) => ({ person, route, method })),
    ),
  );
}

async function visit(deck: Walked, { person, route, method }: Visit, password: string): Promise<void> {
  const needs: Needs | undefined = routeTable[route]?.[method];
  const of = `${deck.mode}, ${person.title}: ${method} ${route}`;
  const to = (server: string) => ask(deck, person, method, fill(route, server), bodies[route]);
  const told = await to('one');
  expectNoLeak(told, of, deck, password, person.role !== undefined);
  const said = `${of} → ${told.status} ${told.text.slice(0, 200)}`;
  if (!needs) {
    expect(told.status, said).toBe(405);
    return;
  }
  expect(told.status, said).not.toBe(500);
  const enough = person.role && order.indexOf(person.role) >= order.indexOf(needs);
  const refused = needs !== 'open' && (!enough || mayNotReveal(deck.mode, route, person));
  if (refused) expect(told.status, said).toBe(person.role ? 403 : 401);
  else expect([401, 403], said).not.toContain(told.status);
  if (!route.includes('[server]')) return;
  const missing = await to(missingServer);
  expect(missing.status, `${of} of no server`).toBe(person.role ? 404 : 401);
  expect(await to(hiddenServer), `${of} of a hidden server, as of none`).toEqual(missing);
}

/** Values are shown to admins only, and neither in frames nor without sign-in: a right of its own beside the role. */
function mayNotReveal(mode: string, route: string, person: Asker): boolean {
  return route.endsWith('/reveal') && mode !== 'local' && (person.role !== 'admin' || mode === 'anonymous');
}

/** Who is not recognised is led to the sign-in, and finds nothing there; a hidden server has no pages. */
async function open(deck: Walked, person: Asker, page: string, password: string): Promise<void> {
  const of = `${deck.mode}, ${person.title}: ${page}`;
  const to = (server: string) => ask(deck, person, 'GET', fill(page, server));
  const told = await to('one');
  const isFrame = person.title.startsWith('frame');
  expectNoLeak(told, of, deck, password, person.role !== undefined && !page.startsWith('/embed'));
  if (openPages.includes(page)) {
    expect([200, 307, 404], of).toContain(told.status);
    return;
  }
  if (!person.role) {
    const next = page === '/' ? '/' : fill(page, 'one');
    expect([told.status, told.location], of).toEqual([307, `/signin?next=${encodeURIComponent(next)}`]);
    return;
  }
  if (!page.includes('[server]')) return;
  // A frame shows what it may by the API alone.
  expect(told.status, of).toBe(isFrame ? 404 : 200);
  // In which pieces a page is written is not always the same, and a word may be cut.
  await expect(async () => {
    const missing = await to(missingServer);
    expect(missing.status, `${of} of no server`).toBe(404);
    const hidden = await to(hiddenServer);
    expect([hidden.status, wordsOf(hidden)], `${of} of a hidden server, as of none`).toEqual([404, wordsOf(missing)]);
  }).toPass({ timeout: 30_000 });
}

/** What a page says: its parts come in another order each time. */
function wordsOf({ text }: Told): string[] {
  return [...new Set(text.match(/[a-z]{4,}/gi))].sort();
}

/** Does all of something, a few at a time: as many as a browser sends at once. */
async function all<T>(cases: T[], each: (one: T) => Promise<void>): Promise<void> {
  const left = [...cases];
  const line = async () => {
    for (let next = left.pop(); next !== undefined; next = left.pop()) await each(next);
  };
  await Promise.all(Array.from({ length: 4 }, line));
}

test('T2: each route of the build has a line in the table, and the table names nothing else', () => {
  expect([...api].sort()).toEqual(Object.keys(routeTable).sort());
  for (const page of openPages) expect(pages).toContain(page);
});

for (const [title, start] of Object.entries(modes))
  test(`T1: T2: T12: ${title}, every route and page tells everybody what the table says`, async ({ stack }) => {
    test.setTimeout(300_000);
    const { password } = stack.login('pgdeck_read');
    const deck = await start(stack);
    try {
      await all(visits(deck), (each) => visit(deck, each, password));
      // One of each kind opens the pages: nobody, a viewer, a frame, or who has this machine.
      const kinds = ['nobody', 'viewer', 'everybody', 'local', 'frame of a viewer'];
      const people = deck.people.filter((person) => kinds.includes(person.title));
      expect(people.length).toBeGreaterThan(0);
      const views = people.flatMap((person) => pages.map((page) => ({ person, page })));
      await all(views, ({ person, page }) => open(deck, person, page, password));
    } finally {
      await deck.stop();
    }
  });
