import { z } from 'zod';
import { defineWork, type Refusal } from './action';
import { digits } from './session';
import type { RelationSubject } from './subjects/subject';

const kinds: Record<string, string> = {
  r: 'table',
  p: 'partitioned table',
  m: 'materialized view',
  f: 'foreign table',
};
const others: Record<string, string> = { S: 'a sequence', v: 'a view', t: 'a TOAST table', c: 'a composite type' };

function refuse({ relkind, quoted }: RelationSubject): Refusal | undefined {
  return relkind in kinds
    ? undefined
    : {
        code: 'not_a_table',
        message: `${quoted} is ${others[relkind] ?? 'not a table'}; only tables and materialized views have statistics to renew.`,
      };
}

/** Renews the planner's statistics of one table: `ANALYZE`. */
export const analyze = defineWork<RelationSubject, z.ZodObject>({
  id: 'analyze',
  title: 'Analyze table',
  summary: "Reads a sample of a table and renews the planner's statistics of it.",
  group: 'tables',
  run: 'maintenance',
  long: true,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'operator',
  confirm: 'click',
  rights:
    'Owner of the table or of the database, MAINTAIN on the table or pg_maintain (from PostgreSQL 17), or superuser.',
  options: z.strictObject({}),
  locks: [
    {
      object: 'the table',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables'],
  refuse: ({ subject }) => refuse(subject),
  plan: ({ subject, actor }) => ({
    question: `Analyze ${subject.quoted}?`,
    effect:
      subject.relkind === 'p'
        ? 'PostgreSQL reads a sample of every partition and renews the statistics of each and of the whole. Reads and writes go on.'
        : "PostgreSQL reads a sample of the rows and renews the planner's statistics. Reads and writes go on.",
    typed: subject.name,
    facts: [],
    warnings: [],
    ...(!subject.owns &&
      !subject.may_maintain && {
        missingRight: `Role ${actor.role} may not analyze ${subject.quoted}: PostgreSQL will skip it with a warning. It must own the table or its database, or have MAINTAIN (from PostgreSQL 17).`,
      }),
    steps: [
      {
        sql: `analyze /* pgdeck:analyze */ ${subject.quoted}`,
        locks: [{ oid: subject.oid, relation: subject.quoted, mode: 'ShareUpdateExclusiveLock' }],
        wait: 'brief',
        inTransaction: true,
        progress: 'ANALYZE',
      },
    ],
    queues: 'VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on it wait while this runs; reads and writes do not.',
  }),
  proof: ({ subject }) => ({
    text: `select /* pgdeck:analyzed */ coalesce(sum(pg_stat_get_analyze_count(r.oid)), 0)::text as times,
  max(pg_stat_get_last_analyze_time(r.oid)) as at
from ${subject.relkind === 'p' ? `(select p.relid as oid from pg_catalog.pg_partition_tree(${digits(subject.oid)}::oid) as p)` : `(select ${digits(subject.oid)}::oid as oid)`} as r`,
  }),
  judge: (before, after, { subject }) =>
    after && after.times !== before?.times
      ? { done: true, message: `${subject.quoted} is analyzed.` }
      : { done: false, message: `Nothing was done: PostgreSQL skipped ${subject.quoted}.` },
  not: 'Not analyzed.',
});
