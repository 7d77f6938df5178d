import { z } from 'zod';
import { isReadable } from '@/lib/accent';
import type { Hideable, Presentation } from '@/lib/client/embed-shapes';

/** The parts of a page that a portal can leave out. */
export const hideable: readonly Hideable[] = [
  'title',
  'database',
  'time',
  'live',
  'sql',
  'table',
  'export',
  'source',
  'open',
];

const theme = z.enum(['light', 'dark', 'system', 'high-contrast']).nullable().catch(null);
const density = z.enum(['comfortable', 'dense']).nullable().catch(null);
const colour = z
  .string()
  .regex(/^#[0-9a-f]{6}$/)
  .nullable()
  .catch(null);
const locale = z
  .string()
  .max(35)
  .regex(/^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$/)
  .refine((tag) => knows(() => new Intl.NumberFormat(tag)))
  .nullable()
  .catch(null);
const zone = z
  .string()
  .max(64)
  .regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/)
  .refine((name) => knows(() => new Intl.DateTimeFormat('en', { timeZone: name })))
  .nullable()
  .catch(null);
const hide = z.array(z.unknown()).catch([]);

/** What a token says of the look; what cannot be used is as if it were not said. */
export function presentationOf(claims: Record<string, unknown>): Presentation {
  const chosen = theme.parse(claims.theme ?? null);
  const accent = colour.parse(claims.accent ?? null);
  const themes = chosen === null || chosen === 'system' ? (['light', 'dark'] as const) : [chosen];
  const named = hide.parse(claims.hide);
  return {
    theme: chosen,
    accent: accent !== null && themes.some((each) => isReadable(accent, each)) ? accent : null,
    density: density.parse(claims.density ?? null),
    locale: locale.parse(claims.locale ?? null),
    tz: zone.parse(claims.tz ?? null),
    hide: hideable.filter((part) => named.includes(part)),
  };
}

function knows(make: () => unknown): boolean {
  try {
    make();
    return true;
  } catch {
    return false;
  }
}
