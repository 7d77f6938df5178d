import { type Limits, readConfig } from '@/lib/config';
import { type Row, type TopicId, topics } from '@/lib/topics/index';
import type { Answer, Partial as PartialAnswer, UnavailableReason } from '@/lib/topics/topic';
import { type Check, type CheckInput, isNotJudged, type Judgement, type NotJudged } from './check';

// What the tests of checks share: answers made from a few columns.

/** The limits of the settings as they come. */
const limits: Limits = readConfig({ DATABASE_URL: 'postgres://u@localhost/d', PGDECK_STATE_DIR: '/nowhere' }).limits;

/** Rows that each topic answered, or why it did not. */
export type Given = {
  [Id in TopicId]?: Partial<Row<Id>>[] | { unavailable: string; fixSql?: string; reason?: UnavailableReason };
};

const hiddenPart: PartialAnswer = {
  reason: 'privilege',
  object: 'pg_stat_activity',
  blockedBy: [],
  hint: 'Hidden from this role.',
  fixSql: 'grant pg_monitor to watcher;',
};

function answers(given: Given, hidden?: TopicId): CheckInput {
  const make = (topic: TopicId): Answer<never> | undefined => {
    const rows = given[topic];
    if (!rows) return undefined;
    const envelope = { topic, server: 's', database: topics[topic].scope === 'database' ? 'shop' : null };
    if (!Array.isArray(rows))
      return {
        ...envelope,
        status: 'unavailable',
        reason: rows.reason ?? 'extension',
        hint: rows.unavailable,
        fixSql: rows.fixSql ?? '',
      };
    return {
      ...envelope,
      status: 'ok',
      sampledAt: '2026-11-21T03:14:02.000Z',
      ageSeconds: 0,
      windowSeconds: 5,
      rows: rows as never[],
      ...(hidden === topic && { partial: [hiddenPart] }),
    };
  };
  return { answer: make as CheckInput['answer'], limits };
}

/** What a check concludes from these rows; `hidden` names a topic of which part is hidden from the role. */
export const judge = (check: Check, given: Given, hidden?: TopicId): Judgement => {
  const result = check.judge(answers(given, hidden));
  if (isNotJudged(result)) throw new Error(`not judged: ${result.because}`);
  return result;
};
/** Why a check could not judge these. */
export const gaveUp = (check: Check, given: Given): NotJudged => {
  const result = check.judge(answers(given));
  if (!isNotJudged(result)) throw new Error(`judged: ${result.sentence}`);
  return result;
};
/** Words with plain spaces, as a reader reads them. */
export const plain = (text: string | undefined) => (text ?? '').replaceAll('\u00a0', ' ');
