'use client';

import { useCallback, useSyncExternalStore } from 'react';

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

function applyLook({ theme, density }: Preferences): void {
  const root = document.documentElement;
  const dark = matchMedia('(prefers-color-scheme: dark)').matches;
  root.dataset.theme = theme === 'system' ? (dark ? 'dark' : 'light') : theme;
  if (density === 'auto') delete root.dataset.density;
  else root.dataset.density = density;
}

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
