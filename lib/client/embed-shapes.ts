import type { z } from 'zod';
import type { embedAnswer, hideable, presentation } from '@/lib/api/embed';

/** The parts of a page that a portal can leave out. */
export type Hideable = z.infer<typeof hideable>;

/** How a frame looks, as its portal wants it; null: as the browser has it. Never CSS, never an address. */
export type Presentation = z.infer<typeof presentation>;

/** Answer of `POST /api/embed/session`: what a frame is given for its portal's token. */
export type EmbedSession = z.infer<typeof embedAnswer>;
