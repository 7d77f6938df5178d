import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Attempts } from './attempts';
import { PoolCounts } from './pool-counts';
import type { Session } from './session';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const place = { host: 'a', port: 5432 };
const timedOut = () => Promise.reject(new Error('timeout expired'));
const refused = () => Promise.reject(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
const opened = () => Promise.resolve({ openedAt: Date.now() } as Session);

/** Makes attempts for questions one after another, each when it is time, and says what is known after each. */
async function after(...ways: (() => Promise<Session>)[]) {
  const attempts = new Attempts(new PoolCounts(), () => false);
  const told: (string | undefined)[] = [];
  for (const way of ways) {
    vi.setSystemTime(Math.max(Date.now(), attempts.nextAt));
    await attempts.run('sampling', place, way).catch(() => {});
    told.push(attempts.problem && `${attempts.problem.sentence} ${attempts.problem.hint}`);
  }
  return told;
}

test('an attempt that timed out says that something is busy; of a firewall is told only after several, as one possibility', async () => {
  const [first, second, third] = await after(timedOut, timedOut, timedOut);
  expect(first).toBe('The server does not answer in time. It is busy, or does not run; pgdeck tries again by itself.');
  expect(second).toBe(first);
  expect(third).toContain('several attempts to connect timed out, one after another');
  expect(third).toContain('A firewall in between that drops the packets is one possibility.');
});

test('an attempt that ended in another way begins the count anew', async () => {
  const told = await after(timedOut, timedOut, refused, timedOut, timedOut, opened, timedOut);
  expect(told.join()).not.toContain('firewall');
  expect(told[2]).toMatch(/^Nothing listens/);
  expect(told[5]).toBeUndefined();
});

test('while it is refused it is tried again soon enough to notice within 5 s that the server is back', async () => {
  const attempts = new Attempts(new PoolCounts(), () => false);
  const waits: number[] = [];
  for (let times = 0; times < 6; times++) {
    await attempts.run('sampling', place, refused).catch(() => {});
    waits.push(attempts.nextAt - Date.now());
    vi.setSystemTime(attempts.nextAt);
  }
  expect(waits).toEqual([1000, 2000, 4000, 4000, 4000, 4000]);
});

test('a place of actions that does not answer is not asked again for a minute, and stands in the way of no other one', async () => {
  const attempts = new Attempts(new PoolCounts(), () => true);
  const asked: string[] = [];
  const ask = (host: string, way: () => Promise<Session>) =>
    attempts
      .run('signals', { host, port: 5432 }, () => {
        asked.push(host);
        return way();
      })
      .catch(() => {});
  await ask('dead', timedOut);
  await ask('dead', timedOut);
  await ask('new', opened);
  vi.setSystemTime(Date.now() + 60_001);
  await ask('dead', timedOut);
  expect(asked).toEqual(['dead', 'new', 'dead']);
});
