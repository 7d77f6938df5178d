import { type StoreStage, startStore } from '@/lib/history/test-stage';
import { admin, Stage } from '@/lib/runner/test-stage';
import { Keeper } from './keeper';
import type { Parts } from './parts';
import { Schedules } from './schedules';
import type { Schedule } from './shapes';

/** A watched server, a store and a clock that a test sets, for tests of schedules. */
export class Desk {
  now = Date.parse('2026-11-21T02:00:00Z');
  stage!: Stage;
  #store!: StoreStage;

  static async build(): Promise<Desk> {
    const desk = new Desk();
    [desk.stage, desk.#store] = await Promise.all([Stage.build(), startStore()]);
    return desk;
  }

  /** One instance's parts on the one store. */
  parts(changes: Partial<Parts> = {}): Parts {
    const { stage } = this;
    const { store } = this.#store;
    return {
      store,
      servers: new Map([[stage.server.config.id, stage.server]]),
      runner: stage.runner,
      audit: stage.audit,
      access: stage.access,
      enabled: true,
      holder: 'here',
      now: () => this.now,
      ...changes,
    };
  }

  keeper(changes: Partial<Parts> = {}): Keeper {
    return new Keeper(this.parts(changes));
  }

  schedules(changes: Partial<Parts> = {}): Schedules {
    return new Schedules(this.parts(changes));
  }

  /** The one schedule that there is. */
  async only(): Promise<Schedule> {
    const { schedules } = await this.schedules().list('test', admin);
    if (schedules.length !== 1) throw new Error(`there are ${schedules.length} schedules`);
    return schedules[0] as Schedule;
  }

  query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    return this.#store.store.query(text, values);
  }

  /** The changes that were told of the server. */
  async told(): Promise<string[]> {
    const { events } = await this.stage.server.sampler.history.changes.read({ from: 0, to: 8e9, limit: 100 });
    return events.map(({ title }) => title);
  }

  async clear(): Promise<void> {
    await this.query('delete from pgdeck.schedule');
    await this.stage.clear();
    this.now = Date.parse('2026-11-21T02:00:00Z');
  }

  async end(): Promise<void> {
    await Promise.all([this.stage?.end(), this.#store?.stop()]);
  }
}
