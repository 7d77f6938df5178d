/** The looks that a page can have; `system` is one of the first two. */
export type Theme = 'light' | 'dark' | 'high-contrast';

/** What stands below text in each theme, as app/tokens.css has it: a portal's accent must be readable on all of it. */
export const backgrounds: Record<Theme, readonly string[]> = {
  light: ['#f7f8fa', '#ffffff', '#f2f4f7', '#f4f6f9'],
  dark: ['#0e1014', '#15181d', '#1c2027', '#101317', '#1a1e24'],
  'high-contrast': ['#ffffff', '#eef0f3'],
};

const least = 4.5;

/** The contrast of two colours `#rrggbb` as WCAG 2.2 counts it: 1 to 21. */
export function contrast(a: string, b: string): number {
  const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x) as [number, number];
  return (light + 0.05) / (dark + 0.05);
}

/** Whether text in a colour `#rrggbb` can be read (4.5:1) on everything that a theme puts below it. */
export function isReadable(accent: string, theme: Theme): boolean {
  return backgrounds[theme].every((background) => contrast(accent, background) >= least);
}

/** The colour of text on a filled button: white or near-black, whichever is easier to read. */
export function onAccent(accent: string): string {
  return contrast(accent, '#ffffff') >= contrast(accent, '#0e1014') ? '#ffffff' : '#0e1014';
}

function luminance(colour: string): number {
  const [r, g, b] = [1, 3, 5].map((from) => {
    const part = Number.parseInt(colour.slice(from, from + 2), 16) / 255;
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
