import { constants } from 'node:fs';
import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { AuditEntry } from '@/lib/actions/protocol';
import { log, safeError } from '@/lib/metrics/log';
import { type Break, type ChainEnd, chainStart, hashOf, type Verified, verifyText } from './chain';
import { type AuditFilter, type AuditQuery, maybeWanted, parsed, wanted } from './query';
import { auditFiles } from './verify';

export type { AuditFilter, AuditQuery };

/** What is written; time, number and chain are added. */
export type AuditRecord = { [Name in keyof AuditEntry as Name extends 'ts' | 'seq' ? never : Name]: AuditEntry[Name] };

/** How the audit is: whether it can be written now, and where its chain does not hold. */
export type AuditState = { writable: boolean; problem?: string; breaks: Break[]; entries: number };

/** Thrown when a line could not be brought to disk; what it was to record must not happen. */
export class AuditUnwritable extends Error {
  constructor(cause: unknown) {
    const code = (cause as { code?: string } | undefined)?.code;
    const why =
      code === 'ENOSPC' || code === 'EDQUOT'
        ? 'the disk is full'
        : code === 'EROFS' || code === 'EACCES' || code === 'EPERM'
          ? 'its folder may not be written'
          : `writing failed${code ? ` (${code})` : ''}`;
    super(`The audit cannot be written: ${why}.`, { cause });
    this.name = 'AuditUnwritable';
  }
}

const rotateAtBytes = 8 * 1024 * 1024;
/** What a run begins with; its result follows. */
const begins = new Set(['queued', 'awaiting_approval', 'intent']);

/**
 * Who did what: JSON Lines in `<state folder>/audit`, one writer, one queue, each line on disk before `write` resolves
 * and carrying the hash of the one before. Files are never truncated; a new one is begun at 8 MB or after an unfinished line.
 */
export class Audit {
  readonly #folder: string;
  readonly #rotateAt: number;
  #queue: Promise<unknown> = Promise.resolve();
  #file: { handle: FileHandle; size: number } | undefined;
  #end: ChainEnd | undefined;
  #breaks: Break[] = [];
  #problem: string | undefined;
  #open = new Map<string, AuditEntry>();
  /** Runs whose intent could not be brought to disk and which therefore did not run. */
  #refused = new Set<string>();
  readonly #listeners = new Set<() => void>();

  constructor(stateDir: string, options: { rotateAtBytes?: number } = {}) {
    this.#folder = path.join(stateDir, 'audit');
    this.#rotateAt = options.rotateAtBytes ?? rotateAtBytes;
    // Read through at start, so that a broken chain or a folder that may not be written is told before somebody acts.
    this.#turn(() => this.#prepare()).catch((error) => this.#failed(error));
  }

  /** Appends one line and brings it to disk; throws `AuditUnwritable` and writes nothing further on that file. */
  write(record: AuditRecord): Promise<AuditEntry> {
    return this.#turn(async () => {
      try {
        await this.#prepare();
        const entry = await this.#append(record);
        this.#problem = undefined;
        return entry;
      } catch (error) {
        this.#failed(error);
        if (record.event === 'intent' && record.runId) this.#refused.add(record.runId);
        throw new AuditUnwritable(error);
      }
    });
  }

  /** Appends a line that nothing waits for: where it cannot be written the log says so. */
  async note(record: AuditRecord): Promise<void> {
    await this.write(record).catch((error) =>
      log.error({ err: safeError(error) }, `a line of event ${record.event} could not be written`),
    );
  }

  /** The last lines of runs that have no result: what was done or waited when a pgdeck before this one ended. */
  pending(): Promise<AuditEntry[]> {
    return this.#turn(async () => [...this.#open.values()]);
  }

  /** The line of a run's result; undefined where there is none. */
  async resultOf(runId: string): Promise<AuditEntry | undefined> {
    await this.#turn(async () => {});
    for (const name of (await this.#files()).reverse())
      for (const line of (await this.#lines(name)).reverse()) {
        if (!line.includes(runId)) continue;
        const entry = parsed(line);
        if (entry?.runId === runId && entry.event === 'result') return entry;
      }
    return undefined;
  }

  /**
   * Entries, newest first, and the number to go on from (null at the end). With `files` only so many of the newest files
   * are looked through: what is asked for each preview must not take longer with each year.
   */
  async read(
    { limit, before, ...filter }: AuditQuery,
    files?: number,
  ): Promise<{ entries: AuditEntry[]; next: number | null }> {
    const entries: AuditEntry[] = [];
    for await (const { entry } of this.lines(filter, files)) {
      if (before !== undefined && entry.seq >= before) continue;
      if (entries.length === limit) return { entries, next: entries.at(-1)?.seq ?? null };
      entries.push(entry);
    }
    return { entries, next: null };
  }

  /** Every entry that is wanted with its line as it stands in the file, newest first; one file at a time is in memory. */
  async *lines(filter: AuditFilter, files?: number): AsyncGenerator<{ entry: AuditEntry; line: string }> {
    await this.#turn(async () => {});
    for (const name of (await this.#files()).reverse().slice(0, files))
      for (const line of (await this.#lines(name)).reverse()) {
        const entry = maybeWanted(line, filter) ? parsed(line) : undefined;
        if (entry && wanted(entry, filter)) yield { entry, line };
      }
  }

  /** At most `limit` lines that follow number `seq`, oldest first. */
  async after(seq: number, limit: number): Promise<{ entry: AuditEntry; line: string }[]> {
    await this.#turn(async () => {});
    const names = await this.#files();
    const found: { entry: AuditEntry; line: string }[] = [];
    for (const [index, name] of names.entries()) {
      const next = names[index + 1];
      // Names tell the number that a file begins with.
      if (next !== undefined && Number(next.split('-')[1]) <= seq + 1) continue;
      for (const line of await this.#lines(name)) {
        const entry = parsed(line);
        if (!entry || entry.seq <= seq) continue;
        if (found.length === limit) return found;
        found.push({ entry, line });
      }
    }
    return found;
  }

  /** Calls `listener` after each line that is on disk. */
  onWrite(listener: () => void): void {
    this.#listeners.add(listener);
  }

  /** Whether the last line that was tried could be written; waits for nothing. */
  get writable(): boolean {
    return this.#problem === undefined;
  }

  /** Whether it can be written, and where its chain does not hold. */
  async state(): Promise<AuditState> {
    await this.#turn(async () => {});
    return {
      writable: this.#problem === undefined,
      ...(this.#problem !== undefined && { problem: this.#problem }),
      breaks: this.#breaks,
      entries: this.#end?.seq ?? 0,
    };
  }

  /** Closes the file after what is queued. */
  close(): Promise<void> {
    return this.#turn(() => this.#shut());
  }

  #turn<T>(work: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(work);
    this.#queue = turn.catch(() => {});
    return turn;
  }

  async #prepare(): Promise<void> {
    if (this.#file) return;
    await mkdir(this.#folder, { recursive: true, mode: 0o700 });
    const names = await this.#files();
    let verified: Verified = { end: { seq: 0, hash: chainStart }, breaks: [], torn: 0 };
    const pending = new Map<string, AuditEntry>();
    for (const name of names) {
      const text = await readFile(path.join(this.#folder, name), 'utf8');
      verified = verifyText(text, name, name === names.at(-1), verified);
      for (const line of text.split('\n').slice(0, -1)) {
        const entry = parsed(line);
        if (!entry?.runId) continue;
        if (begins.has(entry.event)) pending.set(entry.runId, entry);
        if (entry.event === 'result') pending.delete(entry.runId);
      }
    }
    if (this.#end === undefined) this.#open = pending;
    this.#end = verified.end;
    this.#breaks = verified.breaks;
    const newest = names.at(-1);
    if (newest && !verified.torn) await this.#use(newest);
    else await this.#begin();
    if (verified.torn)
      await this.#append({
        event: 'recovered',
        message: `The last line of ${newest} was cut short (${verified.torn} bytes); it is kept as it is and a new file begun.`,
      });
    for (const runId of this.#refused) {
      const intent = pending.get(runId);
      this.#refused.delete(runId);
      if (intent) await this.#append({ ...intent, ...notRun });
    }
    for (const found of verified.breaks)
      log.error({ ...found }, 'the chain of the audit does not hold: a file was changed');
  }

  async #begin(): Promise<void> {
    const number = String((this.#end?.seq ?? 0) + 1).padStart(10, '0');
    const time = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
    await this.#use(`audit-${number}-${time}.jsonl`);
    const folder = await open(this.#folder, 'r');
    await folder.sync().finally(() => folder.close());
  }

  async #use(name: string): Promise<void> {
    await this.#shut();
    const flags = constants.O_APPEND | constants.O_CREAT | constants.O_WRONLY;
    const handle = await open(path.join(this.#folder, name), flags, 0o600);
    this.#file = { handle, size: (await handle.stat()).size };
  }

  async #append(record: AuditRecord): Promise<AuditEntry> {
    if (!this.#file || !this.#end) throw new Error('the audit is not open');
    if (this.#file.size >= this.#rotateAt) await this.#begin();
    const end = this.#end;
    // First in the line, and never those of an entry that is written again.
    const place = { ts: new Date().toISOString(), seq: end.seq + 1, prev: end.hash };
    const entry = { ...place, ...record, ...place } as AuditEntry;
    const line = JSON.stringify(entry);
    await this.#file.handle.appendFile(`${line}\n`);
    await this.#file.handle.datasync();
    this.#file.size += Buffer.byteLength(line) + 1;
    this.#end = { seq: entry.seq, hash: hashOf(line) };
    log.info({ audit: entry }, 'audit');
    for (const listener of this.#listeners) listener();
    return entry;
  }

  /** A half-written line may stand at the end now: the next write reads the file again. */
  #failed(error: unknown): void {
    this.#problem = new AuditUnwritable(error).message;
    this.#shut().catch(() => {});
    log.error({ err: safeError(error) }, 'the audit cannot be written; actions are refused');
  }

  async #shut(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.handle.close();
  }

  /** The finished lines of a file; a line without its newline was cut short. */
  async #lines(name: string): Promise<string[]> {
    return (await readFile(path.join(this.#folder, name), 'utf8')).split('\n').slice(0, -1);
  }

  #files(): Promise<string[]> {
    return auditFiles(this.#folder).catch(() => []);
  }
}

/** What is written after an intent that reached the file although it was refused. */
const notRun = {
  event: 'result',
  result: {
    status: 'nothing_done',
    message: 'Nothing was done: this line could not be brought to disk in time.',
    verified: null,
    ms: 0,
    warnings: [],
  },
};
