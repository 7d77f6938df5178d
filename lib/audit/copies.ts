import type { AuditEntry } from '@/lib/actions/protocol';
import type { Run } from '@/lib/history/store';
import { log, safeError } from '@/lib/metrics/log';
import type { Audit } from './audit';
import { type AuditFilter, type AuditQuery, mayRead, parsed, type Reach, searchedText } from './query';
import { type Trail, trailOf } from './trail';

/** What copies need of the history store. */
export type CopyStore = { readonly on: boolean; query: Run; onChange(listener: () => void): void };

/** How copying is: `waiting` lines are not copied yet; null where that is not known. */
export type CopyState = { on: boolean; waiting: number | null; problem?: string };

const everyMs = 5000;
const linesAtOnce = 200;
const columns = 12;

/** Copies each line of an audit to the history store after it is on disk, and catches up with what it could not. */
export class AuditCopies {
  readonly #audit: Audit;
  readonly #store: CopyStore;
  readonly #instance: string;
  /** How far the store has them; undefined while that is not known. */
  #trail: Trail | undefined;
  #problem: string | undefined;
  #copying: Promise<void> | undefined;
  #again = false;
  #timer: NodeJS.Timeout | undefined;

  /** `instance` is what the list calls this pgdeck. */
  constructor(options: { audit: Audit; store: CopyStore; instance: string }) {
    this.#audit = options.audit;
    this.#store = options.store;
    this.#instance = options.instance;
  }

  /** Begins to copy; nothing waits for it. */
  start(): void {
    this.#audit.onWrite(() => void this.copy());
    this.#store.onChange(() => {
      // It may be another store.
      this.#trail = undefined;
      if (this.#store.on) void this.copy();
    });
    this.#timer = setInterval(() => void this.copy(), everyMs);
    this.#timer.unref();
    void this.copy();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /** Copies what is not copied yet; never throws. */
  async copy(): Promise<void> {
    this.#again = true;
    this.#copying ??= this.#all().finally(() => {
      this.#copying = undefined;
    });
    await this.#copying;
  }

  /** How far it is. */
  async state(): Promise<CopyState> {
    const { entries } = await this.#audit.state();
    const waiting = entries === 0 ? 0 : this.#trail === undefined ? null : Math.max(0, entries - this.#trail.upto);
    return { on: true, waiting, ...(this.#problem !== undefined && { problem: this.#problem }) };
  }

  async #all(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      if (!this.#store.on) return;
      try {
        while (await this.#some());
        this.#problem = undefined;
      } catch (error) {
        this.#trail = undefined;
        if (this.#problem === undefined && this.#store.on)
          log.warn({ err: safeError(error) }, 'lines of the audit could not be copied to the history store');
        this.#problem = 'Lines could not be copied to the history store; it is tried again by itself.';
      }
    }
  }

  /** Copies some lines; false where none is left. */
  async #some(): Promise<boolean> {
    this.#trail ??= await trailOf(this.#audit, this.#store.query);
    if (this.#trail === undefined) return false;
    const { name, upto } = this.#trail;
    const lines = await this.#audit.after(upto, linesAtOnce);
    const last = lines.at(-1);
    if (!last) return false;
    await write(this.#store.query, name, this.#instance, lines);
    this.#trail = { name, upto: last.entry.seq };
    return lines.length === linesAtOnce;
  }
}

/** PostgreSQL takes no NUL. */
const storable = (text: string | undefined) => text?.replaceAll('\0', '') ?? null;

async function write(
  run: Run,
  trail: string,
  instance: string,
  lines: { entry: AuditEntry; line: string }[],
): Promise<void> {
  const tuples = lines.map((_, row) => {
    const at = (column: number) => `$${row * columns + column}`;
    const texts = Array.from({ length: columns - 4 }, (_each, column) => `${at(column + 5)}::text`);
    return `(${at(1)}::text, ${at(2)}::int8, ${at(3)}::text, ${at(4)}::timestamptz, ${texts.join(', ')})`;
  });
  const values = lines.flatMap(({ entry, line }) => [
    trail,
    entry.seq,
    instance,
    entry.ts,
    ...[entry.event, entry.server, entry.action, entry.user?.name, entry.result?.status, entry.runId].map(storable),
    storable(searchedText(entry)),
    storable(line),
  ]);
  await run(
    `insert /* pgdeck:audit */ into pgdeck.audit_copy
  (trail, seq, instance, ts, event, server, action, user_name, status, run_id, searched, line)
values ${tuples.join(', ')} on conflict (trail, seq) do nothing`,
    values,
    { prepared: false },
  );
}

/** What is read of the copies. */
type Copy = { line: string; instance: string; at: number };

const matching = `($1::text is null and c.event <> 'preview' or c.event = $1) and ($2::text is null or coalesce(c.server, '-') = $2)
  and ($3::text is null or c.action = $3) and ($4::text is null or c.user_name = $4)
  and ($5::text is null or c.status = $5) and ($6::text is null or position($6 in c.searched) > 0)
  and ($7::timestamptz is null or c.ts >= $7) and ($8::timestamptz is null or c.ts < $8)
  and ($9::text[] is null or c.server = any ($9) and (c.server = any ($10::text[]) or c.user_name = $11)
    or c.server is null and $12::bool)`;

const moment = (ms: number | undefined) => (ms === undefined ? null : new Date(ms).toISOString());

function valuesOf({ event, server, action, user, status, search, from, to, reach }: AuditFilter): unknown[] {
  const texts = [event, server, action, user, status, search?.toLowerCase()].map(storable);
  const who = [reach?.servers ?? null, reach?.adminOn ?? null, storable(reach?.name), reach?.nowhere ?? null];
  return [...texts, moment(from), moment(to), ...who];
}

/** The line, where it may be read: what no column tells, such as the databases that it is about, is looked at here. */
function entryOf({ line, instance }: Copy, reach: Reach | undefined): AuditEntry[] {
  const entry = parsed(line);
  return entry && (reach === undefined || mayRead(entry, reach)) ? [{ ...entry, instance }] : [];
}

/**
 * Entries of every instance that copies, newest first, each with its `instance`; `before` and `next` are epoch
 * milliseconds, and a page also holds all of the same moment as its last.
 */
export async function readCopies(
  run: Run,
  { limit, before, ...filter }: AuditQuery,
): Promise<{ entries: AuditEntry[]; next: number | null }> {
  const to = Math.min(before ?? Number.POSITIVE_INFINITY, filter.to ?? Number.POSITIVE_INFINITY);
  const values = valuesOf({ ...filter, to: Number.isFinite(to) ? to : undefined });
  const rows = await run<Copy>(
    `select /* pgdeck:audit */ c.line, c.instance, extract(epoch from c.ts)::float8 * 1000 as at
from pgdeck.audit_copy as c
where ${matching} and c.ts >= coalesce((
    select c.ts from pgdeck.audit_copy as c where ${matching} order by c.ts desc offset $13::int8 limit 1
  ), '-infinity')
order by c.ts desc, c.trail, c.seq desc`,
    [...values, limit],
    { prepared: false },
  );
  // One more than a page tells whether there are others.
  const last = rows[limit - 1]?.at;
  const shown = last === undefined ? rows : rows.filter(({ at }) => at >= last);
  const more = shown.length < rows.length;
  return {
    entries: shown.flatMap((row) => entryOf(row, filter.reach)),
    next: more && last !== undefined ? Math.round(last) : null,
  };
}

/** Every entry of the copies that is wanted, newest first. */
export async function* copiedEntries(run: Run, filter: AuditFilter): AsyncGenerator<AuditEntry> {
  let before: number | undefined;
  for (;;) {
    const page = await readCopies(run, { ...filter, limit: linesAtOnce, before });
    yield* page.entries;
    if (page.next === null) return;
    before = page.next;
  }
}

/** Who began a run, as the audit of the instance that runs it tells. */
export type Started = { user: string; instance: string; at: string; server?: string; action?: string; title?: string };

/** Who began a run of any instance that copies its audit; undefined where nothing is known of it. */
export async function whoStarted(run: Run, runId: string): Promise<Started | undefined> {
  const [row] = await run<Copy>(
    `select /* pgdeck:audit */ c.line, c.instance from pgdeck.audit_copy as c
where c.run_id = $1 order by c.ts, c.seq limit 1`,
    [runId],
  );
  const entry = row && parsed(row.line);
  if (!row || !entry) return undefined;
  const { user, ts, server, action, title } = entry;
  return {
    user: user?.name ?? 'unknown',
    instance: row.instance,
    at: ts,
    ...(server !== undefined && { server }),
    ...(action !== undefined && { action }),
    ...(title !== undefined && { title }),
  };
}
