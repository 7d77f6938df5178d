'use client';

import { useCallback, useSyncExternalStore } from 'react';
import { isReadable, onAccent, type Theme } from '@/lib/accent';

/** What this browser remembers: how things look, never what is looked at (that is in the URL). */
export type Preferences = {
  theme: 'system' | 'light' | 'dark' | 'high-contrast';
  density: 'auto' | 'comfortable' | 'dense';
  /** Never ask more often than every so many seconds; 0: at each topic's own cadence. */
  refreshSeconds: number;
  /** Columns hidden in a table, by the table's id. */
  hiddenColumns: Record<string, string[]>;
  /** Groups of the navigation that are folded. */
  foldedGroups: string[];
  /** Day on which the demo banner was put away. */
  demoHiddenOn: string | null;
};

const key = 'pgdeck';
const defaults: Preferences = {
  theme: 'system',
  density: 'auto',
  refreshSeconds: 0,
  hiddenColumns: {},
  foldedGroups: [],
  demoHiddenOn: null,
};

let current: Preferences | undefined;
const listeners = new Set<() => void>();

function read(): Preferences {
  if (current) return current;
  try {
    current = { ...defaults, ...(JSON.parse(localStorage.getItem(key) ?? '{}') as Partial<Preferences>) };
  } catch {
    current = defaults;
  }
  return current;
}

/** Remembers changed preferences and shows the theme and density at once. */
export function setPreferences(changed: Partial<Preferences>): void {
  current = { ...read(), ...changed };
  try {
    localStorage.setItem(key, JSON.stringify(current));
  } catch {
    // Storage is off or full: it holds until the page is left.
  }
  applyLook(current);
  for (const listener of [...listeners]) listener();
}

/** What a portal wants its frame to look like; it goes before what this browser remembers. */
export type GivenLook = Partial<Pick<Preferences, 'theme' | 'density'>> & { accent?: string };

let given: GivenLook = {};

/** Shows a portal's look at once, and from then on. */
export function setGivenLook(look: GivenLook): void {
  given = look;
  applyLook(read());
}

function applyLook(remembered: Preferences): void {
  const { theme, density } = { ...remembered, ...given };
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  const shown: Theme = theme === 'system' ? (dark ? 'dark' : 'light') : theme;
  root.dataset.theme = shown;
  if (density === 'auto') delete root.dataset.density;
  else root.dataset.density = density;
  applyAccent(root, given.accent && isReadable(given.accent, shown) ? given.accent : undefined);
}

/** A portal's accent in place of ours; what is tinted with ours becomes neutral, for text on it was only held against that. */
function applyAccent(root: HTMLElement, accent: string | undefined): void {
  const colours = accent && {
    '--accent': accent,
    '--accent-text': accent,
    '--accent-hover': accent,
    '--focus': accent,
    '--on-accent': onAccent(accent),
    '--accent-bg': 'var(--hover)',
    '--selected': 'var(--hover)',
    '--sql-keyword': accent,
  };
  for (const name of accentNames)
    if (colours) root.style.setProperty(name, colours[name]);
    else root.style.removeProperty(name);
}

const accentNames = [
  '--accent',
  '--accent-text',
  '--accent-hover',
  '--focus',
  '--on-accent',
  '--accent-bg',
  '--selected',
  '--sql-keyword',
] as const;

function subscribe(listener: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)');
  const other = (event: StorageEvent) => {
    if (event.key !== key) return;
    current = undefined;
    applyLook(read());
    listener();
  };
  const changed = () => applyLook(read());
  listeners.add(listener);
  addEventListener('storage', other);
  system.addEventListener('change', changed);
  return () => {
    listeners.delete(listener);
    removeEventListener('storage', other);
    system.removeEventListener('change', changed);
  };
}

/** One preference and its setter; the default until the page has come alive. */
export function usePreference<Name extends keyof Preferences>(
  name: Name,
): [Preferences[Name], (value: Preferences[Name]) => void] {
  const value = useSyncExternalStore(
    subscribe,
    () => read()[name],
    () => defaults[name],
  );
  const set = useCallback((next: Preferences[Name]) => setPreferences({ [name]: next }), [name]);
  return [value, set];
}
