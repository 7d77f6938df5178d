import { expect, test } from 'vitest';
import { noteRefusal, refusal } from '@/lib/client/refusal';
import { whyNotOn } from '@/lib/client/session';
import { startAddress } from './offer';
import { nearEnd, timeLeft } from './use-time-left';

const now = Date.parse('2026-11-21T12:00:00Z');
const at = (seconds: number) => new Date(now + seconds * 1000).toISOString();
const near = (idle: number, whole: number) => nearEnd(timeLeft({ idleExpiresAt: at(idle), expiresAt: at(whole) }, now));

test('an end is near two minutes before idleness ends a session, and five before the end that nothing moves', () => {
  expect(near(3600, 8 * 3600)).toBeUndefined();
  expect(near(121, 3600)).toBeUndefined();
  expect(near(120, 3600)).toBe('idle');
  expect(near(60, 3600)).toBe('idle');
  expect(near(301, 301)).toBeUndefined();
  expect(near(300, 300)).toBe('whole');
  expect(near(90, 200)).toBe('whole');
  // Over is not near: the page asks to sign in again.
  expect(near(0, 3600)).toBeUndefined();
});

test('a session without an end, and a time that is not known, have nothing left to count', () => {
  expect(timeLeft({ expiresAt: null, idleExpiresAt: null }, now)).toBeUndefined();
  expect(timeLeft({ expiresAt: at(60), idleExpiresAt: at(60) }, undefined)).toBeUndefined();
  expect(timeLeft(undefined, now)).toBeUndefined();
  expect(nearEnd(undefined)).toBeUndefined();
});

test('a reason is that of the database, of the server as a whole, or missing where there is any database to act in', () => {
  const on = {
    whyNot: { operator: 'not on the server', admin: 'not on the server' },
    whyNotIn: { shop: { operator: null, admin: 'no admin in shop' }, crm: { operator: 'no', admin: 'no' } },
  };
  expect(whyNotOn(on, 'operator', 'shop')).toBeUndefined();
  expect(whyNotOn(on, 'admin', 'shop')).toBe('no admin in shop');
  expect(whyNotOn(on, 'operator', 'crm')).toBe('no');
  expect(whyNotOn(on, 'operator', 'other')).toBe('not on the server');
  expect(whyNotOn(on, 'operator', null)).toBe('not on the server');
  expect(whyNotOn(on, 'operator')).toBeUndefined();
  expect(whyNotOn(on, 'admin')).toBe('not on the server');
  expect(whyNotOn(on, 'viewer', null)).toBeUndefined();
  expect(whyNotOn({ whyNot: { operator: null, admin: 'off' } }, 'operator', 'shop')).toBeUndefined();
});

test('only who is not recognised, or may not, is a refusal: a wrong password is none', () => {
  const seen: (number | undefined)[] = [];
  const stop = refusal.subscribe(() => seen.push(refusal.get()?.status));
  noteRefusal(401, 'bad_credentials');
  noteRefusal(404, 'not_found');
  expect(seen).toEqual([]);
  noteRefusal(401, 'unauthenticated');
  noteRefusal(401, 'session_expired');
  noteRefusal(403, 'forbidden');
  noteRefusal(403, 'no_role');
  expect(seen).toEqual([401, 401, 403, 401]);
  stop();
});

test('where a sign-in leads back to travels as one value', () => {
  expect(startAddress('/default/locks?a=1&b=2')).toBe('/api/oidc/start?next=%2Fdefault%2Flocks%3Fa%3D1%26b%3D2');
  expect(startAddress('/', true)).toBe('/api/oidc/start?next=%2F&again=1');
});
