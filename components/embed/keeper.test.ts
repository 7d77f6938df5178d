import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { bearer, senderOf } from '@/lib/client/bearer';
import type { EmbedSession } from '@/lib/client/embed-shapes';
import { RequestError } from '@/lib/client/request';
import { Keeper } from './keeper';

beforeEach(() => {
  vi.useFakeTimers({ now: Date.parse('2026-11-21T12:00:00Z') });
});
afterEach(() => {
  vi.useRealTimers();
});

let made = 0;
const session = (): EmbedSession => ({
  accessToken: `bearer-${++made}`,
  // This browser's clock is an hour late.
  now: '2026-11-21T13:00:00Z',
  expiresAt: '2026-11-21T13:10:00Z',
  user: { id: 'embed:portal:1', name: 'Ada', role: 'viewer' },
  presentation: { theme: null, accent: null, density: null, locale: null, tz: null, hide: [] },
  pages: null,
  origin: 'https://portal.example.net',
  deck: true,
  actions: false,
  limits: {} as EmbedSession['limits'],
});

function keep({ answers = [] as (Error | undefined)[], isFor = true } = {}) {
  const asked: string[] = [];
  const tokens: string[] = [];
  const keeper = new Keeper({
    exchange: async (token) => {
      tokens.push(token);
      const answer = answers.shift();
      if (answer) throw answer;
      return session();
    },
    ask: (reason) => asked.push(reason),
    isFor: () => isFor,
  });
  const state = () => keeper.signed.get().state;
  return { keeper, asked, tokens, state };
}
const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

test('a token is ten minutes; 90 s before their end another one is asked for, and the frame never is without', async () => {
  const { keeper, asked, state } = keep();
  expect(state()).toBe('waiting');
  await keeper.take('a');
  expect(state()).toBe('on');
  const first = bearer.get()?.token;
  expect(senderOf(true)).toEqual({ headers: { authorization: `Bearer ${first}` }, credentials: 'omit' });
  await pass(509);
  expect(asked).toEqual([]);
  await pass(2);
  expect(asked).toEqual(['renew']);
  const states: string[] = [];
  keeper.signed.subscribe(() => states.push(state()));
  await keeper.take('b');
  expect(bearer.get()?.token).not.toBe(first);
  expect(states).toEqual(['on']);
  await pass(500);
  expect(asked).toEqual(['renew']);
  keeper.stop();
});

test('a portal that does not answer is asked each 20 s; at the end nothing is asked of pgdeck any more', async () => {
  const { keeper, asked, state } = keep();
  await keeper.take('a');
  await pass(599);
  expect(asked).toEqual(['renew', 'renew', 'renew', 'renew', 'renew']);
  expect(state()).toBe('on');
  await pass(2);
  expect(state()).toBe('ended');
  expect(asked.at(-1)).toBe('expired');
  expect(bearer.get()).toBeUndefined();
  expect(senderOf(true)).toBe('ended');
  await keeper.take('b');
  expect(state()).toBe('on');
  keeper.stop();
});

test('a bearer that pgdeck does not know any more has ended, and so has one that was slept over', async () => {
  const lost = keep();
  await lost.keeper.take('a');
  lost.keeper.lost();
  expect(lost.state()).toBe('ended');
  expect(lost.asked).toEqual(['expired']);
  lost.keeper.stop();
  const slept = keep();
  await slept.keeper.take('a');
  slept.keeper.look();
  expect(slept.state()).toBe('on');
  vi.setSystemTime(Date.now() + 700_000);
  expect(senderOf(true)).toBe('ended');
  slept.keeper.look();
  expect(slept.state()).toBe('ended');
  slept.keeper.stop();
});

test('a token that is not taken is asked for again after growing pauses; a mistake of the portal is told, not asked again', async () => {
  const used = () => new RequestError(401, 'token_used', 'This token was used before.');
  const { keeper, asked, state } = keep({ answers: [used(), used()] });
  await keeper.take('a');
  expect(keeper.signed.get()).toEqual({ state: 'refused', why: 'This token was used before.' });
  await pass(1);
  expect(asked).toEqual(['refused']);
  await keeper.take('b');
  await pass(1.9);
  expect(asked).toEqual(['refused']);
  await pass(0.2);
  expect(asked).toEqual(['refused', 'refused']);
  await keeper.take('c');
  expect(state()).toBe('on');
  keeper.stop();

  const wrong = keep({ answers: [new RequestError(403, 'unknown_page', 'No such page.')] });
  await wrong.keeper.take('a');
  await pass(300);
  expect(wrong.asked).toEqual([]);
  wrong.keeper.again();
  expect(wrong.asked).toEqual(['refused']);
  wrong.keeper.stop();
});

test('a pgdeck that does not answer is asked again with the same token, and only with the newest', async () => {
  const silent = () => new RequestError(0, 'no_answer', 'pgdeck does not answer.');
  const { keeper, tokens, state } = keep({ answers: [silent(), silent()] });
  const first = keeper.take('a');
  await pass(0.5);
  const second = keeper.take('b');
  await pass(4);
  await Promise.all([first, second]);
  expect(tokens).toEqual(['a', 'b', 'b']);
  expect(state()).toBe('on');
  keeper.stop();
});

test('T24: a session for another portal than the one that talks is not begun', async () => {
  const { keeper } = keep({ isFor: false });
  await keeper.take('a');
  expect(keeper.signed.get().state).toBe('refused');
  expect(bearer.get()).toBeUndefined();
  keeper.stop();
});

test('T6: a page of pgdeck’s own is known by its cookie, a frame never', () => {
  // Fails where senderOf() sends anything without a bearer.
  expect(senderOf(false)).toEqual({ headers: {}, credentials: 'same-origin' });
  expect(senderOf(true)).toBe('ended');
});
