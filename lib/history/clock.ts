/** Two clocks: `now` is the time of day that labels things (epoch ms; it may jump), `elapsed` only ever goes on (ms). */
export type Clock = { now(): number; elapsed(): number };

/** The clocks of this machine. */
export const systemClock: Clock = { now: () => Date.now(), elapsed: () => performance.now() };
