import { expect, test } from 'vitest';
import type { Server } from '@/lib/runtime';
import { keepReady } from './ready';

type Count = { connections: number; wait_event_type: string | null; ceiling: number };

/** How often the connection for signals is asked for when `connections` answers these rows. */
function prepared(rows: Count[]): number {
  let times = 0;
  let told: (topic: string) => void = () => {};
  keepReady({
    sampler: {
      subscribe: (listener: typeof told) => {
        told = listener;
      },
      latest: () => ({ status: 'ok', rows }),
    },
    connections: { prepareSignals: () => times++ },
  } as unknown as Server);
  told('sessions');
  told('connections');
  return times;
}
const count = (connections: number, wait_event_type: string | null = null): Count => ({
  connections,
  wait_event_type,
  ceiling: 100,
});

test('a quiet server costs no connection for signals', () => {
  expect(prepared([count(20), count(30, 'IO')])).toBe(0);
  expect(prepared([])).toBe(0);
});

test('it is opened when somebody waits for a lock, and before the slots run out', () => {
  expect(prepared([count(20), count(1, 'Lock')])).toBe(1);
  expect(prepared([count(40), count(30)])).toBe(1);
});
