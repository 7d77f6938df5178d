import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ChangeEvent } from '@/lib/history/answers';
import { placeEvents } from './place-events';

const event = (at: number, title = 'restart'): ChangeEvent => ({
  id: `${at} ${title}`,
  at,
  kind: 'restart',
  title,
  detail: {},
  actor: null,
});
const plot = { from: 0, to: 1000, width: 1000 };
const title = ({ title: words }: ChangeEvent) => words;

test('events with room for their words have them, over their time', () => {
  const { chips, withWords } = placeEvents([event(300), event(700)], plot, title);
  expect(withWords).toBe(true);
  expect(chips.map(({ middle }) => middle)).toEqual([300, 700]);
});

test('where words do not fit, all become icons; where icons do not fit, they become one', () => {
  const icons = placeEvents([event(300, 'a very long title of a change'), event(400)], plot, title);
  expect(icons.withWords).toBe(false);
  expect(icons.chips.map(({ events, middle }) => [events.length, middle])).toEqual([
    [1, 300],
    [1, 400],
  ]);
  const one = placeEvents([event(300), event(310), event(320), event(900)], plot, title);
  expect(one.chips.map(({ events, middle }) => [events.length, middle])).toEqual([
    [3, 310],
    [1, 900],
  ]);
});

test('at the ends of a chart a chip stays inside', () => {
  const { chips } = placeEvents([event(0), event(1000)], plot, title);
  expect(chips[0]?.middle).toBe((chips[0]?.width ?? 0) / 2);
  expect(chips[1]?.middle).toBe(1000 - (chips[1]?.width ?? 0) / 2);
});

test('chips never overlap nor leave the plot, and each event is in one', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 1000 }), { maxLength: 60 }),
      fc.integer({ min: 120, max: 1400 }),
      fc.boolean(),
      (times, width, words) => {
        const events = times.sort((a, b) => a - b).map((at) => event(at, 'work_mem 4 MB → 64 MB'));
        const { chips } = placeEvents(events, { from: 0, to: 1000, width }, words ? title : undefined);
        expect(chips.flatMap((chip) => chip.events)).toEqual(events);
        chips.forEach((chip, index) => {
          expect(chip.middle - chip.width / 2).toBeGreaterThanOrEqual(-1e-6);
          expect(chip.middle + chip.width / 2).toBeLessThanOrEqual(width + 1e-6);
          const before = chips[index - 1];
          if (before) expect(chip.middle - chip.width / 2).toBeGreaterThanOrEqual(before.middle + before.width / 2);
        });
      },
    ),
  );
});
