import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { contrast } from '@/lib/accent';

const css = readFileSync('app/tokens.css', 'utf8');

/** The colours of a theme; one that leaves some out has those of the light one. */
function colours(theme: string): Record<string, string> {
  const block = (name: string) => new RegExp(`\\[data-theme="${name}"\\] \\{([^}]*)\\}`).exec(css)?.[1] ?? '';
  const found = [...block('light').matchAll(/--([\w-]+): (#[0-9a-f]{6});/g)];
  found.push(...block(theme).matchAll(/--([\w-]+): (#[0-9a-f]{6});/g));
  return Object.fromEntries(found.map(([, name, value]) => [name, value]));
}

const backgrounds = ['canvas', 'surface', 'raised', 'sunken', 'hover'];
const texts = ['text', 'text-2', 'text-3', 'accent-text'];
const states = ['ok', 'warning', 'critical', 'unknown'];
const waits = ['cpu', 'io', 'lock', 'lwlock', 'ipc', 'client', 'timeout', 'bufferpin', 'activity', 'other'];

describe.each([
  { theme: 'light', least: 4.5 },
  { theme: 'dark', least: 4.5 },
  { theme: 'high-contrast', least: 7 },
])('the theme $theme', ({ theme, least }) => {
  const of = colours(theme);
  const ratio = (a: string, b: string) => contrast(of[a] ?? '#000000', of[b] ?? '#000000');
  const below = (pairs: [string, string][], wanted: number) =>
    pairs.filter(([a, b]) => ratio(a, b) < wanted).map(([a, b]) => `${a} on ${b}: ${ratio(a, b).toFixed(2)}`);

  it(`has text of ${least}:1 on everything that lies below it`, () => {
    expect(
      below(
        texts.flatMap((text) => backgrounds.map((ground): [string, string] => [text, ground])),
        least,
      ),
    ).toEqual([]);
    expect(
      below(
        [
          ['text', 'selected'],
          ['accent-text', 'accent-bg'],
        ],
        least,
      ),
    ).toEqual([]);
    expect(
      below(
        states.map((state): [string, string] => [`${state}-text`, `${state}-bg`]),
        least,
      ),
    ).toEqual([]);
    expect(
      below(
        ['keyword', 'string', 'number', 'comment'].map((word): [string, string] => [`sql-${word}`, 'surface']),
        least,
      ),
    ).toEqual([]);
    expect(
      below(
        [
          ['on-accent', 'accent'],
          ['on-danger', 'danger'],
          ['on-danger', 'danger-hover'],
        ],
        4.5,
      ),
    ).toEqual([]);
  });

  it('has marks, lines of charts, the edges of controls and the focus of 3:1', () => {
    const marks = [
      ...states.map((state) => `${state}-border`),
      ...waits.map((wait) => `wait-${wait}`),
      'control-border',
      'focus',
    ];
    expect(
      below(
        marks.map((mark): [string, string] => [mark, 'surface']),
        3,
      ),
    ).toEqual([]);
  });
});
