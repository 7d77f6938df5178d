/** How pgdeck looks; `system` follows the browser. */
export type PgdeckTheme = 'light' | 'dark' | 'high-contrast' | 'system';

export type PgdeckOptions = {
  /** What to show: an address below `/embed` of a pgdeck, such as `https://pgdeck.example.net/embed/main/overview`. */
  src: string;
  /**
   * Asks the portal's backend for a new embed token. Called at the start, at each load of the frame and before its
   * session ends; one call at a time. Where it fails it is called again, after growing pauses of up to 30 s.
   */
  getToken: () => Promise<string> | string;
  /** What screen readers call the frame; `pgdeck` when left out. */
  title?: string;
  /** The look; the token's, or the browser's, when left out. */
  theme?: PgdeckTheme;
  /** Language of numbers and dates, such as `de-CH`; the token's when left out. */
  locale?: string;
  /**
   * Where somebody is now: a path that `navigate()` takes, and the page's title. Keep it in the portal's address with
   * `history.replaceState()`: the frame's own steps are in the browser's history already.
   */
  onNavigate?: (path: string, title: string) => void;
  /** A short message that a portal may show in its own way. */
  onToast?: (text: string, level: string) => void;
  /** What went wrong: getToken() failed, or the frame does not answer. Written to the console when left out. */
  onError?: (error: Error) => void;
};

/** A mounted pgdeck. */
export type PgdeckFrame = {
  /** Goes to a page of pgdeck, such as `/main/locks`; what pgdeck does not know is ignored. */
  navigate(path: string): void;
  setTheme(theme: PgdeckTheme): void;
  /** Asks the shown page's figures again. */
  refresh(): void;
  /** Takes the frame away and stops asking for tokens. */
  destroy(): void;
};

export type Pgdeck = {
  /** The version of the messages between frame and portal. */
  readonly version: 1;
  /** Shows pgdeck as the last child of an element. */
  mount(element: Element, options: PgdeckOptions): PgdeckFrame;
};

declare global {
  // `var`: what a script sets on globalThis is typed in no other way.
  var pgdeck: Pgdeck;
}
