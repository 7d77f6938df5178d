import type { AnyTopic, Partial, Raw } from '@/lib/topics/topic';
import { MemoryHistory } from './memory';

/** The rows of one asking; times are epoch milliseconds. */
export type Snapshot = { rows: Raw[]; partial: Partial[] | undefined; sampledAt: number; windowSeconds: number | null };

/** What pgdeck remembers of one watched server: the last hour in memory, and all of it in the store while that is on. */
export class ServerHistory {
  readonly id: string;
  readonly memory = new MemoryHistory();

  constructor(id: string) {
    this.id = id;
  }

  /** Takes a good answer of a topic: its series go to memory. `cadenceMs` is how often the topic is asked now. */
  take(topic: AnyTopic, _database: string | null, snapshot: Snapshot, cadenceMs: number): void {
    for (const series of topic.series ?? []) {
      const values = series.point(snapshot.rows);
      if (values) this.memory.add(series.id, snapshot.sampledAt, values, 1.6 * cadenceMs);
    }
  }
}
