import { resolve } from 'node:path';
import type { AuditRecord } from '@/lib/audit/audit';
import type { ServerConfig } from '@/lib/config';
import type { Environment } from '@/lib/config-early.mjs';
import { ConfigFileError, readFile } from '@/lib/config-file';
import { accessWarnings } from '@/lib/config-warnings';
import { log, safeError } from '@/lib/metrics/log';
import { forgetServer } from '@/lib/metrics/watch-server';
import type { Runtime, Server } from '@/lib/runtime';
import { changedKeys, type Difference, differenceOf, differenceWords } from './difference';
import { beginServer, makeServer, type Parts, restServer } from './server';

/** What the list of servers stands on. */
export type ListParts = Parts & {
  servers: Map<string, Server>;
  runner: Pick<Runtime['runner'], 'runs'>;
  audit: Pick<Runtime['audit'], 'write'>;
};

/** The file was not taken: when (ISO 8601), and all that is wrong in it. */
export type Refused = { at: string; problems: string[] };

const lookEveryMs = 500;
/** Who asked for it: a signal does not tell more. */
const signal = { name: 'SIGHUP', role: 'admin', mode: 'signal' };

/** The servers of PGDECK_CONFIG while pgdeck runs: the file can be read again, and what is the same in it goes on untouched. */
export class FileServers {
  /** Why the file was not taken when it was read last; undefined: it was. */
  refused: Refused | undefined;
  readonly file: string;
  readonly #env: Environment;
  readonly #parts: ListParts;
  readonly #warned: Set<string>;
  #turn: Promise<unknown> = Promise.resolve();
  #waiting: Promise<string[]> | undefined;

  constructor(file: string, env: Environment, parts: ListParts) {
    this.file = resolve(file);
    this.#env = env;
    this.#parts = parts;
    this.#warned = new Set(parts.config.warnings);
  }

  /**
   * Reads the file again; a wrong one changes nothing. Answers with what there is to say, in sentences. Asked while one
   * runs it is done once more after that, however often it was asked.
   */
  reload(): Promise<string[]> {
    this.#waiting ??= this.#turn.then(() => {
      this.#waiting = undefined;
      return this.#reload();
    });
    this.#turn = this.#waiting.catch(() => {});
    return this.#waiting;
  }

  async #reload(): Promise<string[]> {
    let read: ReturnType<typeof readFile>;
    try {
      read = readFile(this.file, this.#env);
    } catch (error) {
      if (!(error instanceof ConfigFileError)) throw error;
      return this.#refuse(error);
    }
    const { servers } = this.#parts;
    const staying = [...servers.values()].filter(({ leaving }) => leaving === undefined);
    const difference = differenceOf(
      staying.map(({ config }) => config),
      read.servers,
    );
    this.#apply(read.servers);
    this.refused = undefined;
    log.info({ file: this.file, ...difference }, 'PGDECK_CONFIG was read again');
    await this.#audit(difference);
    return [
      `PGDECK_CONFIG was read again. ${differenceWords(difference)}`,
      ...this.#waits(difference),
      ...this.#warnings(read),
    ];
  }

  /** The new list in the file's order; what leaves and has something running is kept behind it. */
  #apply(configs: ServerConfig[]): void {
    const { servers } = this.#parts;
    const before = new Map(servers);
    const begun: Server[] = [];
    const now = configs.map((config): [string, Server] => {
      const known = before.get(config.id);
      const server = (known && this.#changed(known, config)) ?? makeServer(config, this.#parts);
      if (server !== known) begun.push(server);
      return [config.id, server];
    });
    servers.clear();
    for (const [id, server] of now) servers.set(id, server);
    for (const [id, server] of before) if (!servers.has(id)) this.#leave(id, server);
    for (const server of begun) beginServer(server);
  }

  /** A server as it is configured now; undefined where another one stands under its id: nothing known of it counts any more. */
  #changed(server: Server, config: ServerConfig): Server | undefined {
    const { read } = server.config;
    const keys = changedKeys(server.config, config);
    const { host, port, database } = config.read;
    if (read.host !== host || read.port !== port || read.database !== database) {
      server.leaving = 'Its address was changed in PGDECK_CONFIG.';
      restServer(server);
      this.#whenDone(server, () => server.connections.close());
      this.#note(server, keys);
      return undefined;
    }
    server.leaving = undefined;
    if (keys.length === 0) return server;
    const before = server.config;
    server.config = config;
    server.connections.reconfigure(config);
    server.sampler.reconfigured(before);
    this.#note(server, keys);
    return server;
  }

  /** Stops watching a server; one with something running stays until that has ended, for nobody could stop it otherwise. */
  #leave(id: string, server: Server): void {
    const { servers, history, cache } = this.#parts;
    const left = server.leaving !== undefined;
    server.leaving = 'PGDECK_CONFIG does not name it any more. It goes when what runs on it has ended.';
    const stays =
      left ||
      this.#whenDone(server, () => {
        if ((servers.get(id) ?? server) !== server) return;
        servers.delete(id);
        restServer(server);
        server.connections.close();
        cache.forget(id);
        Promise.all([history.forget(id), forgetServer(server)]).catch((error) =>
          log.error({ err: safeError(error), server: id }, 'the last of a server was not stored'),
        );
      });
    if (stays) servers.set(id, server);
  }

  /** Calls `end` when all that runs or waits on a server now has ended; answers with whether there is any. */
  #whenDone(server: Server, end: () => void): boolean {
    const { runner } = this.#parts;
    const open = () => runner.runs(server.config.id).filter(({ endedAt }) => endedAt === null);
    const ids = new Set(open().map(({ runId }) => runId));
    if (ids.size === 0) {
      end();
      return false;
    }
    const timer = setInterval(() => {
      const back = server.leaving === undefined;
      if (!back && open().some(({ runId }) => ids.has(runId))) return;
      clearInterval(timer);
      if (!back) end();
    }, lookEveryMs);
    timer.unref();
    return true;
  }

  /** Another address is drawn over the charts, and what was kept by the one before is not told any more. */
  #note({ config, sampler }: Server, keys: string[]): void {
    const addresses = keys.filter((key) => /url$/i.test(key));
    if (addresses.length === 0) return;
    this.#parts.cache.clear(`${config.id}:`);
    sampler.history.changes.add({ kind: 'pgdeck', title: `PGDECK_CONFIG: another ${addresses.join(' and ')}` });
  }

  async #refuse({ message, problems }: ConfigFileError): Promise<string[]> {
    this.refused = { at: new Date().toISOString(), problems };
    log.error({ file: this.file, problems }, 'PGDECK_CONFIG was not taken; the servers stay as they were');
    await this.#write({
      event: 'config_refused',
      user: signal,
      message: `PGDECK_CONFIG was not taken, and the servers stay as they were: ${problems.join(' ')}`,
      file: this.file,
      problems,
    });
    return [`${message}\nThe servers stay as they were.`];
  }

  /** A line of numbers, and one about each server: who may not know of a server reads nothing of it. */
  async #audit({ added, changed, removed }: Difference): Promise<void> {
    const event = { event: 'config_reloaded', user: signal, file: this.file };
    const message = `PGDECK_CONFIG was read again. Added: ${added.length}, changed: ${changed.length}, removed: ${removed.length}.`;
    await this.#write({ ...event, message });
    for (const server of added) await this.#write({ ...event, server, message: 'Added in PGDECK_CONFIG.' });
    for (const { id, keys } of changed)
      await this.#write({ ...event, server: id, keys, message: `Changed in PGDECK_CONFIG: ${keys.join(', ')}.` });
    for (const server of removed) await this.#write({ ...event, server, message: 'Removed from PGDECK_CONFIG.' });
  }

  #waits({ removed }: Difference): string[] {
    return removed
      .filter((id) => this.#parts.servers.has(id))
      .map((id) => `${id} is watched until what runs on it has ended.`);
  }

  /** What was not warned of before. */
  #warnings({ servers, warnings }: ReturnType<typeof readFile>): string[] {
    const { host, access } = this.#parts.config;
    const told = [...warnings, ...accessWarnings(this.#env, { host, access, servers })];
    const fresh = told.filter((warning) => !this.#warned.has(warning));
    for (const warning of fresh) this.#warned.add(warning);
    return fresh;
  }

  /** The list has changed already: what cannot be written down is told in the log. */
  async #write(record: AuditRecord): Promise<void> {
    await this.#parts.audit
      .write(record)
      .catch((error) => log.error({ err: safeError(error) }, `a line of event ${record.event} could not be written`));
  }
}
