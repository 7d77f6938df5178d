import { readdirSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import { pages as menu } from '@/components/shell/pages';
import { testContract } from '@/lib/api/test-contract';
import type { ServerConfig } from '@/lib/config';
import { topics } from '@/lib/topics/index';
import { route } from '../route';
import { accessTo } from '../server-access';
import { accessOf } from '../test-access';
import type { User } from '../user';
import { sealBearer } from './bearer';
import { type AskedPath, isPage, requirePage } from './pages';
import { portal, startDeck } from './test-embed';

beforeEach(() => startDeck());

/** Every path of the API as its folder names it, with what Next makes of it. */
const paths = readdirSync('app/api', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('route.ts') && !file.startsWith('[['))
  .map((file) => `/api/${file.replace(/\/?route\.ts$/, '')}`);

const asked = (path: string, more: Partial<AskedPath> & { search?: string } = {}): AskedPath => {
  const { search = '', ...given } = more;
  return { path, params: {}, query: new URLSearchParams(search), body: undefined, ...given };
};
const may = (pages: string[], ask: AskedPath): boolean => {
  try {
    requirePage(pages, ask);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ status: 403, code: 'forbidden' });
    return false;
  }
};
const topic = (name: string) => asked(`/api/servers/main/${name}`, { params: { server: 'main', topic: name } });
const series = (name: string) =>
  asked(`/api/servers/main/series/${name}`, { params: { server: 'main', series: name } });

describe('a bearer that is limited to pages', () => {
  it('knows every page of the menu', () => {
    for (const { slug } of menu) expect(isPage(slug), slug).toBe(true);
    for (const word of ['constructor', '__proto__', 'toString', '']) expect(isPage(word)).toBe(false);
  });

  it('reads the topics of its pages, and no other', () => {
    for (const { slug, topics: shown } of menu)
      for (const id of shown) expect(may([slug], topic(id)), `${slug} ${id}`).toBe(true);
    const ofLocks = Object.keys(topics).filter((id) => may(['locks'], topic(id)));
    expect(ofLocks.sort()).toEqual(['connections', 'locks']);
    expect(may(['locks', 'sessions'], topic('sessions'))).toBe(true);
    expect(may([], topic('locks'))).toBe(false);
  });

  // docs/embedding.md says so: who is given a page is given this, too.
  it('reads sessions with the page of the pools, with masked texts whatever the role is', () => {
    expect(may(['pools'], topic('sessions'))).toBe(true);
    for (const role of ['viewer', 'operator', 'admin'] as const) {
      const user: User = { name: 'embed:acme:1', role, mode: 'embed', only: { pages: ['pools'] } };
      expect(accessTo(user, { id: 'main' } as ServerConfig, accessOf())?.queryText).toBe('masked');
    }
  });

  it('reads the series of its pages, and the moments of their topics', () => {
    expect(may(['locks'], series('waiting-sessions'))).toBe(true);
    expect(may(['locks'], series('load'))).toBe(false);
    const moments = (search: string) => asked('/api/servers/main/moments', { params: { server: 'main' }, search });
    expect(may(['locks'], moments('at=1&topic=locks'))).toBe(true);
    expect(may(['locks'], moments('at=1&topic=sessions'))).toBe(false);
    expect(may(['locks'], moments('at=1'))).toBe(false);
  });

  it('reads the definitions of what its pages show', () => {
    const definition = (search: string) =>
      asked('/api/servers/main/definition', { params: { server: 'main' }, search });
    expect(may(['indexes'], definition('kind=index&oid=5'))).toBe(true);
    for (const search of ['kind=function&oid=5', 'kind=view&oid=5', ''])
      expect(may(['indexes'], definition(search)), search).toBe(false);
    expect(may(['tables'], definition('kind=index&oid=5'))).toBe(false);
  });

  it('is refused every path that its pages do not need, and one that is new', () => {
    // Fails where mayAsk() lets through what is not listed.
    const open = paths.filter((path) => may(['load'], asked(path)));
    expect(open.sort()).toEqual([
      '/api/actions',
      '/api/history',
      '/api/servers',
      '/api/servers/[server]/changes',
      '/api/servers/[server]/series',
      '/api/servers/[server]/top',
      '/api/session',
    ]);
    expect(paths.filter((path) => may([], asked(path)))).toEqual([]);
    for (const path of ['/api/audit', '/metrics', '/api/new', '/api/servers/main/new', '/', '/api', ''])
      expect(may(['overview'], asked(path)), path).toBe(false);
  });

  it('sees what is in the audit and in all runs on their own pages alone', () => {
    expect(may(['audit'], asked('/api/audit/export'))).toBe(true);
    expect(may(['maintenance'], asked('/api/audit'))).toBe(false);
    expect(may(['maintenance'], asked('/api/runs'))).toBe(true);
    expect(may(['sessions'], asked('/api/runs'))).toBe(false);
    expect(may(['sessions'], asked('/api/runs/1'))).toBe(true);
    expect(may(['load'], asked('/api/runs/1'))).toBe(false);
  });

  it('acts, where frames may, on what its pages show', () => {
    const preview = (kind: unknown) =>
      asked('/api/servers/main/actions/preview', { params: { server: 'main' }, body: { target: { kind } } });
    expect(may(['sessions'], preview('backend'))).toBe(true);
    for (const kind of ['relation', 'server', '*', undefined]) expect(may(['sessions'], preview(kind))).toBe(false);
    expect(may(['tables'], preview('relation'))).toBe(true);
    expect(may(['load'], preview('backend'))).toBe(false);
    const choices = (kind: string) =>
      asked('/api/servers/main/actions/choices', { params: { server: 'main' }, search: `kind=${kind}` });
    expect(may(['tables'], choices('index'))).toBe(true);
    expect(may(['tables'], choices('backend'))).toBe(false);
  });

  it('T12: is held to it by every handler that route() makes', async () => {
    // Fails without requirePage() in route().
    const handler = route(testContract({ role: 'viewer', databases: 'filtered' }), () => ({ read: true }));
    const bearer = await sealBearer({
      v: 1,
      portal: 'portal',
      sub: '4711',
      role: 'viewer',
      pages: ['locks'],
      origin: portal,
      epoch: 0,
    });
    const statusOf = async (name: string) => {
      const request = new Request(`https://pgdeck.example.org/api/servers/main/${name}`, {
        headers: { authorization: `Bearer ${bearer}` },
      });
      return (await handler(request, { params: Promise.resolve({ server: 'main', topic: name }) })).status;
    };
    expect([await statusOf('locks'), await statusOf('sessions')]).toEqual([200, 403]);
  });

  it('is held to the same paths below a base path', () => {
    startDeck({ PGDECK_BASE_PATH: '/api' });
    expect(may(['audit'], asked('/api/api/audit'))).toBe(true);
    expect(may(['load'], asked('/api/api/audit'))).toBe(false);
    expect(may(['audit'], asked('/api/audit'))).toBe(true);
  });
});
