import { expect, test } from 'vitest';
import { tellHeight } from './height';

function page() {
  let changed = () => {};
  let frame: (() => void) | undefined;
  const state = { height: 0, now: 0, observed: true };
  const told: number[] = [];
  const timing = {
    ResizeObserver: class {
      constructor(callback: () => void) {
        changed = callback;
      }
      observe() {}
      unobserve() {}
      disconnect() {
        state.observed = false;
      }
    },
    requestAnimationFrame: (callback: () => void) => {
      frame = callback;
      return 1;
    },
    cancelAnimationFrame: () => {
      frame = undefined;
    },
    performance: { now: () => state.now },
  } as unknown as Parameters<typeof tellHeight>[2];
  const element = { getBoundingClientRect: () => ({ height: state.height }) } as unknown as Element;
  const stop = tellHeight(element, (px) => told.push(px), timing);
  const paint = () => {
    const callback = frame;
    frame = undefined;
    callback?.();
  };
  const resize = (height: number, ms = 100) => {
    state.height = height;
    state.now += ms;
    if (state.observed) changed();
    paint();
  };
  return { told, resize, changed: () => changed(), paint, state, stop };
}

test('heights are told where they change by 4 px or more, within bounds', () => {
  const { told, resize } = page();
  for (const height of [500.2, 503, 504.9, 505, 100, 30_000]) resize(height);
  expect(told).toEqual([501, 505, 200, 20_000]);
});

test('several changes before a picture is painted are told as one', () => {
  const { told, changed, paint, state } = page();
  state.height = 400;
  for (let n = 0; n < 10; n++) changed();
  paint();
  paint();
  expect(told).toEqual([400]);
});

test('T24: a page that grows with its frame is not followed for ever', () => {
  // Fails without the count of times within a second.
  const { told, resize, state } = page();
  for (let n = 0; n < 100; n++) resize(300 + n * 10, 16);
  expect(told).toHaveLength(30);
  expect(state.observed).toBe(false);
});

test('a page that grows for long, but slowly, is followed', () => {
  const { told, resize } = page();
  for (let n = 0; n < 100; n++) resize(300 + n * 10, 50);
  expect(told).toHaveLength(100);
});
