import type { Fact, RunProgress } from '@/lib/actions/protocol';
import { bytes, exact, percent, plural } from '@/lib/format';
import { progressPhases, waitingPhases } from '@/lib/topics/progress-phases';

/** Commands that tell how far they are. */
export type Command = keyof typeof progressPhases;

/** What `pg_stat_get_progress_info()` says of one session: `params[0]` is its `param1`. */
export type Counted = {
  command: Command;
  major: number;
  params: number[];
  /** What the access method calls the part of the build that it is in. */
  subphase: string | null;
  /** What it works on now, quoted. */
  relation: string | null;
  /** Seconds since the statement began; null where that is not shown. */
  seconds: number | null;
};

/** How far a command is, in the words and units of PostgreSQL. */
export type Figures = Pick<RunProgress, 'phase' | 'done' | 'total' | 'unit' | 'details'> & {
  /** True: it waits for other sessions, so that no rate says when it ends. */
  waiting: boolean;
  /** The session that it waits for now, as the command itself tells. */
  waitsForPid: number | null;
};

type Amount = Pick<RunProgress, 'done' | 'total' | 'unit'>;
const none: Amount = { done: null, total: null, unit: null };

/** What the figures of a command mean, by its phase and the server's version. */
export function figuresOf(counted: Counted): Figures {
  const { phase, amount, details, waiting = false, waitsForPid = null } = readers[counted.command](counted);
  const words = progressPhases[counted.command][phase] ?? `phase ${phase}`;
  const { done, total, unit } = amount;
  return {
    phase: counted.subphase && words === 'building index' ? `${words}: ${counted.subphase}` : words,
    done,
    // A total of 0 means that PostgreSQL does not know it.
    total: total === 0 ? null : total,
    unit,
    details: [...(counted.relation ? [{ label: 'Works on', value: counted.relation }] : []), ...details],
    waiting,
    waitsForPid,
  };
}

type Read = { phase: number; amount: Amount; details: Fact[]; waiting?: boolean; waitsForPid?: number | null };

const readers: Record<Command, (counted: Counted) => Read> = {
  VACUUM: (counted) => {
    const p = parameters(counted);
    const phase = p(1);
    const blocks = (done: number): Amount => ({ done, total: p(2), unit: 'blocks' });
    const newer = counted.major >= 17;
    const amount =
      phase === 1
        ? blocks(p(3))
        : phase === 3
          ? blocks(p(4))
          : newer && (phase === 2 || phase === 4)
            ? { done: p(10), total: p(9), unit: 'indexes' as const }
            : none;
    const passes = p(5);
    return {
      phase,
      amount,
      details: [
        ...(passes > 0 || phase === 2 ? [{ label: 'Index passes', value: passesInWords(passes) }] : []),
        deadRows(p, newer),
        ...(counted.major >= 18 ? delay(p(11), counted.seconds) : []),
      ],
    };
  },
  ANALYZE: (counted) => {
    const p = parameters(counted);
    const phase = p(1);
    const amount: Amount =
      phase === 1 || phase === 2
        ? { done: p(3), total: p(2), unit: 'blocks' }
        : phase === 4
          ? { done: p(5), total: p(4), unit: 'statistics' }
          : none;
    return {
      phase,
      amount,
      details: [
        ...(p(6) > 0 ? [{ label: 'Partitions', value: `${exact(p(7))} of ${exact(p(6))}` }] : []),
        ...(counted.major >= 18 ? delay(p(9), counted.seconds) : []),
      ],
    };
  },
  'CREATE INDEX': (counted) => {
    const p = parameters(counted);
    const phase = p(10);
    const waiting = waitingPhases.includes(phase);
    const amount: Amount = waiting
      ? { done: p(5), total: p(4), unit: 'sessions' }
      : p(16) > 0
        ? { done: p(17), total: p(16), unit: 'blocks' }
        : p(12) > 0
          ? { done: p(13), total: p(12), unit: 'rows' }
          : p(14) > 0
            ? { done: p(15), total: p(14), unit: 'partitions' }
            : none;
    return {
      phase,
      amount,
      waiting,
      waitsForPid: waiting && p(6) > 0 ? p(6) : null,
      details: p(14) > 0 ? [{ label: 'Partitions', value: `${exact(p(15))} of ${exact(p(14))}` }] : [],
    };
  },
  CLUSTER: (counted) => {
    const p = parameters(counted);
    const phase = p(2);
    const amount: Amount =
      phase === 1
        ? { done: p(7), total: p(6), unit: 'blocks' }
        : phase === 2
          ? { done: p(4), total: null, unit: 'rows' }
          : phase === 4
            ? { done: p(5), total: p(4), unit: 'rows' }
            : phase === 6
              ? { done: p(8), total: null, unit: 'indexes' }
              : none;
    return {
      phase,
      amount,
      details: p(4) > 0 ? [{ label: 'Rows', value: `${exact(p(4))} read, ${exact(p(5))} written` }] : [],
    };
  },
};

function parameters({ params }: Counted): (number: number) => number {
  return (number) => params[number - 1] ?? 0;
}

function passesInWords(passes: number): string {
  return passes > 1
    ? `${exact(passes)}: the dead rows did not fit into maintenance_work_mem at once`
    : `${plural(passes, 'pass', 'passes')} ended`;
}

function deadRows(p: (number: number) => number, newer: boolean): Fact {
  return newer
    ? { label: 'Dead rows', value: `${exact(p(8))}, in ${bytes(p(7))} of ${bytes(p(6))} memory` }
    : { label: 'Dead rows', value: `${exact(p(7))} of the ${exact(p(6))} that fit into memory` };
}

/** The share of time that it slept for vacuum_cost_delay; 0 also where track_cost_delay_timing is off. */
function delay(nanoseconds: number, seconds: number | null): Fact[] {
  return nanoseconds > 0 && seconds !== null && seconds > 0
    ? [{ label: 'Cost delay', value: `${percent(Math.min(1, nanoseconds / 1e9 / seconds))} of its time` }]
    : [];
}
