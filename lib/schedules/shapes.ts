import { z } from 'zod';
import { previewBody } from '@/lib/actions/protocol';
import type { created, schedule, schedulesAnswer } from '@/lib/api/schedules';

/** What can be run at times: what may be done again and again, and takes nothing away. */
export const schedulable = ['analyze', 'analyze-database', 'vacuum', 'reindex', 'create-partition'];

const noNul = (text: string) => !text.includes('\0');
const title = z
  .string('must be a text')
  .trim()
  .min(1, 'must not be empty')
  .max(100, 'must be at most 100 characters')
  .refine(noNul, 'must not hold the character NUL');
const cron = z.string('must be a cron expression').trim().max(100, 'is too long for a cron expression');
const timeZone = z.string('must be the name of a time zone').trim().max(64, 'is too long for a time zone');

/** Body of `POST /api/servers/:server/schedules`. */
export const createBody = z.strictObject({
  title,
  cron,
  timeZone,
  body: previewBody.refine((body) => !JSON.stringify(body).includes('\\u0000'), 'must not hold the character NUL'),
  confirmText: z.string().max(256).optional(),
  dryRun: z.boolean('must be true or false').optional(),
});

/** Body of `PATCH /api/servers/:server/schedules/:schedule`. */
export const changeBody = z
  .strictObject({
    title: title.optional(),
    cron: cron.optional(),
    timeZone: timeZone.optional(),
    enabled: z.boolean('must be true or false').optional(),
  })
  .refine((body) => Object.values(body).some((value) => value !== undefined), 'nothing is to be changed');

export type CreateBody = z.output<typeof createBody>;
export type ChangeBody = z.output<typeof changeBody>;

/** One schedule; times are ISO 8601. */
export type Schedule = z.infer<typeof schedule>;

/** Answer of `GET /api/servers/:server/schedules`; `enabled` is the switch of all of them. */
export type SchedulesAnswer = z.infer<typeof schedulesAnswer>;

/** Answer of `POST …/schedules`: the preview, when it is due first, and the schedule unless it was a dry run. */
export type Created = z.infer<typeof created>;
