import { z } from 'zod';
import { type PreviewBody, previewBody } from '@/lib/actions/protocol';
import type { Limits } from '@/lib/config';
import type { Row, TopicId } from '@/lib/topics/index';
import type { Answer } from '@/lib/topics/topic';

/** How bad a finding is. */
export const severity = z.enum(['critical', 'warning']);

/** How sure a check is of what it says. */
export const confidence = z.enum(['high', 'medium', 'low']);

/** What a finding is about; null where it is the whole server or database. */
export const findingObject = z
  .strictObject({
    kind: z.enum(['server', 'database', 'role', 'session', 'table', 'index']),
    database: z.string().nullable(),
    schema: z.string().nullable(),
    name: z.string().nullable(),
  })
  .meta({ id: 'FindingObject', description: 'What it is about; null where it is the whole server or database.' });

/** A number that a finding rests on, beside its limit where it has one. */
export const evidence = z
  .strictObject({
    name: z.string(),
    value: z.union([z.number(), z.string()]).nullable(),
    unit: z.string().nullable(),
    limit: z.number().optional().describe('From where on it is found.'),
  })
  .meta({ id: 'Evidence', description: 'A number that a finding rests on.' });

/** A finding as `GET /api/servers/:server/findings` gives it. */
export const finding = z
  .strictObject({
    id: z.string(),
    check: z.string(),
    severity,
    title: z.string().describe('One sentence: subject and number.'),
    detail: z.string().describe('Cause and limit, in sentences.'),
    evidence: z.array(evidence),
    confidence: confidence.describe('How sure the check is.'),
    object: findingObject,
    remedy: previewBody.optional().describe('Body of the preview of the action that mends it.'),
    key: z
      .string()
      .describe('Identity of what it is about, within its check; the same as long as it is the same trouble.'),
    since: z.string().describe('ISO 8601: since when it has been this bad.'),
  })
  .meta({ id: 'Finding', description: 'Something that is wrong, and why.' });

export type Severity = z.infer<typeof severity>;
export type Confidence = z.infer<typeof confidence>;
export type FindingObject = z.infer<typeof findingObject>;
export type Evidence = z.infer<typeof evidence>;
export type Finding = z.infer<typeof finding>;

/** What a check says about one object, before the keeper adds its identity and its beginning. */
export type Draft = Omit<Finding, 'id' | 'check' | 'since'> & {
  /** For how long it has been this bad, where the rows tell; else it counts from when it was first seen. */
  sinceSeconds?: number;
};

/** Why a check could not judge, the SQL that mends that, and where there is one the action that runs it. */
export type NotJudged = { because: string; fixSql?: string; remedy?: PreviewBody };

/**
 * What a check concludes. `sentence` says in numbers what was looked at; it is shown where nothing was found. With
 * `notJudged` part of it could not be seen, so it is not OK even where nothing was found.
 */
export type Judgement = { findings: Draft[]; sentence: string; notJudged?: NotJudged };

/** What a check looks at: the latest answers of its topics (undefined: not asked yet) and the limits of the settings. */
export type CheckInput = {
  answer<Id extends TopicId>(topic: Id): Answer<Row<Id>> | undefined;
  limits: Limits;
};

/** A conclusion drawn from rows: pure, no I/O. */
export type Check = {
  id: string;
  title: string;
  /** Topics without whose rows it cannot judge; the others it only uses where they are there. */
  topics: TopicId[];
  /** True: what it concludes of the whole server cannot be told from some of its databases. */
  wholeServer?: true;
  judge(input: CheckInput): Judgement | NotJudged;
};

/** Whether a check gave up. */
export function isNotJudged(result: object): result is NotJudged {
  return 'because' in result;
}

/** The rows of a topic and what was hidden from them, or why there are none. */
export function rowsOf<Id extends TopicId>(
  input: CheckInput,
  topic: Id,
): { rows: Row<Id>[]; database: string | null; hidden?: NotJudged } | NotJudged {
  const answer = input.answer(topic);
  if (!answer) return { because: `${topic} was not asked yet.` };
  if (answer.status === 'unavailable') return { because: answer.hint, ...(answer.fixSql && { fixSql: answer.fixSql }) };
  const privilege = answer.partial?.find((part) => part.reason === 'privilege');
  return {
    rows: answer.rows,
    database: answer.database,
    ...(privilege && {
      hidden: { because: privilege.hint, ...(privilege.fixSql && { fixSql: privilege.fixSql }) },
    }),
  };
}
