import { statementId } from '@/lib/topics/statement-id';
import type { Raw } from '@/lib/topics/topic';
import { waitWord } from './identity';
import type { Snapshot } from './server-history';

/** What a backend did at a moment, in words; null is none, `sid` 0 is no statement. */
export type Slice = {
  wait: string;
  sid: string;
  user: string | null;
  application: string | null;
  database: string | null;
  client: string | null;
};

/** What a statement of load is known by, before its text is. */
export type SampledStatement = { sid: string; row: Raw };

/** One look at the active backends: `seconds` is the time that it stands for. */
export type LoadSample = {
  /** Epoch milliseconds. */
  at: number;
  seconds: number;
  entries: { slice: Slice; pid: number; blocker: number }[];
  statements: SampledStatement[];
};

const quietSeconds = 5;
const mostKnown = 20_000;

/**
 * The seconds that a sample stands for: those since the one before. After a longer time than the rarest cadence explains
 * it stands for one cadence, and the rest is a gap: nobody knows what happened then.
 */
export function standsFor(windowSeconds: number | null, cadenceMs: number): number {
  const cadence = cadenceMs / 1000;
  return windowSeconds !== null && windowSeconds <= 1.6 * Math.max(quietSeconds, cadence)
    ? windowSeconds
    : Math.min(quietSeconds, cadence);
}

/** Makes samples from answers of topic `load`; words that come again share one object. */
export class LoadSampler {
  #slices = new Map<string, Slice>();
  #ids = new Map<string, string>();

  /** The sample that an answer is. */
  sample({ rows, sampledAt, windowSeconds }: Snapshot, cadenceMs: number): LoadSample {
    const statements = new Map<string, Raw>();
    const entries = rows.map((row) => {
      const sid = this.#statement(row);
      if (sid !== '0') statements.set(sid, row);
      return { slice: this.#slice(row, sid), pid: Number(row.pid), blocker: (row.blocked_by as number[])[0] ?? 0 };
    });
    return {
      at: sampledAt,
      seconds: standsFor(windowSeconds, cadenceMs),
      entries,
      statements: [...statements].map(([sid, row]) => ({ sid, row })),
    };
  }

  #statement({ dbid, userid, queryid }: Raw): string {
    if (queryid === null || queryid === '0') return '0';
    const key = `${dbid}/${userid}/${queryid}`;
    let sid = this.#ids.get(key);
    if (!sid) {
      if (this.#ids.size >= mostKnown) this.#ids.clear();
      sid = statementId({ dbid: String(dbid), userid: String(userid), queryid: String(queryid), toplevel: true });
      this.#ids.set(key, sid);
    }
    return sid;
  }

  #slice(row: Raw, sid: string): Slice {
    const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);
    const slice: Slice = {
      wait: waitWord(row),
      sid,
      user: text(row.usename),
      application: text(row.application_name),
      database: text(row.datname),
      client: text(row.client_addr),
    };
    const key = Object.values(slice).join('\n');
    const known = this.#slices.get(key);
    if (known) return known;
    if (this.#slices.size >= mostKnown) this.#slices.clear();
    this.#slices.set(key, slice);
    return slice;
  }
}
