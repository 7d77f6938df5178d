import { z } from 'zod';
import { type Preview, type PreviewBody, previewBody, type RunStatus } from '@/lib/actions/protocol';

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
export type Schedule = {
  id: string;
  title: string;
  cron: string;
  timeZone: string;
  body: PreviewBody;
  /** What is done, as the question of the preview it was made with: `Vacuum public.orders?` */
  subject: string;
  enabled: boolean;
  createdBy: string;
  createdAt: string;
  /** When it is due; null where it is not enabled. */
  next: string | null;
  running: { runId: string | null } | null;
  last: { at: string; status: RunStatus; message: string; runId: string | null } | null;
  /** Due times at which nothing was run: pgdeck or the server was away, or the run before had not ended. */
  missed: { count: number; last: string } | null;
  /** Why it will not run, whatever the time is. */
  problem?: string;
};

/** Answer of `GET /api/servers/:server/schedules`; `enabled` is the switch of all of them. */
export type SchedulesAnswer = {
  enabled: boolean;
  unavailable?: { reason: string; hint: string };
  /** The actions that can be scheduled. */
  actions: string[];
  schedules: Schedule[];
};

/** Answer of `POST …/schedules`: the preview, when it is due first, and the schedule unless it was a dry run. */
export type Created = { schedule?: Schedule; preview: Preview; next: string };
