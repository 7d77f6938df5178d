import type { PreviewBody } from '@/lib/actions/protocol';
import type { Limits } from '@/lib/config';
import type { Row, TopicId } from '@/lib/topics/index';
import type { Answer } from '@/lib/topics/topic';

/** How bad a finding is. */
export type Severity = 'critical' | 'warning';

/** How sure a check is of what it says. */
export type Confidence = 'high' | 'medium' | 'low';

/** What a finding is about; null where it is the whole server or database. */
export type FindingObject = {
  kind: 'server' | 'database' | 'role' | 'session' | 'table' | 'index';
  database: string | null;
  schema: string | null;
  name: string | null;
};

/** A number that a finding rests on, beside its limit where it has one. */
export type Evidence = { name: string; value: number | string | null; unit: string | null; limit?: number };

/** What a check says about one object, before the keeper adds its identity and its beginning. */
export type Draft = {
  severity: Severity;
  /** One sentence: subject and number. */
  title: string;
  /** Cause and limit, in sentences. */
  detail: string;
  evidence: Evidence[];
  confidence: Confidence;
  object: FindingObject;
  /** Body of the preview of the action that mends it. */
  remedy?: PreviewBody;
  /** Identity of what it is about, within its check; the same as long as it is the same trouble. */
  key: string;
  /** For how long it has been this bad, where the rows tell; else it counts from when it was first seen. */
  sinceSeconds?: number;
};

/** A finding as `GET /api/servers/:server/findings` gives it. */
export type Finding = Omit<Draft, 'sinceSeconds'> & {
  id: string;
  check: string;
  /** ISO 8601: since when it has been this bad. */
  since: string;
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
