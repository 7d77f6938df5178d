import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { contractOf, type Handler } from './route';

const root = path.resolve(import.meta.dirname, '../..');
const filesOf = (pattern: RegExp) =>
  readdirSync(path.join(root, 'app'), { recursive: true, encoding: 'utf8' }).filter((file) => pattern.test(file));

/** Pages that hold nothing of a server: the sign-in, and the shell that a portal's frame begins with. */
const open = /^(signin|embed)\//;
const pages = filesOf(/(^|\/)page\.tsx$/).filter((file) => !open.test(file));

describe.each(pages)('app/%s', (file) => {
  // Fails when a page is made from data without asking who opens it.
  it('T1: asks who opens it, by itself: a layout or the proxy in front is not enough', () => {
    const source = readFileSync(path.join(root, 'app', file), 'utf8');
    expect(source).toMatch(/<Prefetched\b|\bvisitorOf\(|\bvisitor\(/);
    expect(source, 'reads a server past the visitor').not.toMatch(/servers\.(get|values)\(|findServer\(/);
  });
});

it('there are pages to look at', () => {
  expect(pages).toContain('(deck)/[server]/overview/page.tsx');
});

const guarded: { route: string; role: string }[] = [];
beforeAll(async () => {
  for (const file of filesOf(/(^|\/)route\.ts$/)) {
    const handlers = (await import(path.join(root, 'app', file))) as Record<string, Handler>;
    for (const [method, handler] of Object.entries(handlers)) {
      const role = contractOf(handler)?.role;
      if (role) guarded.push({ route: `${method} ${path.dirname(file)}`, role });
    }
  }
}, 60_000);

/** What can be asked without being recognised, each with its reason. */
const openRoutes = new Map([
  ['GET api/health', 'whether pgdeck answers, for those who restart it'],
  ['POST api/session', 'the sign-in'],
  ['DELETE api/session', 'the sign-out, also of a session that has ended'],
  ['GET api/oidc/start', 'the way to the provider'],
  ['GET api/oidc/callback', 'the way back from it'],
  ['POST api/embed/session', 'a token of the portal for a bearer'],
]);

// Fails when a route is made open, or a handler of a server's is not guarded by its role.
it('T2: nobody is let in without being recognised, but where this list says so', () => {
  const found = guarded.filter(({ role }) => role === 'open').map(({ route }) => route);
  expect(found.sort()).toEqual([...openRoutes.keys()].sort());
});

// Fails when what changes something can be done by a viewer.
it('T2: what acts needs a role', () => {
  const acts: Record<string, string> = {
    'POST api/annotations': 'operator',
    'POST api/health/cache/clear': 'operator',
    'POST api/runs/[run]/approve': 'admin',
    'POST api/runs/[run]/cancel': 'operator',
    'POST api/servers/[server]/actions/execute': 'operator',
    'POST api/servers/[server]/actions/preview': 'operator',
    'POST api/servers/[server]/ddl': 'operator',
    'POST api/servers/[server]/schedules': 'admin',
    'DELETE api/servers/[server]/schedules/[schedule]': 'admin',
    'PATCH api/servers/[server]/schedules/[schedule]': 'admin',
    // What it tells is decided by the text that is asked for.
    'POST api/servers/[server]/reveal': 'viewer',
    // One's own session.
    'POST api/session/extend': 'viewer',
  };
  const found = guarded
    .filter(({ route, role }) => role !== 'open' && !/^(GET|OPTIONS) |\[\[\.\.\.path\]\]/.test(route))
    .map(({ route, role }) => [route, role]);
  expect(Object.fromEntries(found)).toEqual(acts);
});
