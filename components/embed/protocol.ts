/** The version of the messages between a frame and its portal. */
export const version = 1;

/** What a frame says to its portal. Never SQL, never a token, never the text of a query. */
export type Said =
  | { type: 'ready'; version: typeof version }
  | { type: 'height'; px: number }
  | { type: 'location'; path: string; title: string; replace: boolean }
  | { type: 'auth-required'; reason: 'renew' | 'expired' | 'refused' }
  | { type: 'toast'; level: 'info' | 'warning'; text: string }
  | { type: 'open'; path: string };

/** How a portal wants a frame to look; what cannot be used is left out. */
export type LookWish = { theme?: unknown; accent?: unknown; density?: unknown; locale?: unknown };

/** What a portal may say to a frame: none of it runs, confirms or fills in an action. */
export type Heard =
  | { type: 'init'; token: string; look: LookWish }
  | { type: 'token'; token: string }
  | { type: 'navigate'; path: string }
  | { type: 'theme'; look: LookWish }
  | { type: 'refresh' };

const longestToken = 8192;
const longestPath = 2000;
const longestText = 200;

/** A message of version 1 in the shape that it has to have; undefined for everything else. */
export function readMessage(data: unknown): Heard | undefined {
  if (typeof data !== 'object' || data === null) return undefined;
  const { pgdeck, type, token, path, theme, accent, density, locale } = data as Record<string, unknown>;
  if (pgdeck !== version) return undefined;
  const isToken = (value: unknown): value is string =>
    typeof value === 'string' && value.length > 0 && value.length <= longestToken;
  switch (type) {
    case 'init':
      return isToken(token) ? { type, token, look: { theme, locale } } : undefined;
    case 'token':
      return isToken(token) ? { type, token } : undefined;
    case 'navigate':
      return typeof path === 'string' && path.length <= longestPath ? { type, path } : undefined;
    case 'theme':
      return { type, look: { theme, accent, density, locale } };
    case 'refresh':
      return { type };
    default:
      return undefined;
  }
}

/** What is heard and said through: a window, as far as it is needed. */
export type Ends = {
  parent: Pick<Window, 'postMessage'>;
  addEventListener: (type: 'message', listener: (event: MessageEvent) => void) => void;
  removeEventListener: (type: 'message', listener: (event: MessageEvent) => void) => void;
};

/**
 * The line between a frame and its portal. It hears the window above it alone and only from one of the origins that
 * pgdeck's settings name; the first one that brings a token is the one from then on, and the only one spoken to.
 */
export class Line {
  readonly #ends: Ends;
  readonly #origins: readonly string[];
  #portal: string | undefined;

  constructor(ends: Ends, origins: readonly string[]) {
    this.#ends = ends;
    this.#origins = origins;
  }

  /** The origin of the portal, once it is known. */
  get portal(): string | undefined {
    return this.#portal;
  }

  /** Whether there is a window above this one. */
  get isFramed(): boolean {
    return (this.#ends.parent as unknown) !== this.#ends;
  }

  /** Who is spoken to from now on; false for an origin that the settings do not name, or another one than before. */
  expect(origin: string): boolean {
    if (!this.#origins.includes(origin) || (this.#portal !== undefined && this.#portal !== origin)) return false;
    this.#portal = origin;
    return true;
  }

  /** Calls back for each message that may be heard; returns how to stop. */
  listen(hear: (message: Heard) => void): () => void {
    const onMessage = ({ source, origin, data }: MessageEvent): void => {
      if (!this.isFramed || source !== this.#ends.parent) return;
      if (this.#portal !== undefined && origin !== this.#portal) return;
      const message = readMessage(data);
      if (!message) return;
      if (this.#portal === undefined && (message.type !== 'init' || !this.expect(origin))) return;
      hear(message);
    };
    this.#ends.addEventListener('message', onMessage);
    return () => this.#ends.removeEventListener('message', onMessage);
  }

  /** Says something to the portal, and to nobody else; nothing while it is not known. */
  say(message: Exclude<Said, { type: 'ready' }>): void {
    if (!this.isFramed || this.#portal === undefined) return;
    this.#ends.parent.postMessage({ pgdeck: version, ...message }, this.#portal);
  }

  /** Says that the frame listens: to each origin that may be the portal in turn, for nothing else is in it. */
  sayReady(): void {
    if (!this.isFramed) return;
    for (const origin of this.#portal ? [this.#portal] : this.#origins)
      this.#ends.parent.postMessage({ pgdeck: version, type: 'ready', version }, origin);
  }
}

/** A short message for the portal to show in its own way. */
export function toastOf(level: 'info' | 'warning', text: string): Said & { type: 'toast' } {
  return { type: 'toast', level, text: text.slice(0, longestText) };
}
