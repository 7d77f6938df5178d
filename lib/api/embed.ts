import { z } from 'zod';
import { limitSettings } from '@/lib/config-settings';
import { defineContract } from './contract';
import { role } from './parts';

/** The parts of a page that a portal can leave out. */
export const hideable = z.enum(['title', 'database', 'time', 'live', 'sql', 'table', 'export', 'source', 'open']);

const limitName = z.enum(Object.keys(limitSettings) as (keyof typeof limitSettings)[]);

/** How a frame looks, as its portal wants it; null: as the browser has it. Never CSS, never an address. */
export const presentation = z
  .strictObject({
    theme: z.enum(['light', 'dark', 'system', 'high-contrast']).nullable(),
    accent: z.string().nullable().describe('`#rrggbb`, readable in the theme, or with `system` in one of the two.'),
    density: z.enum(['comfortable', 'dense']).nullable(),
    locale: z.string().nullable().describe('Language of numbers and dates, BCP 47.'),
    tz: z.string().nullable().describe('IANA time zone.'),
    hide: z.array(hideable),
  })
  .meta({ id: 'Presentation', description: 'How a frame looks, as its portal wants it; null: as the browser has it.' });

/** Answer of `POST /api/embed/session`: what a frame is given for its portal's token. */
export const embedAnswer = z
  .strictObject({
    accessToken: z.string().describe('Goes into `Authorization: Bearer`; to be kept in memory only.'),
    now: z.string().describe("When this was answered, by pgdeck's clock: ISO 8601."),
    expiresAt: z.string().describe('Until when it is taken: ISO 8601.'),
    user: z.strictObject({ id: z.string().describe('What the audit calls them.'), name: z.string(), role }),
    presentation,
    pages: z.array(z.string()).nullable().describe('The pages that may be seen; null: all.'),
    origin: z.string().describe('The portal that may be talked to.'),
    deck: z.boolean().describe('Whether pgdeck can also be opened by itself, outside of the portal.'),
    actions: z.boolean().describe('Whether actions can be run inside the frame.'),
    limits: z.record(limitName, z.number()).describe('From when on checks speak up, by setting.'),
  })
  .meta({ id: 'EmbedSession', description: "What a frame is given for its portal's token." });

/** `POST /api/embed/session`: a portal's token, taken once, for ten minutes of what it allows. */
export const embedSession = defineContract({
  method: 'POST',
  path: '/api/embed/session',
  title: "Exchange a portal's token",
  summary:
    'Takes the token that a portal signed, once, for a bearer that is good for ten minutes of what the token allows.',
  role: 'open',
  body: z.strictObject({ token: z.string().min(1).describe('A JWT, as docs/embedding.md describes it.') }),
  answers: { 200: { what: 'The bearer, and how the frame looks.', json: embedAnswer } },
  failures: {
    401: 'The token is not taken: it is wrong, too old or was used before (`token_used`).',
    403: 'Its origin, a server or a page that it names is not there for it.',
    404: 'This pgdeck is in no portal.',
  },
});
