import { expect, test } from 'vitest';
import { fromLocalInput, localInput, wrongMoment, wrongSpan } from './local-time';
import { keptOf } from './use-kept';

const now = 1795230000;
const day = 86_400;
const kept = { seconds: 400 * day, because: 'History is kept for 400 days.' };

test('what an input of date and time holds is read again', () => {
  expect(fromLocalInput(localInput(now, true))).toBe(now);
  expect(fromLocalInput(localInput(now))).toBe(now - (now % 60));
  expect(localInput(now)).toMatch(/^2026-11-2\dT\d\d:\d\d$/);
  expect(fromLocalInput('')).toBeNaN();
});

test('a wrong span says what is wrong with it', () => {
  expect(wrongSpan(now - 3600, now, now, kept)).toBeUndefined();
  expect(wrongSpan(Number.NaN, now, now, kept)).toBe('Give the date and the time of both ends.');
  expect(wrongSpan(now, now - 60, now, kept)).toBe('From has to be before to.');
  expect(wrongSpan(now + 60, now + 600, now, kept)).toBe('From is in the future.');
  expect(wrongSpan(now - 30, now, now, kept)).toBe('A span is a minute long at least.');
  expect(wrongSpan(now - 402 * day, now - 401 * day, now, kept)).toMatch(/longer ago than pgdeck keeps/);
  expect(wrongSpan(now - 402 * day, now - 401 * day, now, undefined)).toBeUndefined();
});

test('a wrong moment says what is wrong with it', () => {
  expect(wrongMoment(now - 5, now, kept)).toBeUndefined();
  expect(wrongMoment(Number.NaN, now, kept)).toBe('Give a date and a time.');
  expect(wrongMoment(now + 5, now, kept)).toBe('This is in the future.');
  expect(wrongMoment(now - 401 * day, now, kept)).toMatch(/400 days/);
});

test('how far back anything can be shown follows the store', () => {
  const store = { state: 'on', reason: null, hourDays: 400 } as const;
  expect(keptOf(store)).toEqual(kept);
  expect(keptOf({ ...store, state: 'failing', reason: 'The disk is full.' })).toEqual({
    seconds: 3600,
    because: 'Only the last hour is known. The disk is full.',
  });
  expect(keptOf({ ...store, state: 'starting' }).because).toContain('starting');
});
