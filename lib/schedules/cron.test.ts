import { describe, expect, it } from 'vitest';
import { ApiError } from '@/lib/access/errors';
import { checkWhen, dueAfter, dueTimes } from './cron';

const at = (text: string) => Date.parse(text);
const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString());
const refused = (cron: string, timeZone: string) => {
  try {
    checkWhen({ cron, timeZone }, at('2026-11-21T00:00:00Z'));
  } catch (error) {
    return error instanceof ApiError ? [error.status, error.field] : error;
  }
  return undefined;
};

describe('when a schedule is due', () => {
  it('goes by the clocks of its time zone, also when they change', () => {
    const when = { cron: '30 3 * * *', timeZone: 'Europe/Berlin' };
    expect(iso(dueAfter(when, at('2026-07-01T12:00:00Z')))).toBe('2026-07-02T01:30:00.000Z');
    expect(iso(dueAfter(when, at('2026-11-21T12:00:00Z')))).toBe('2026-11-22T02:30:00.000Z');
    // An hour that the clocks leave out does not leave out the day, and one that they repeat does not repeat it.
    const night = { cron: '30 2 * * *', timeZone: 'Europe/Berlin' };
    expect(dueTimes(night, at('2026-03-28T01:30:00Z'), at('2026-03-30T12:00:00Z'))).toHaveLength(3);
    expect(dueTimes(night, at('2026-10-24T00:30:00Z'), at('2026-10-26T12:00:00Z'))).toHaveLength(3);
  });

  it('is after a moment, not at it', () => {
    const when = { cron: '*/5 * * * *', timeZone: 'UTC' };
    expect(iso(dueAfter(when, at('2026-11-21T00:05:00Z')))).toBe('2026-11-21T00:10:00.000Z');
    expect(dueTimes(when, at('2026-11-21T00:05:00Z'), at('2026-11-21T00:15:00Z')).map(iso)).toEqual([
      '2026-11-21T00:05:00.000Z',
      '2026-11-21T00:10:00.000Z',
      '2026-11-21T00:15:00.000Z',
    ]);
    expect(dueTimes(when, 0, at('2026-11-21T00:00:00Z'), 7)).toHaveLength(7);
  });
});

describe('what cannot be a time', () => {
  it.each([
    ['nonsense', 'UTC', 'cron'],
    ['', 'UTC', 'cron'],
    ['* * * * * *', 'UTC', 'cron'],
    ['61 * * * *', 'UTC', 'cron'],
    ['0 0 31 2 *', 'UTC', 'cron'],
    ['0 3 * * *', 'Mars/Olympus', 'timeZone'],
    ['0 3 * * *', '', 'timeZone'],
  ])('"%s" in "%s" is refused, naming %s', (cron, timeZone, field) => {
    expect(refused(cron, timeZone)).toEqual([400, field]);
  });

  it('what can be is taken', () => {
    for (const cron of ['0 3 * * SUN', '15,45 1-4 * * *', '0 0 1 */3 *', '@daily'])
      expect([cron, refused(cron, 'America/New_York')]).toEqual([cron, undefined]);
  });
});
