import { afterEach, describe, expect, it } from 'vitest';
import {
  bytes,
  clock,
  count,
  date,
  durationInWords,
  exact,
  figure,
  moment,
  percent,
  readerZone,
  setReader,
  wallAt,
  whenWall,
} from '@/lib/format';
import { fromLocalInput, localInput } from './local-time';

const plain = (text: string) => text.replaceAll(/[\u00a0\u202f]/g, ' ');
const at = new Date('2026-11-21T02:12:07Z');

afterEach(() => setReader({ locale: 'en-GB', timeZone: undefined }));

describe('a reader of another language and zone', () => {
  it('reads numbers as they write them, with digits that all share', () => {
    setReader({ locale: 'de-DE', timeZone: undefined });
    expect([exact(1234567.5), figure(36.8), count(3905), bytes(2_900_000_000), percent(0.004)].map(plain)).toEqual([
      '1.234.567,5',
      '36,8',
      '3.905',
      '2,7 GB',
      '0,4 %',
    ]);
    expect(
      [figure(0.001), percent(0.00001), percent(0.999999), durationInWords(2), durationInWords(0.8)].map(plain),
    ).toEqual(['< 0,01', '< 0,01 %', '> 99,99 %', '2 s', '0,8 s']);
    setReader({ locale: 'ar-EG', timeZone: undefined });
    expect(exact(1234)).toMatch(/^1\D?234$/);
    expect(clock(at)).toMatch(/^\d\d:\d\d:\d\d$/);
  });

  it('reads times of their zone, in the order of their language', () => {
    setReader({ locale: 'en-US', timeZone: 'Asia/Kolkata' });
    expect(plain(date(at))).toBe('Nov 21, 2026');
    expect(clock(at)).toBe('07:42:07');
    expect(plain(moment(at))).toContain('GMT+5:30');
    expect(readerZone()).toBe('Asia/Kolkata');
    expect(clock(at, 'UTC')).toBe('02:12:07');
  });

  it('chooses times by their own clock, also where it is changed', () => {
    for (const timeZone of ['Asia/Kolkata', 'America/New_York', 'Europe/Zurich', 'Australia/Lord_Howe', 'UTC']) {
      setReader({ locale: 'en-GB', timeZone });
      for (let hours = 0; hours < 366 * 24; hours += 7) {
        const seconds = Date.parse('2026-01-01T00:20:00Z') / 1000 + hours * 3600;
        const { year, month, day, hour, minute, second } = wallAt(new Date(seconds * 1000));
        const back = whenWall(year, month, day, hour, minute, second).getTime() / 1000;
        // In the hour that is there twice it is one of both.
        expect(Math.abs(back - seconds)).toBeLessThanOrEqual(3600);
        expect(wallAt(new Date(back * 1000))).toEqual({ year, month, day, hour, minute, second });
        expect(localInput(fromLocalInput(localInput(seconds, true)), true)).toBe(localInput(seconds, true));
      }
    }
    setReader({ locale: 'en-GB', timeZone: 'America/New_York' });
    expect(localInput(at.getTime() / 1000, true)).toBe('2026-11-20T21:12:07');
    expect(fromLocalInput('2026-11-20T21:12')).toBe(at.getTime() / 1000 - 7);
    expect(fromLocalInput('2026-11-20')).toBeNaN();
  });
});
