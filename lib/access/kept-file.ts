import { type BigIntStats, constants } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { log } from '@/lib/metrics/log';
import { ApiError } from './errors';

/** A file of people or tokens that cannot be used as it is; the message says why and what to do. */
export class UnusableFile extends Error {
  override name = 'UnusableFile';
}

/** A file that says who may, read anew when it changes; one that others may read or change is refused. */
export class KeptFile<T> {
  readonly path: string;
  readonly #parse: (text: string) => T;
  readonly #missing: T;
  #kept: { mark: string; value: T | UnusableFile } | undefined;

  /** `parse` throws where it cannot be read; `missing` is what counts while there is no file. */
  constructor(path: string, parse: (text: string) => T, missing: T) {
    this.path = path;
    this.#parse = parse;
    this.#missing = missing;
  }

  /** What it says now; throws `UnusableFile`. */
  async read(): Promise<T> {
    const found = await stat(this.path, { bigint: true }).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined;
      return this.#unreadable(error);
    });
    if (!found) return this.#missing;
    const mark = markOf(found);
    if (this.#kept?.mark !== mark) this.#kept = await this.#look();
    const { value } = this.#kept;
    if (value instanceof UnusableFile) throw value;
    return value;
  }

  /** What it says now, for a request: where it cannot be used the log says why and nobody gets in (503). */
  async readNow(code: string, message: string): Promise<T> {
    const before = this.#kept;
    try {
      return await this.read();
    } catch (error) {
      if (!(error instanceof UnusableFile)) throw error;
      if (before !== this.#kept || before === undefined) log.error(error.message);
      throw new ApiError(503, code, message);
    }
  }

  async #look(): Promise<{ mark: string; value: T | UnusableFile }> {
    const file = await open(this.path, constants.O_RDONLY).catch(this.#unreadable);
    try {
      const found = await file.stat({ bigint: true });
      return { mark: markOf(found), value: this.#valueOf(found, await file.readFile('utf8').catch(this.#unreadable)) };
    } finally {
      await file.close();
    }
  }

  #valueOf({ mode }: BigIntStats, text: string): T | UnusableFile {
    if ((Number(mode) & 0o077) !== 0)
      return this.#unusable(`others may read or change it. Check who wrote it, then: chmod 600 ${this.path}`);
    try {
      return this.#parse(text);
    } catch {
      return this.#unusable(
        'it does not have the expected shape. Restore it from a copy, or delete it and begin anew.',
      );
    }
  }

  readonly #unreadable = (error: NodeJS.ErrnoException): never => {
    throw this.#unusable(`it cannot be read (${error.code}).`);
  };

  #unusable(why: string): UnusableFile {
    return new UnusableFile(`${this.path} cannot be used: ${why}`);
  }
}

/** Tells one state of a file from another. */
const markOf = ({ ino, size, mtimeNs, ctimeNs, mode }: BigIntStats) => [ino, size, mtimeNs, ctimeNs, mode].join(':');
