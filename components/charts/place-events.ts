import type { ChangeEvent } from '@/lib/history/answers';

/** One chip above a plot: the events that it stands for, its middle and width in px from the left of the plot. */
export type Chip = { events: ChangeEvent[]; middle: number; width: number };

const gap = 4;
const iconWidth = 22;
const letter = 6.1;

/** How wide the chip of one event with its words is, in px. */
export const wordsWidth = (words: string) => Math.min(240, Math.ceil(words.length * letter) + 30);

/** How wide a chip of several is: icon and `3 changes`. */
const clusterWidth = (many: number) => wordsWidth(`${many} changes`);

/**
 * Where the chips of events stand above a plot of `width` px: with words where all have room, else icons; those that
 * would overlap become one. `events` go up in time and lie between `from` and `to`.
 */
export function placeEvents(
  events: ChangeEvent[],
  { from, to, width }: { from: number; to: number; width: number },
  words?: (event: ChangeEvent) => string,
): { chips: Chip[]; withWords: boolean } {
  const x = (at: number) => ((at - from) / Math.max(1, to - from)) * width;
  const chip = (held: ChangeEvent[], own: number): Chip => {
    const first = x(held[0]?.at ?? from);
    const last = x(held.at(-1)?.at ?? to);
    const wide = Math.min(width, own);
    return { events: held, width: wide, middle: Math.max(wide / 2, Math.min(width - wide / 2, (first + last) / 2)) };
  };
  if (words) {
    const chips = events.map((event) => chip([event], wordsWidth(words(event))));
    if (!chips.some((each, index) => index > 0 && touches(chips[index - 1] as Chip, each)))
      return { chips, withWords: true };
  }
  const chips: Chip[] = [];
  for (const event of events) {
    let next = chip([event], iconWidth);
    for (let last = chips.at(-1); last && touches(last, next); last = chips.at(-1)) {
      chips.pop();
      const held = [...last.events, ...next.events];
      next = chip(held, clusterWidth(held.length));
    }
    chips.push(next);
  }
  return { chips, withWords: false };
}

const touches = (a: Chip, b: Chip) => b.middle - b.width / 2 < a.middle + a.width / 2 + gap;
