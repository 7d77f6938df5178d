import type { Target } from '@/lib/config';

/** Something worth telling about the store; `at` in epoch seconds, `server` the id of the one that it names. */
export type Notice = { at: number; text: string; server?: string };

/**
 * Where the store is, as the launcher knows it, who changes this object as things change: `target` while its PostgreSQL
 * takes connections, `problem` (whole sentences) while it cannot be had; neither of them: it is being started.
 */
export type HistoryPlace = {
  kind: 'off' | 'embedded' | 'external';
  target?: Target | undefined;
  problem?: string | undefined;
  notices: Notice[];
  /** Takes the word of who uses the store that data of it cannot be read. */
  damaged?: (why: string) => void;
};
