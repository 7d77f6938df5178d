import { z } from 'zod';
import { preview, previewBody, runStatus } from '@/lib/actions/protocol';
import { changeBody, createBody } from '@/lib/schedules/shapes';
import { defineContract } from './contract';
import { ofServer } from './parts';

/** One schedule; times are ISO 8601. */
export const schedule = z
  .strictObject({
    id: z.string(),
    title: z.string(),
    cron: z.string(),
    timeZone: z.string(),
    body: previewBody,
    subject: z
      .string()
      .describe('What is done, as the question of the preview it was made with: `Vacuum public.orders?`'),
    enabled: z.boolean(),
    createdBy: z.string(),
    createdAt: z.string(),
    next: z.string().nullable().describe('When it is due; null where it is not enabled.'),
    running: z.strictObject({ runId: z.string().nullable() }).nullable(),
    last: z
      .strictObject({ at: z.string(), status: runStatus, message: z.string(), runId: z.string().nullable() })
      .nullable(),
    missed: z
      .strictObject({ count: z.int(), last: z.string() })
      .nullable()
      .describe('Due times at which nothing was run: pgdeck or the server was away, or the run before had not ended.'),
    problem: z.string().optional().describe('Why it will not run, whatever the time is.'),
  })
  .meta({ id: 'Schedule', description: 'An action that is run at times; times are ISO 8601.' });

/** Answer of `GET /api/servers/:server/schedules`; `enabled` is the switch of all of them. */
export const schedulesAnswer = z
  .strictObject({
    enabled: z.boolean().describe('The switch of all of them.'),
    unavailable: z.strictObject({ reason: z.string(), hint: z.string() }).optional(),
    actions: z.array(z.string()).describe('The actions that can be scheduled.'),
    schedules: z.array(schedule),
  })
  .meta({ id: 'SchedulesAnswer' });

/** Answer of `POST …/schedules`: the preview, when it is due first, and the schedule unless it was a dry run. */
export const created = z
  .strictObject({ schedule: schedule.optional(), preview, next: z.string().describe('When it is due first.') })
  .meta({ id: 'ScheduleCreated' });

const ofSchedule = ofServer.extend({ schedule: z.string().describe('The id of a schedule.') });

/** `GET /api/servers/:server/schedules`: what is run at times, how it ended last and what was missed. */
export const schedules = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/schedules',
  title: 'List schedules',
  summary: 'What is run at times, when it is due, how it ended last and what was missed.',
  role: 'admin',
  databases: 'filtered',
  params: ofServer,
  answers: { 200: { what: 'The schedules.', json: schedulesAnswer } },
});

/** `POST /api/servers/:server/schedules`: previews an action and has it run at times; 201, or 200 with `dryRun`. */
export const createSchedule = defineContract({
  method: 'POST',
  path: '/api/servers/{server}/schedules',
  title: 'Make a schedule',
  summary: 'Previews an action and has it run at times. With `dryRun` it only tells what it would do, and when first.',
  role: 'admin',
  databases: 'filtered',
  params: ofServer,
  body: createBody,
  answers: {
    200: { what: 'A dry run: the preview, and when it would be due first.', json: created },
    201: { what: 'The schedule was made.', json: created },
  },
  failures: { 409: 'The target is not what it was.', 422: 'This cannot be scheduled, or what was typed is wrong.' },
});

/** `PATCH /api/servers/:server/schedules/:schedule`: changes its title or times, or switches it on or off. */
export const changeSchedule = defineContract({
  method: 'PATCH',
  path: '/api/servers/{server}/schedules/{schedule}',
  title: 'Change a schedule',
  summary: 'Changes its title or times, or switches it on or off.',
  role: 'admin',
  databases: 'filtered',
  params: ofSchedule,
  body: changeBody,
  answers: { 200: { what: 'The schedule as it is now.', json: schedule } },
});

/** `DELETE /api/servers/:server/schedules/:schedule`: it is not run any more. */
export const deleteSchedule = defineContract({
  method: 'DELETE',
  path: '/api/servers/{server}/schedules/{schedule}',
  title: 'Delete a schedule',
  summary: 'It is not run any more; what runs already goes on.',
  role: 'admin',
  databases: 'filtered',
  params: ofSchedule,
  answers: { 200: { what: 'It was deleted.', json: z.strictObject({ deleted: z.string() }) } },
});
