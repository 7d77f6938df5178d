import { z } from 'zod';

/** A moment as ISO 8601 or epoch seconds, in epoch seconds. */
export const exactMoment = z.string().transform((text, context) => {
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Date.parse(text) / 1000;
  if (Number.isFinite(seconds) && seconds > 0 && seconds < 8e9) return seconds;
  context.addIssue({ code: 'custom', message: 'must be a time as ISO 8601 or epoch seconds' });
  return z.NEVER;
});

/** The same in whole seconds. */
export const moment = exactMoment.transform(Math.floor);
