import { Cron } from 'croner';
import { badInput } from '@/lib/access/errors';

/** When something is due: minute, hour, day of month, month and day of week, by the clocks of a time zone. */
export type When = { cron: string; timeZone: string };

/** 400, naming the field, where the time zone is not known or the expression cannot be read or never comes. */
export function checkWhen({ cron, timeZone }: When, now: number): void {
  try {
    new Intl.DateTimeFormat('en', { timeZone });
  } catch {
    throw badInput(`timeZone: "${timeZone}" is not a known time zone; Europe/Berlin or UTC would be.`, 'timeZone');
  }
  let next: number | undefined;
  try {
    next = dueAfter({ cron, timeZone }, now);
  } catch {
    throw badInput(
      `cron: "${cron}" is not a cron expression: minute, hour, day of month, month, day of week, such as 30 3 * * 0.`,
      'cron',
    );
  }
  if (next === undefined) throw badInput(`cron: "${cron}" never comes.`, 'cron');
}

/** The first due time after a moment, epoch milliseconds; undefined where none comes. Throws where it cannot be read. */
export function dueAfter({ cron, timeZone }: When, after: number): number | undefined {
  return new Cron(cron, { timezone: timeZone, mode: '5-part', paused: true }).nextRun(new Date(after))?.getTime();
}

/** The due times from `first`, which is one, to `last`, epoch milliseconds; the first `most` of them. */
export function dueTimes(when: When, first: number, last: number, most = 1000): number[] {
  const times = [first];
  for (let at = dueAfter(when, first); at !== undefined && at <= last; at = dueAfter(when, at)) {
    times.push(at);
    if (times.length === most) break;
  }
  return times;
}
