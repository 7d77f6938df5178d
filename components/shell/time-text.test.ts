import { expect, test } from 'vitest';
import { distanceText } from '@/lib/format';
import { distancesText, momentWords, presetText, spanText } from './time-text';

const plain = (text: string | undefined) => text?.replaceAll('\u00a0', ' ');
const at = (...parts: [number, number, number, number, number, number?]) =>
  Math.floor(new Date(parts[0], parts[1] - 1, parts[2], parts[3], parts[4], parts[5] ?? 0).getTime() / 1000);
const now = at(2026, 11, 21, 12, 0);

test('spans name days where they are not today, and drop times where they are long', () => {
  expect(plain(spanText(at(2026, 11, 21, 2, 14), at(2026, 11, 21, 3, 14), now))).toBe('02:14 – 03:14');
  expect(plain(spanText(at(2026, 11, 21, 2, 14), at(2026, 11, 21, 2, 19), now))).toBe('02:14:00 – 02:19:00');
  expect(plain(spanText(at(2026, 11, 20, 2, 14), at(2026, 11, 20, 3, 14), now))).toBe('20 Nov, 02:14 – 03:14');
  expect(plain(spanText(at(2026, 11, 20, 23, 0), at(2026, 11, 21, 1, 0), now))).toBe('20 Nov 23:00 – 21 Nov 01:00');
  expect(plain(spanText(at(2026, 11, 1, 2, 14), at(2026, 11, 21, 3, 14), now))).toBe('1 Nov – 21 Nov');
});

test('moments, distances and presets', () => {
  expect(plain(momentWords(at(2026, 11, 21, 3, 12, 7), now))).toBe('03:12:07');
  expect(plain(momentWords(at(2026, 11, 20, 3, 12, 7), now))).toBe('20 Nov, 03:12:07');
  expect(plain(distanceText(100, 112))).toBe('12 s earlier');
  expect(plain(distanceText(112, 100))).toBe('12 s later');
  expect(distanceText(100, 100.4)).toBeUndefined();
  expect(plain(distancesText([100, 104], 112))).toBe('12 s earlier');
  expect(plain(distancesText([100, 712], 112))).toBe('up to 10 min later, as each panel says');
  expect(distancesText([], 112)).toBeUndefined();
  expect(['15 min', '24 h', '2 d', '400 d']).toEqual(
    [900, 86_400, 172_800, 400 * 86_400].map((s) => plain(presetText(s))),
  );
});
