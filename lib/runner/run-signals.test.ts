import { describe, expect, it } from 'vitest';
import { terminate } from '@/lib/actions/terminate';
import type { Job } from './job';
import { remainingOf, runSignals } from './run-signals';

type Connections = Parameters<typeof remainingOf>[0];

const member = (pid: number) => ({ pid, backend_start_us: '1', query_start_us: null, title: '' });
const here = (pid: number) => ({ pid, backend_start_us: '1' });
const lost = () => Promise.reject(new Error('Connection terminated unexpectedly'));
/** Connections whose looks end one after the other as given, the last one for good. */
const looks = (...given: (() => Promise<unknown>)[]) => {
  let at = 0;
  return { signal: () => (given[Math.min(at++, given.length - 1)] ?? lost)() } as unknown as Connections;
};
const seeing =
  (...rows: object[]) =>
  () =>
    Promise.resolve(new Map(rows.map((row) => [(row as { pid: number }).pid, row])));

describe('what is still there after a signal', () => {
  it('is not known where no look succeeded', async () => {
    const remaining = await remainingOf(looks(lost), terminate, [member(1)], 150);
    expect(remaining).toEqual({ pids: new Set([1]), looked: false });
  });

  it('is not known where the last look failed; who was seen gone is gone', async () => {
    const connections = looks(seeing(here(2)), lost);
    expect(await remainingOf(connections, terminate, [member(1), member(2)], 150)).toEqual({
      pids: new Set([2]),
      looked: false,
    });
  });

  it('is what the last look saw, also after a lost connection', async () => {
    const connections = looks(lost, lost, seeing(here(1)));
    expect(await remainingOf(connections, terminate, [member(1)], 250)).toEqual({ pids: new Set([1]), looked: true });
    expect(await remainingOf(looks(lost), terminate, [], 250)).toEqual({ pids: new Set(), looked: true });
  });
});

describe('a bulk of signals', () => {
  const members = [1, 2, 3, 4].map(member);

  /** A run on a server whose acting statements are answered by `act`, and that answers other questions while it is up. */
  function bulk(act: (job: Job, sent: number) => 'signalled' | 'lost' | 'down') {
    let sent = 0;
    let up = true;
    const query = async (text: string) => {
      if (!up) throw new Error('Connection terminated unexpectedly');
      if (text.includes('pgdeck:actor')) return { rows: [{ epoch: 'now' }] };
      if (!text.includes('pg_terminate_backend')) return { rows: [] };
      const how = act(job, ++sent);
      up = how !== 'down';
      if (how !== 'signalled') throw new Error('Connection terminated unexpectedly');
      return { rows: [{ signalled: true }], notices: [] };
    };
    const job = {
      run: {},
      acting: { signal: (use: (ask: typeof query) => unknown) => use(query) },
      epoch: 'now',
      cancelRequested: false,
      begin: async () => {},
    } as unknown as Job;
    return { job, sent: () => sent, outcome: runSignals(job, terminate, members, ['idle']) };
  }

  it('ends at the first lost connection that cannot be restored, and says who was not signalled', async () => {
    const { outcome, sent } = bulk((_, nth) => (nth === 2 ? 'down' : 'signalled'));
    const { status, message, members: results } = await outcome;
    expect(sent()).toBe(2);
    expect(results?.map((each) => each.status)).toEqual(['unknown', 'unknown', 'nothing_done', 'nothing_done']);
    expect([status, message]).toEqual([
      'unknown',
      '0 of 4 sessions done. 2 not known. 2 not signalled: the server could not be reached any more.',
    ]);
  });

  it('goes on where the connection could be restored', async () => {
    const { outcome, sent } = bulk((_, nth) => (nth === 2 ? 'lost' : 'signalled'));
    expect(await outcome).toMatchObject({ status: 'done', message: '4 of 4 sessions done.' });
    expect(sent()).toBe(4);
  });

  it('is stopped between two by a cancel', async () => {
    const { job, outcome, sent } = bulk((job, nth) => {
      if (nth === 2) job.stop?.();
      return 'signalled';
    });
    const { status, message, members: results } = await outcome;
    expect(sent()).toBe(2);
    expect(results?.map((each) => each.status)).toEqual(['done', 'done', 'cancelled', 'cancelled']);
    expect([status, message]).toEqual([
      'cancelled',
      '2 of 4 sessions done. 2 not signalled: it was cancelled from here.',
    ]);
    expect([job.stop, job.run.cancellable]).toEqual([undefined, false]);
  });
});
