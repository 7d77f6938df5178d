import { setTimeout as sleep } from 'node:timers/promises';
import { findAction } from '@/lib/actions/index';
import type { AuditEntry, Run } from '@/lib/actions/protocol';
import { type CopyStore, readCopies, whoStarted } from '@/lib/audit/copies';
import type { Server } from '@/lib/runtime';
import { auditedRun } from './audited-run';
import type { Query } from './look';
import { Bounded } from './memory';
import { Follower } from './progress/read';

const freshMs = 2000;
/** Longer than this the list of runs does not wait for a server or for the store. */
const patienceMs = 1000;
const mostKnown = 200;
/** An id is looked for in the copies once more after this: the line may come later than the session. */
const askAgainMs = 5000;

/** What it takes to know of other instances: the watched servers, and the store with copies of their audits. */
export type Beyond = {
  servers: ReadonlyMap<string, Server>;
  history?: { readonly store: Pick<CopyStore, 'on' | 'query'> };
};

const actingSql = `select /* pgdeck:elsewhere */ a.pid, substr(a.application_name, 12) as run, left(a.query, 1000) as query,
  extract(epoch from coalesce(a.query_start, a.backend_start))::float8 * 1000 as since
from pg_catalog.pg_stat_get_activity(null) as a
where a.application_name like 'pgdeck:act:%' and a.backend_type = 'client backend'
order by a.backend_start limit 50`;

type Acting = { pid: number; run: string; query: string | null; since: number | null };
type Seen = { at: number; runs: Run[] };
type Copied = { at: number; entry: AuditEntry | undefined };

/** What other instances of pgdeck run on the watched servers now, as the servers tell it. */
export class Elsewhere {
  readonly #beyond: () => Beyond;
  #seen = new Map<Server, Seen>();
  #looking = new Map<Server, Promise<unknown>>();
  #followers = new Bounded<Follower>(mostKnown);
  #copied = new Bounded<Copied>(mostKnown);

  constructor(beyond: () => Beyond) {
    this.#beyond = beyond;
  }

  /** The runs of others, newest first; `ours` tells which are not. Never throws and never waits long. */
  async runs(ours: (runId: string) => boolean, id?: string): Promise<Run[]> {
    const servers = [...this.#beyond().servers.values()].filter(({ config }) => id === undefined || config.id === id);
    await Promise.race([Promise.all(servers.map((server) => this.#look(server, ours))), sleep(patienceMs)]);
    return servers
      .flatMap((server) => this.#seen.get(server)?.runs ?? [])
      .filter(({ runId }) => !ours(runId))
      .sort((a, b) => b.startedAt.localeCompare(a.startedAt));
  }

  /** Who started a run of another instance, where the copies of its audit tell. */
  async whoStarted(runId: string): Promise<string | undefined> {
    const store = this.#beyond().history?.store;
    if (!store?.on) return undefined;
    const started = await Promise.race([
      whoStarted(store.query, runId).catch(() => undefined),
      sleep(patienceMs, undefined),
    ]);
    return started && `${started.user} (${started.instance})`;
  }

  /** Asks a server at most every two seconds, however many ask for the list. */
  #look(server: Server, ours: (runId: string) => boolean): Promise<unknown> {
    if (Date.now() - (this.#seen.get(server)?.at ?? 0) < freshMs) return Promise.resolve();
    const looking =
      this.#looking.get(server) ??
      this.#ask(server, ours)
        .catch(() => [])
        .then((runs) => this.#seen.set(server, { at: Date.now(), runs }))
        .finally(() => this.#looking.delete(server));
    this.#looking.set(server, looking);
    return looking;
  }

  async #ask(server: Server, ours: (runId: string) => boolean): Promise<Run[]> {
    const found = await server.connections.signal(async (query) => {
      const acting = (await query<Acting>(actingSql)).rows.filter(({ run }) => isRunId(run) && !ours(run));
      const looked = [];
      for (const each of acting) looked.push({ ...each, progress: await this.#progress(query, each) });
      return looked;
    });
    return Promise.all(
      found.map(async ({ run: runId, progress, ...acting }) => {
        const entry = await this.#entry(runId);
        const known = entry && auditedRun({ ...entry, server: server.config.id });
        return { ...(known ?? unknownRun(server, runId, acting)), ...others(entry), progress };
      }),
    );
  }

  async #progress(query: Query, { pid, run }: Acting): Promise<Run['progress']> {
    const follower = this.#followers.get(run) ?? new Follower();
    this.#followers.set(run, follower);
    const looked = await follower.look(query, pid);
    return looked ? { ...looked.progress, step: null } : null;
  }

  /** What the copies of audits say of a run's beginning. */
  async #entry(runId: string): Promise<AuditEntry | undefined> {
    const copied = this.#copied.get(runId);
    if (copied && (copied.entry || Date.now() - copied.at < askAgainMs)) return copied.entry;
    const store = this.#beyond().history?.store;
    if (!store?.on) return undefined;
    const { entries } = await readCopies(store.query, { limit: 5, event: 'intent', search: runId }).catch(() => ({
      entries: [],
    }));
    const entry = entries.find((each) => each.runId === runId);
    this.#copied.set(runId, { at: Date.now(), entry });
    return entry;
  }
}

/** Anybody may give a session such a name: only what looks like the id of a run is taken for one. */
function isRunId(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/.test(text);
}

function others(entry: AuditEntry | undefined) {
  const elsewhere = typeof entry?.instance === 'string' ? entry.instance : 'another pgdeck';
  return { elsewhere, message: `It runs on ${elsewhere}: it can be cancelled there.` };
}

/** A run of which only the server tells: by the tag in its statement. */
function unknownRun(server: Server, runId: string, { query, since }: Pick<Acting, 'query' | 'since'>): Run {
  const action = findAction(query?.match(/\/\* pgdeck:([\w-]+) \*\//)?.[1] ?? '');
  return {
    runId,
    server: server.config.id,
    action: action?.id ?? 'unknown',
    title: action?.title ?? 'An action',
    target: { kind: 'server' },
    user: 'unknown',
    status: 'running',
    message: '',
    warnings: [],
    verified: null,
    sql: action && query ? [query] : [],
    role: 'unknown',
    startedAt: new Date(since ?? Date.now()).toISOString(),
    endedAt: null,
    progress: null,
    cancellable: false,
  };
}
