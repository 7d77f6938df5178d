import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { safeNext } from './next-path';

describe('where a sign-in leads back to', () => {
  it.each([
    '/',
    '/default/locks',
    '/default/statements?database=shop&sort=-total_ms#first',
    '/default/statements?search=a%20b+c%2Fd&next=//x',
    '/default/some%20page',
    '/signing',
  ])('is kept: %s', (path) => {
    expect(safeNext(path)).toBe(path);
  });

  // Take out `!isOwn(text)` or the line with `decoded()`: some of these come through.
  it.each([
    'https://evil.example/',
    'javascript:alert(1)',
    '//evil.example',
    '///evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/\t/evil.example',
    '/\n/evil.example',
    ' //evil.example',
    '/..//evil.example',
    '/./\\evil.example',
    '/a/../..//evil.example',
    '/.//evil.example',
    '/%2e/%2e//evil.example',
    '/%2F/evil.example',
    '/%2f%2fevil.example',
    '/%5Cevil.example',
    '/%5c%5cevil.example',
    '/default%0d%0aset-cookie:a=b',
    '/default\u0085',
    '/%',
    'default',
    '',
    '?a',
    '@evil.example',
    '/signin',
    '/signin?next=/signin',
    '/api/oidc/start',
    '/API/servers',
    `/${'a'.repeat(1500)}`,
  ])('T14: is `/` for %j', (text) => {
    expect(safeNext(text)).toBe('/');
  });

  it('is `/` for nothing', () => {
    expect(safeNext(undefined)).toBe('/');
    expect(safeNext(null)).toBe('/');
  });

  it('T14: stays on the own site whatever is given, also as a browser reads it beside another path', () => {
    const part = fc.constantFrom(
      '/',
      '\\',
      '..',
      '.',
      '%2f',
      '%5c',
      '\t',
      '\n',
      '\r',
      '@',
      ':',
      'http:',
      'evil.example',
      'a',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(part).map((parts) => parts.join('')),
        ),
        (text) => {
          const path = safeNext(text);
          expect(path).toMatch(/^\/(?![/\\])/);
          expect(new URL(path, 'https://pgdeck.example.net/signin?next=x').origin).toBe('https://pgdeck.example.net');
          expect(safeNext(path)).toBe(path);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
