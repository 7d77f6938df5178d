import type { Presentation } from '@/lib/client/embed-shapes';
import { type GivenLook, setGivenLook } from '@/lib/client/preferences';
import { setReader } from '@/lib/format';
import type { LookWish } from './protocol';

const themes = ['light', 'dark', 'system', 'high-contrast'] as const;
const densities = ['comfortable', 'dense'] as const;

/** What a portal wishes by message, as far as it can be used; it goes before what its token says. */
export function readWish({ theme, accent, density, locale }: LookWish): Partial<Presentation> {
  const wished: Partial<Presentation> = {};
  const ofThemes = themes.find((each) => each === theme);
  const ofDensities = densities.find((each) => each === density);
  if (ofThemes) wished.theme = ofThemes;
  if (ofDensities) wished.density = ofDensities;
  if (typeof accent === 'string' && /^#[0-9a-f]{6}$/.test(accent)) wished.accent = accent;
  if (typeof locale === 'string' && isLocale(locale)) wished.locale = locale;
  return wished;
}

/** Shows a look on the whole document; numbers and dates are written for its reader from the next rendering on. */
export function showLook({ theme, accent, density, locale, tz, hide }: Partial<Presentation>): void {
  const look: GivenLook = {};
  if (theme) look.theme = theme;
  if (density) look.density = density;
  if (accent) look.accent = accent;
  setGivenLook(look);
  setReader({ locale: locale ?? 'en-GB', timeZone: tz && isZone(tz) ? tz : undefined });
  document.documentElement.dataset.hide = (hide ?? []).join(' ');
}

function isLocale(tag: string): boolean {
  try {
    return tag.length <= 35 && Intl.NumberFormat.supportedLocalesOf(tag).length > 0;
  } catch {
    return false;
  }
}

/** The server knows it; an old browser may not. */
function isZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }) !== undefined;
  } catch {
    return false;
  }
}
