import { focusManager, QueryClient, QueryObserver } from '@tanstack/react-query';
import { afterEach, describe, expect, it } from 'vitest';
import { signedOut } from './refusal';
import type { SessionAnswer } from './shapes';
import { nameOf, SharedAnswers } from './shared-answers';

type Hear = ((event: MessageEvent) => void) | null;
/** How long a message from one tab to another takes. */
const messageMs = 30;

/** A browser: one line for each lock, and channels that bring every message to the others a moment later. */
function browser() {
  const lines = new Map<string, Promise<void>>();
  const open = new Map<string, Set<{ onmessage: Hear }>>();
  return {
    locks: {
      request: async (name: string, { signal }: LockOptions, work: () => Promise<void>) => {
        const before = lines.get(name) ?? Promise.resolve();
        let left: (reason: unknown) => void = () => {};
        const gone = new Promise<never>((_, reject) => {
          left = reject;
        });
        signal?.addEventListener('abort', () => left(signal.reason));
        const turn = before.then(() => (signal?.aborted ? undefined : work()));
        lines.set(name, turn);
        return Promise.race([turn, gone]);
      },
    } as Pick<LockManager, 'request'>,
    open: (name: string) => {
      const meeting = open.get(name) ?? new Set();
      open.set(name, meeting);
      const channel = {
        onmessage: null as Hear,
        postMessage(data: unknown) {
          for (const other of meeting)
            if (other !== channel)
              setTimeout(() => meeting.has(other) && other.onmessage?.({ data } as MessageEvent), messageMs);
        },
        close: () => void meeting.delete(channel),
      };
      meeting.add(channel);
      return channel;
    },
  };
}

const session = (name: string, expiresAt: string | null = '2026-11-21T08:00:00.000Z'): SessionAnswer => ({
  user: { name, role: 'viewer', mode: 'password' },
  now: '2026-11-21T00:00:00.000Z',
  expiresAt,
  idleExpiresAt: null,
  servers: {},
});

type Tab = ReturnType<typeof tab>;
const followed: (() => void)[] = [];

/** A tab of a browser that follows one question; `answer` is what pgdeck says to it. */
function tab(
  meeting: ReturnType<typeof browser>,
  who: SessionAnswer | undefined,
  answer: () => Promise<unknown>,
  options: { refetchInterval?: number | false; queryKey?: string[] } = {},
) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false } } });
  const shared = new SharedAnswers(client, meeting);
  client.setDefaultOptions({ queries: { retry: false, persister: shared.ask, networkMode: 'always' } });
  client.mount();
  if (who) client.setQueryData(['session'], who);
  const asked = { count: 0 };
  const { queryKey = ['topic', 'main', 'sessions'], refetchInterval = 60_000 } = options;
  const observer = new QueryObserver(client, {
    queryKey,
    queryFn: () => {
      asked.count++;
      return answer();
    },
    refetchInterval,
    enabled: true,
  });
  followed.push(
    observer.subscribe(() => {}),
    () => client.unmount(),
  );
  return { client, queryKey, asked, observer, data: () => client.getQueryData(queryKey) };
}

const soon = (ms = 3 * messageMs) => new Promise((resolve) => setTimeout(resolve, ms));
const later = <T>(value: T, ms = 10) => new Promise<T>((resolve) => setTimeout(() => resolve(value), ms));
/** Waits until each tab has an answer. */
const answered = (...tabs: Tab[]) => expect.poll(() => tabs.every((one) => one.data() !== undefined)).toBe(true);
const all = (tabs: Tab[]) => tabs.reduce((sum, { asked }) => sum + asked.count, 0);

afterEach(() => {
  for (const stop of followed.splice(0)) stop();
  focusManager.setFocused(undefined);
  signedOut.set(false);
});

describe('tabs of one browser', () => {
  it('ask once, and all have the answer', async () => {
    const meeting = browser();
    const tabs = Array.from({ length: 10 }, (_, n) => tab(meeting, session('ann'), () => later(`answer of ${n}`)));
    await answered(...tabs);
    expect(all(tabs)).toBe(1);
    expect(new Set(tabs.map(({ data }) => data())).size).toBe(1);
  });

  it('ask each for itself whoever is somebody else, signed in again, or not known', async () => {
    const meeting = browser();
    const people = [session('ann'), session('vera'), session('ann', '2026-11-21T09:00:00.000Z'), undefined, undefined];
    const tabs = people.map((who, n) => tab(meeting, who, () => later(n)));
    await answered(...tabs);
    expect(tabs.map(({ data }) => data())).toEqual([0, 1, 2, 3, 4]);
    expect(nameOf(session('ann'))).not.toBe(nameOf(session('ann', null)));
  });

  it('ask each for itself where the browser lets them not meet, as Firefox does with cookies blocked', async () => {
    const refused = new DOMException('The operation is insecure.', 'SecurityError');
    const meeting = {
      locks: { request: () => Promise.reject(refused) } as unknown as Pick<LockManager, 'request'>,
      open: () => {
        throw refused;
      },
    };
    const tabs = [1, 2].map((n) => tab(meeting, session('ann'), () => later(n)));
    await answered(...tabs);
    expect(tabs.map(({ data }) => data())).toEqual([1, 2]);
  });

  it('each follow a run', async () => {
    const meeting = browser();
    const tabs = [1, 2].map((n) => tab(meeting, session('ann'), () => later(n), { queryKey: ['run', '1'] }));
    await answered(...tabs);
    expect(all(tabs)).toBe(2);
  });

  it('do not share failures: the next asks for itself', async () => {
    const meeting = browser();
    const failing = tab(meeting, session('ann'), () => Promise.reject(new Error('401')));
    const well = tab(meeting, session('ann'), () => later('answer'));
    await answered(well);
    expect(failing.client.getQueryState(failing.queryKey)?.status).toBe('error');
    expect(well.data()).toBe('answer');
    expect(all([failing, well])).toBe(2);
  });

  it('take what another asked for with the time when it came, and count their interval from there', async () => {
    const meeting = browser();
    const [one, two] = ['one', 'two'].map((name) => tab(meeting, session('ann'), () => later(name))) as [Tab, Tab];
    await answered(one, two);
    await soon(300);
    await two.client.invalidateQueries({ queryKey: two.queryKey });
    await expect.poll(() => one.data()).toBe('two');
    const [a, b] = [one, two].map(({ client, queryKey }) => client.getQueryState(queryKey)?.dataUpdatedAt ?? 0);
    // The message took longer.
    expect(Math.abs((a ?? 0) - (b ?? 0))).toBeLessThan(messageMs);
    expect(one.asked.count + two.asked.count).toBe(2);
  });

  it('leave a page that is paused as it is', async () => {
    const meeting = browser();
    const paused = tab(meeting, session('ann'), () => later('before'), { refetchInterval: false });
    await answered(paused);
    await soon(300);
    const live = tab(meeting, session('ann'), () => later('after'));
    await answered(live);
    await soon();
    expect([paused.data(), live.data()]).toEqual(['before', 'after']);
  });

  it('ask anew after something was done, whoever else is asking', async () => {
    const meeting = browser();
    const slow = tab(meeting, session('ann'), () => later('from before', 80));
    await soon(20);
    const acting = tab(meeting, session('ann'), () => later('from after', 5), { refetchInterval: 60_000 });
    acting.client.setQueryData(acting.queryKey, 'old');
    void acting.client.cancelQueries({ queryKey: acting.queryKey });
    await soon(5);
    await acting.client.invalidateQueries({ queryKey: acting.queryKey });
    expect(acting.data()).toBe('from after');
    expect(slow.asked.count + acting.asked.count).toBeGreaterThanOrEqual(2);
  });

  it('do not wait for one that is frozen while it asks', async () => {
    const meeting = browser();
    tab(meeting, session('ann'), () => new Promise(() => {}));
    await soon(20);
    const well = tab(meeting, session('ann'), () => later('answer'));
    await expect.poll(() => well.data()).toBe('answer');
  });

  it('take nothing while nobody sees them, and the newest when somebody does', async () => {
    const meeting = browser();
    const hidden = tab(meeting, session('ann'), () => later('first'));
    await answered(hidden);
    await soon(300);
    focusManager.setFocused(false);
    for (const answer of ['second', 'third']) {
      const seen = tab(meeting, session('ann'), () => later(answer));
      await answered(seen);
      await soon(300);
      seen.observer.destroy();
    }
    expect(hidden.data()).toBe('first');
    focusManager.setFocused(true);
    expect(hidden.data()).toBe('third');
    expect(hidden.asked.count).toBe(1);
  });

  it('forget what they were told when somebody signs out', async () => {
    const meeting = browser();
    const hidden = tab(meeting, session('ann'), () => later('first'));
    await answered(hidden);
    await soon(300);
    focusManager.setFocused(false);
    await answered(tab(meeting, session('ann'), () => later('second')));
    await soon();
    signedOut.set(true);
    tab(meeting, session('ann'), () => later('third'));
    await soon();
    signedOut.set(false);
    focusManager.setFocused(true);
    expect(hidden.data()).toBe('first');
  });
});
