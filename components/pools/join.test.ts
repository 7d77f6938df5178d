import { expect, it } from 'vitest';
import { joinOf, type Told } from './join';

const told = (second: number | undefined, status = 'ok', at: number | null = null): Told => ({
  at,
  sampledAt: second === undefined ? undefined : new Date(second * 1000).toISOString(),
  answer: { status },
});

it('joins sessions only with what PgBouncer told before them', () => {
  expect(joinOf(told(20), [told(18), told(20)])).toBe('anew');
  expect(joinOf(told(20), [told(18), told(21)])).toBe('soon');
  // The server is stopped: its last sessions are old, and PgBouncer has no connections any more.
  expect(joinOf(told(20, 'unavailable'), [told(38), told(40)])).toBe('later');
  expect(joinOf(told(20, 'unavailable'), [told(18), told(19, 'unavailable')])).toBe('anew');
  // None is known there, not yet, or not at all.
  expect(joinOf(told(20), [told(18), { ...told(undefined), answer: undefined }])).toBe('soon');
  expect(joinOf(told(20), [told(undefined, 'unavailable')])).toBe('anew');
  expect(joinOf(told(20, 'ok', 19), [told(21, 'ok', 19)])).toBe('anew');
});
