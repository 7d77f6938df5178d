import { z } from 'zod';
import { exactMoment } from '@/lib/access/moment';
import { previewBody } from '@/lib/actions/protocol';
import { finding } from '@/lib/checks/check';
import { defineContract } from './contract';
import { ofServer } from './parts';

/** How a server is, as a whole: the worst finding; unknown where nothing was found but not everything could be judged. */
export const verdict = z.enum(['ok', 'warning', 'critical', 'unknown']);

/** Answer of `GET /api/servers/:server/findings`. */
export const findingsAnswer = z
  .strictObject({
    verdict: verdict.describe(
      'How the server is: the worst finding; unknown where nothing was found but not everything could be judged.',
    ),
    findings: z.array(finding),
    notJudged: z
      .array(
        z.strictObject({
          check: z.string(),
          title: z.string(),
          because: z.string(),
          fixSql: z.string().optional(),
          remedy: previewBody.optional(),
        }),
      )
      .describe('Checks that could not judge, and why: unknown is not OK.'),
    ok: z
      .array(z.strictObject({ check: z.string(), title: z.string(), sentence: z.string() }))
      .describe('Checks that found nothing and saw everything, each with what it looked at.'),
    judgedAt: z.string().nullable().describe('ISO 8601; null before the first judgement.'),
    at: z.string().optional().describe('Only where a moment was asked for: that moment, ISO 8601.'),
    of: z.array(z.string()).optional().describe('All that was looked at, for who may see only these databases.'),
  })
  .meta({ id: 'FindingsAnswer', description: 'The verdict on a server, what was found and what could not be judged.' });

/** `GET /api/servers/:server/findings[?at=]`: the verdict now or as of a moment, what was found and what could not be judged. */
export const findings = defineContract({
  method: 'GET',
  path: '/api/servers/{server}/findings',
  title: 'Findings',
  summary:
    'The verdict on a server now, or as of a moment: what was found, what was in order and what could not be judged.',
  role: 'viewer',
  databases: 'filtered',
  params: ofServer,
  query: z.strictObject({ at: exactMoment.optional().describe('A moment of the past: ISO 8601 or epoch seconds.') }),
  answers: { 200: { what: 'The verdict.', json: findingsAnswer } },
});
