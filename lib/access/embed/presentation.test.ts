import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backgrounds, contrast, isReadable, onAccent, type Theme } from '@/lib/accent';
import { hideable, presentationOf } from './presentation';

const nothing = { theme: null, accent: null, density: null, locale: null, tz: null, hide: [] };

test('what a token says of the look is taken where it can be used', () => {
  const claims = {
    theme: 'dark',
    accent: '#ffb86c',
    density: 'dense',
    locale: 'de-CH',
    tz: 'Europe/Zurich',
    hide: ['title', 'sql', 'everything'],
  };
  expect(presentationOf(claims)).toEqual({ ...claims, hide: ['title', 'sql'] });
  expect(presentationOf({})).toEqual(nothing);
  expect(presentationOf({ hide: [...hideable] }).hide).toEqual([...hideable]);
});

test('an accent that cannot be read in its theme, or is no colour, is not taken', () => {
  expect(presentationOf({ theme: 'light', accent: '#ffb86c' }).accent).toBeNull();
  expect(presentationOf({ theme: 'dark', accent: '#3d52d5' }).accent).toBeNull();
  expect(presentationOf({ theme: 'system', accent: '#3d52d5' }).accent).toBe('#3d52d5');
  // Too dark for the dark theme and too light for the light one.
  expect(presentationOf({ accent: '#7f7f7f' }).accent).toBeNull();
  for (const accent of ['#FFF', '#ffffff80', 'red', '#3d52d5;}body{display:none', 'url(https://evil.example)', 1, null])
    expect(presentationOf({ accent }).accent).toBeNull();
});

test('T24: no claim becomes CSS, an address, or anything but a known word', () => {
  const value = fc.oneof(fc.string(), fc.integer(), fc.array(fc.string()), fc.constant({ a: 1 }));
  fc.assert(
    fc.property(
      fc.dictionary(fc.constantFrom('theme', 'accent', 'density', 'locale', 'tz', 'hide'), value),
      (claims) => {
        const { theme, accent, density, locale, tz, hide } = presentationOf(claims);
        expect([null, 'light', 'dark', 'system', 'high-contrast']).toContain(theme);
        expect([null, 'comfortable', 'dense']).toContain(density);
        if (accent !== null) expect(accent).toMatch(/^#[0-9a-f]{6}$/);
        expect(() => new Intl.NumberFormat(locale ?? undefined)).not.toThrow();
        expect(() => new Intl.DateTimeFormat('en', { timeZone: tz ?? undefined })).not.toThrow();
        for (const part of hide) expect(hideable).toContain(part);
      },
    ),
  );
});

test('contrast is counted as WCAG does', () => {
  expect(contrast('#000000', '#ffffff')).toBe(21);
  expect(contrast('#777777', '#ffffff')).toBeCloseTo(4.48, 2);
  expect(isReadable('#777777', 'high-contrast')).toBe(false);
  expect(onAccent('#3d52d5')).toBe('#ffffff');
  expect(onAccent('#ffb86c')).toBe('#0e1014');
});

test('the backgrounds that an accent is held against are those of the themes', () => {
  const css = readFileSync('app/tokens.css', 'utf8');
  for (const theme of Object.keys(backgrounds) as Theme[]) {
    const block = new RegExp(`\\[data-theme="${theme}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
    const used = ['canvas', 'surface', 'raised', 'sunken', 'hover'].map(
      (name) => new RegExp(`--${name}: (#[0-9a-f]{6});`).exec(block)?.[1],
    );
    expect(new Set(used)).toEqual(new Set(backgrounds[theme]));
  }
});
