import type { EmbeddedError } from './errors';

/** What `startEmbedded` is told. */
export type EmbeddedOptions = {
  /** PostgreSQL 14–18; 14–17 only where the tests' binaries are installed. */
  major: number;
  /** Made with initdb when empty; its parent must be a folder that the server's user can enter. */
  dataDir: string;
  /** On 127.0.0.1; without it a free one is taken, which a restart keeps. */
  port?: number;
  settings?: Record<string, string | number>;
  superuser?: string;
  /** Given to the superuser by initdb; later starts do not change it. */
  superuserPassword: string;
  /** Where to look for the binaries' packages (it and the folders above); default: the working folder. */
  root?: string;
  /** The data folder is removed when the server has ended, also after a kill -9 of this process. */
  temporary?: boolean;
  /** How long a start may take; recovery after a crash can need more than the usual 30. */
  startSeconds?: number;
  /** Told when the server ended by itself, when it is up again, and why it is not (it is tried again until `stop`). */
  onChange?: (change: string, now: 'down' | 'up' | EmbeddedError) => void;
};
