import { describe, expect, it } from 'vitest';
import { Bounded } from './memory';

describe('a map that is bounded', () => {
  it('lets the oldest go', () => {
    const map = new Bounded<number>(2);
    for (const value of [1, 2, 3]) map.set(String(value), value);
    expect(map.values()).toEqual([2, 3]);
  });

  it('keeps what may not go, however many come after it, and lets that go once it may', () => {
    const map = new Bounded<{ ended: boolean }>(2, ({ ended }) => ended);
    const runs = { ended: false };
    map.set('runs', runs);
    for (let n = 0; n < 5; n++) map.set(String(n), { ended: true });
    expect(map.get('runs')).toBe(runs);
    expect(map.values()).toHaveLength(2);
    runs.ended = true;
    map.set('last', { ended: true });
    expect(map.get('runs')).toBeUndefined();
  });

  it('never lets go what was added just now', () => {
    const map = new Bounded<boolean>(1, (mayGo) => mayGo);
    map.set('held', false);
    map.set('new', true);
    expect(map.get('new')).toBe(true);
  });
});
