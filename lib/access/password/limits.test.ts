import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { ApiError } from '../errors';
import { SignInLimits } from './limits';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
});
afterEach(() => {
  vi.useRealTimers();
});

const minute = 60_000;
let limits: SignInLimits;
beforeEach(() => {
  limits = new SignInLimits();
});
const fail = (name: string, browser?: string) => limits.begin(name, browser);
function refusal(name: string, browser?: string): ApiError | undefined {
  try {
    limits.begin(name, browser).succeeded();
    return undefined;
  } catch (error) {
    return error as ApiError;
  }
}

it('refuses a name after five failures, until 15 minutes after the first of them', () => {
  for (let n = 0; n < 5; n++) {
    expect(refusal('ann')).toBeUndefined();
    fail('ann');
    vi.setSystemTime(Date.now() + minute);
  }
  expect(refusal('ann')).toMatchObject({ status: 429, code: 'busy', headers: { 'retry-after': '600' } });
  expect(refusal('bob')).toBeUndefined();
  vi.setSystemTime(Date.now() + 10 * minute - 1000);
  expect(refusal('ann')).toBeDefined();
  vi.setSystemTime(Date.now() + 1000);
  expect(refusal('ann')).toBeUndefined();
  fail('ann');
  expect(refusal('ann')).toBeDefined();
});

it('counts attempts from when they begin, so that many at once are no way around', () => {
  for (let n = 0; n < 5; n++) limits.begin('ann', undefined);
  expect(refusal('ann')).toBeDefined();
});

it('does not count attempts that were right, and forgets no failure for them', () => {
  for (let n = 0; n < 4; n++) fail('ann');
  for (let n = 0; n < 20; n++) expect(refusal('ann')).toBeUndefined();
  fail('ann');
  expect(refusal('ann')).toBeDefined();
});

it('refuses all names after fifty failures, whatever the names', () => {
  for (let n = 0; n < 50; n++) fail(`made-up-${n}`);
  expect(refusal('ann')).toMatchObject({ status: 429 });
});

it('strangers who fail on purpose keep out no browser that the person has used', () => {
  for (let n = 0; n < 5; n++) fail('ann');
  for (let n = 0; n < 45; n++) fail(`made-up-${n}`);
  expect(refusal('ann')).toBeDefined();
  expect(refusal('ann', 'her-laptop')).toBeUndefined();
  // And a browser that was stolen has five tries of its own.
  for (let n = 0; n < 5; n++) fail('ann', 'her-laptop');
  expect(refusal('ann', 'her-laptop')).toBeDefined();
  expect(refusal('ann', 'her-phone')).toBeUndefined();
});

it('a browser that used up its tries is a stranger’s', () => {
  for (let n = 0; n < 5; n++) fail('ann', 'her-laptop');
  expect(refusal('ann', 'her-laptop')).toBeUndefined();
  for (let n = 0; n < 5; n++) fail('ann', 'her-laptop');
  expect(refusal('ann', 'her-laptop')).toBeDefined();
  expect(refusal('ann')).toBeDefined();
});
