import fc from 'fast-check';
import { expect, test } from 'vitest';
import { deckPath, framedPath, isShown } from '@/lib/client/frame';
import { readPath, toldPath, toldTitle } from './paths';

const slugs = ['overview', 'locks', 'sessions'];

test('a portal leads to pages of the deck, with their query', () => {
  expect(readPath('/main/locks', slugs)).toBe('/main/locks');
  expect(readPath('/main/locks?database=shop&at=1700000000', slugs)).toBe('/main/locks?database=shop&at=1700000000');
  expect(readPath('/main/locks?nav=1&panel=x&token=y&sort=age.desc', slugs)).toBe('/main/locks?sort=age.desc');
});

test('T24: and nowhere else', () => {
  // Fails where readPath() does not hold a path against the pages.
  const paths = [
    '',
    '/',
    '/main',
    '/main/',
    '/main/tables',
    '/main/locks/more',
    '/embed/main/locks',
    '/api/servers',
    '/signin',
    '//evil.example/locks',
    '///locks',
    'https://evil.example/main/locks',
    'javascript:alert(1)//main/locks',
    '/main/../api/locks',
    '/../locks',
    '/./locks',
    '/%2e%2e/locks',
    '/ma%69n/locks',
    '/main/locks#token=x',
    '/main\\locks',
    '/\\evil.example/locks',
    '/main/locks\n',
    '/Main/locks',
    ' /main/locks',
    'main/locks',
  ];
  expect(paths.filter((path) => readPath(path, slugs) !== undefined)).toEqual([]);
  const any = fc.oneof(
    fc.string(),
    fc.string().map((text) => `/main/locks${text}`),
  );
  fc.assert(
    fc.property(any, (text) => {
      const path = readPath(text, slugs);
      if (path === undefined) return true;
      const { origin, pathname } = new URL(path, 'https://deck.example');
      return origin === 'https://deck.example' && /^\/[a-z0-9][a-z0-9_-]*\/(overview|locks|sessions)$/.test(pathname);
    }),
  );
});

test('T24: a portal is told ids and times, and nothing that was typed or that reads like a statement', () => {
  const told = (search: string) => toldPath('/main/sessions', new URLSearchParams(search));
  expect(told('database=shop&from=-900&sort=age.desc&pid=4711&nav=1&panel=x')).toBe(
    '/main/sessions?database=shop&from=-900&sort=age.desc&pid=4711',
  );
  expect(told('filter=select+secret&search=secret&row=select+1&x=a%27b')).toBe('/main/sessions');
  expect(toldTitle('x'.repeat(300))).toHaveLength(200);
});

test('links stay in the frame, and the deck’s paths are what is left without it', () => {
  expect(framedPath('/main/locks?database=shop', false)).toBe('/embed/main/locks?database=shop');
  expect(framedPath('/main/locks', true)).toBe('/embed/main/locks?nav=1');
  expect(framedPath('?row=1', true)).toBe('?row=1');
  expect(deckPath('/embed/main/locks')).toBe('/main/locks');
  expect(deckPath('/embed')).toBe('/');
  expect(deckPath('/embedded/locks')).toBe('/embedded/locks');
  expect(isShown('/main/locks?x=1', { pages: ['locks'] })).toBe(true);
  expect(isShown('/main/tables', { pages: ['locks'] })).toBe(false);
  expect(isShown('/main/tables', { pages: null })).toBe(true);
});
