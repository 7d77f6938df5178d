import { createHash } from 'node:crypto';
import { appendFile, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Run } from '@/lib/history/store';
import { log, safeError } from '@/lib/metrics/log';
import { runtime } from '@/lib/runtime';
import { once } from './once';

/** What it needs of a history store that several pgdecks share. */
export type IdStore = {
  readonly state: { status: string };
  query: Run;
  onChange(listener: () => void): void;
};

const askAgainMs = 2000;
const answerMs = 2000;
const startMs = 5000;
const tidyAfter = 1000;

/**
 * Ids that may be used once, or not any more: the `jti` of tokens, sessions that were ended. They are kept in memory, in
 * a file of the state folder so that a restart knows them, and in the history store where several pgdecks share one.
 */
export class UsedIds {
  readonly #file: string;
  readonly #store: IdStore | undefined;
  /** By the hash of the id: when it may be forgotten (epoch ms). */
  readonly #used = new Map<string, number>();
  /** What the store said of an id, or is being asked. */
  readonly #asked = new Map<string, { at: number; used: Promise<boolean> }>();
  #read: Promise<void> | undefined;
  #wasThere = false;
  #writing: Promise<void> = Promise.resolve();
  #sinceTidy = 0;

  constructor({ file, store }: { file: string; store: IdStore | undefined }) {
    this.#file = file;
    this.#store = store;
  }

  /** Uses an id up until `expiresAt` (epoch seconds); false where it was used before. */
  async take(id: string, expiresAt: number): Promise<boolean> {
    await this.#known();
    const hash = hashOf(id);
    const until = expiresAt * 1000;
    if (this.#isKept(hash)) return false;
    // From here on to the next await nobody else can take it.
    this.#used.set(hash, until);
    await this.#write(hash, until);
    const rows = await this.#ask(
      `insert /* pgdeck:access */ into pgdeck.used_id (id, expires_at) values ($1, $2::timestamptz)
on conflict (id) do nothing returning id`,
      [hash, new Date(until).toISOString()],
    );
    return rows === undefined || rows.length > 0;
  }

  /** Whether an id was used up, here or (known within two seconds) by another pgdeck on the same store. */
  async isUsed(id: string): Promise<boolean> {
    await this.#known();
    const hash = hashOf(id);
    if (this.#isKept(hash)) return true;
    if (!this.#store) return false;
    const asked = this.#asked.get(hash);
    // A page sends many requests at once: they wait for one answer.
    if (asked && Date.now() - asked.at < askAgainMs) return asked.used;
    if (this.#asked.size >= tidyAfter) this.#forgetAnswers();
    const used = this.#askWhether(hash);
    this.#asked.set(hash, { at: Date.now(), used });
    return used;
  }

  async #askWhether(hash: string): Promise<boolean> {
    const rows = await this.#ask<{ at: number }>(
      'select /* pgdeck:access */ extract(epoch from expires_at)::float8 * 1000 as at from pgdeck.used_id where id = $1',
      [hash],
    );
    const [row] = rows ?? [];
    if (row) this.#used.set(hash, row.at);
    return row !== undefined;
  }

  /** Whether it knows what was used up before this process began. */
  async remembersEarlier(): Promise<boolean> {
    await this.#known();
    return this.#wasThere || this.#store?.state.status === 'on';
  }

  #isKept(hash: string): boolean {
    const until = this.#used.get(hash);
    return until !== undefined && until > Date.now();
  }

  /** Reads the file at the first time, and waits a moment for a store that is only being started. */
  #known(): Promise<void> {
    this.#read ??= (this.#store ? started(this.#store) : Promise.resolve()).then(() => this.#readFile());
    return this.#read;
  }

  async #readFile(): Promise<void> {
    const text = await readFile(this.#file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') complain(error);
      return undefined;
    });
    this.#wasThere = text !== undefined;
    for (const line of text?.split('\n') ?? []) {
      const [until, hash] = line.split(' ');
      if (hash && Number(until) > Date.now()) this.#used.set(hash, Number(until));
    }
    await this.#tidy();
  }

  #write(hash: string, until: number): Promise<void> {
    this.#writing = this.#writing
      .then(async () => {
        await appendFile(this.#file, `${until} ${hash}\n`, { mode: 0o600 });
        if (++this.#sinceTidy >= tidyAfter) await this.#tidy();
      })
      .catch(complain);
    return this.#writing;
  }

  /** Forgets what has expired. */
  async #tidy(): Promise<void> {
    this.#sinceTidy = 0;
    const now = Date.now();
    for (const [hash, until] of this.#used) if (until <= now) this.#used.delete(hash);
    this.#forgetAnswers();
    const lines = [...this.#used].map(([hash, until]) => `${until} ${hash}\n`);
    await writeFile(`${this.#file}.new`, lines.join(''), { mode: 0o600 })
      .then(() => rename(`${this.#file}.new`, this.#file))
      .catch(complain);
    await this.#ask('delete /* pgdeck:access */ from pgdeck.used_id where expires_at < $1::timestamptz', [
      new Date(now - 3600_000).toISOString(),
    ]);
  }

  /** Forgets what the store would be asked anew anyway: sessions are asked of far more often than any is ended. */
  #forgetAnswers(): void {
    const now = Date.now();
    for (const [hash, { at }] of this.#asked) if (now - at >= askAgainMs) this.#asked.delete(hash);
  }

  /** Rows of the store; undefined where there is none, or where it is away: then each pgdeck knows its own. */
  async #ask<Row extends object>(text: string, values: string[]): Promise<Row[] | undefined> {
    if (this.#store?.state.status !== 'on') return undefined;
    const answer = this.#store.query<Row>(text, values, { timeoutMs: answerMs }).catch((error) => {
      log.warn({ err: safeError(error) }, 'the history store could not be asked which sessions were ended elsewhere');
      return undefined;
    });
    // All its connections may be waiting for one that does not answer.
    return Promise.race([answer, sleep(answerMs, undefined, { ref: false })]);
  }
}

/** Uses an id up until `expiresAt` (epoch seconds); false where it was used before. */
export function take(id: string, expiresAt: number): Promise<boolean> {
  return usedIds().take(id, expiresAt);
}

/** Whether an id was used up. */
export function isUsed(id: string): Promise<boolean> {
  return usedIds().isUsed(id);
}

/** Whether it is known what was used up before this process began. */
export function remembersEarlier(): Promise<boolean> {
  return usedIds().remembersEarlier();
}

function usedIds(): UsedIds {
  return once('used-ids', () => {
    const { config, history } = runtime();
    // The store in the state folder has one user, whom the file beside it already tells everything.
    const store = config.history.kind === 'external' ? history.store : undefined;
    return new UsedIds({ file: join(config.stateDir, 'used-ids'), store });
  });
}

const hashOf = (id: string) => createHash('sha256').update(id).digest('base64url');

async function started(store: IdStore): Promise<void> {
  if (store.state.status !== 'starting') return;
  await new Promise<void>((resolve) => {
    setTimeout(resolve, startMs).unref();
    store.onChange(resolve);
  });
}

function complain(error: unknown): void {
  log.warn({ err: safeError(error) }, 'which sessions were ended and which tokens were used could not be kept on disk');
}
