import { describe, expect, it } from 'vitest';
import { terminate } from '@/lib/actions/terminate';
import { remainingOf } from './run-signals';

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
