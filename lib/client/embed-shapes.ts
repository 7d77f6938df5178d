import type { Limits } from '@/lib/config';
import type { Role } from './shapes';

/** The parts of a page that a portal can leave out. */
export type Hideable = 'title' | 'database' | 'time' | 'live' | 'sql' | 'table' | 'export' | 'source' | 'open';

/** How a frame looks, as its portal wants it; null: as the browser has it. Never CSS, never an address. */
export type Presentation = {
  theme: 'light' | 'dark' | 'system' | 'high-contrast' | null;
  /** `#rrggbb`, readable in the theme, or with `system` in one of the two. */
  accent: string | null;
  density: 'comfortable' | 'dense' | null;
  /** Language of numbers and dates, BCP 47. */
  locale: string | null;
  /** IANA time zone. */
  tz: string | null;
  hide: Hideable[];
};

/** Answer of `POST /api/embed/session`: what a frame is given for its portal's token. */
export type EmbedSession = {
  /** Goes into `Authorization: Bearer`; kept in memory only. */
  accessToken: string;
  /** When this was answered, by pgdeck's clock, and until when the token is taken: ISO 8601. */
  now: string;
  expiresAt: string;
  /** `id` is what the audit calls them. */
  user: { id: string; name: string; role: Role };
  presentation: Presentation;
  /** The pages that may be seen; null: all. */
  pages: string[] | null;
  /** The portal that may be talked to. */
  origin: string;
  /** Whether pgdeck can also be opened by itself, outside of the portal. */
  deck: boolean;
  /** Whether actions can be run inside the frame. */
  actions: boolean;
  limits: Limits;
};
