import type { Raw } from '@/lib/topics/topic';

/** What was added by one kind of pgdeck's own statements in a span that ended at `at` (epoch seconds). */
type Added = { at: number; calls: number; ms: number };

const memorySeconds = 3600;
const minute = 60;

/** The last hour of pgdeck's own statements by what they are for, by the minute. */
export class OwnMemory {
  #minutes = new Map<string, Added[]>();

  /** Takes the rows of topic `own-cost`; `at` in epoch milliseconds. */
  add(rows: Raw[], at: number, seconds: number): void {
    // It stands for the time before it.
    const minuteAt = Math.floor((at / 1000 - seconds / 2) / minute) * minute;
    for (const row of rows) {
      const [calls, ms] = [row.calls_per_second, row.server_ms_per_second];
      if (typeof calls !== 'number' || typeof ms !== 'number') continue;
      const tag = String(row.statement);
      const minutes = this.#minutes.get(tag) ?? [];
      this.#minutes.set(tag, minutes);
      let last = minutes.at(-1);
      if (last?.at !== minuteAt) {
        last = { at: minuteAt, calls: 0, ms: 0 };
        minutes.push(last);
      }
      last.calls += calls * seconds;
      last.ms += ms * seconds;
      while (minutes[0] && minutes[0].at < minuteAt - memorySeconds) minutes.shift();
    }
  }

  /** What each kind took from `from` to `to` (epoch seconds), the most first. */
  read(from: number, to: number): { topic: string; calls: number; exec_ms: number }[] {
    return [...this.#minutes]
      .map(([topic, minutes]) => {
        const inside = minutes.filter(({ at }) => at + minute > from && at < to);
        return {
          topic,
          calls: Math.round(inside.reduce((sum, each) => sum + each.calls, 0)),
          exec_ms: inside.reduce((sum, each) => sum + each.ms, 0),
        };
      })
      .filter(({ calls }) => calls > 0)
      .sort((a, b) => b.exec_ms - a.exec_ms);
  }
}
