import { describe, expect, test } from 'vitest';
import { isFromElsewhere, ownOrigins, refuseCrossSite, refuseCrossSiteRead } from './cross-site';
import { accessOf } from './test-access';

const own = 'https://pgdeck.example.net';
const taken = (headers: Record<string, string>, hasBearer = false) => {
  try {
    refuseCrossSite(new Headers(headers), [own], hasBearer);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ status: 403, code: 'cross_site' });
    return false;
  }
};

// Fails without one of the three throws of `refuseCrossSite`.
describe('T5: what changes something is taken from pgdeck’s own pages', () => {
  test.each<[Record<string, string>, boolean]>([
    [{ origin: own, 'sec-fetch-site': 'same-origin' }, true],
    [{ origin: own }, true],
    [{ 'sec-fetch-site': 'same-origin' }, true],
    [{}, false],
    [{ origin: 'null' }, false],
    [{ origin: 'https://evil.example' }, false],
    [{ origin: 'http://pgdeck.example.net' }, false],
    [{ origin: 'https://pgdeck.example.net:8443' }, false],
    [{ origin: own, 'sec-fetch-site': 'cross-site' }, false],
    [{ origin: own, 'sec-fetch-site': 'none' }, false],
  ])('%o: %s', (headers, expected) => expect(taken(headers)).toBe(expected));

  test('T6: a sibling host is as foreign as any, with a bearer token too', () => {
    expect(taken({ origin: 'https://evil.example.net', 'sec-fetch-site': 'same-site' })).toBe(false);
    expect(taken({ 'sec-fetch-site': 'same-site' }, true)).toBe(false);
  });

  test('a script without an origin shows a bearer token, which no other site has', () => {
    expect(taken({}, true)).toBe(true);
    expect(taken({ origin: 'https://evil.example' }, true)).toBe(false);
  });
});

test('the own origin is the public one, or those that are listened on', () => {
  const allowedHosts = ['pgdeck.example.net', 'localhost:8432'];
  const access = accessOf({ PGDECK_AUTH: 'password', PGDECK_PUBLIC_URL: own, PGDECK_BASE_PATH: '/db' });
  expect(ownOrigins({ access, allowedHosts })).toEqual([own]);
  expect(ownOrigins({ access: accessOf(), allowedHosts: ['localhost:8432'] })).toEqual(['http://localhost:8432']);
});

// Fails without the condition of `refuseCrossSiteRead`.
test('T6: reads by pages of other sites and of siblings are refused, links from there are followed', () => {
  const read = (site: string, mode: string) => () =>
    refuseCrossSiteRead(new Headers({ 'sec-fetch-site': site, 'sec-fetch-mode': mode }));
  for (const site of ['cross-site', 'same-site'])
    for (const mode of ['no-cors', 'cors', 'websocket']) expect(read(site, mode)).toThrow(/other sites/);
  for (const site of ['cross-site', 'same-site', 'none', 'same-origin']) expect(read(site, 'navigate')).not.toThrow();
  expect(read('same-origin', 'cors')).not.toThrow();
  expect(() => refuseCrossSiteRead(new Headers())).not.toThrow();
});

test('a page that a link of another site opened is told from one that came with its strict cookie', () => {
  const from = (site?: string) => isFromElsewhere(new Headers(site === undefined ? {} : { 'sec-fetch-site': site }));
  expect([from('cross-site'), from()]).toEqual([true, true]);
  for (const site of ['none', 'same-origin', 'same-site']) expect(from(site), site).toBe(false);
});
