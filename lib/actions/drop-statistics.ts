import { z } from 'zod';
import { defineWork, type Refusal } from './action';
import type { Undo } from './protocol';
import { digits } from './session';
import type { StatisticsSubject } from './subjects/subject';
import { dropStatisticsSql } from './tables/drop-that';

/** Without the definition there would be no way back. */
function refuse({ definition, table_quoted, quoted }: StatisticsSubject): Refusal | undefined {
  return definition === null
    ? {
        code: 'locked',
        message: `${table_quoted} is locked now, so that the definition of ${quoted} cannot be kept for an undo. Try again.`,
      }
    : undefined;
}

function undoOf({ definition }: StatisticsSubject): Undo {
  return { sql: definition ?? '', body: { action: 'recreate', target: { kind: 'run', runId: '' } } };
}

/** Removes a statistics object: `DROP STATISTICS`. */
export const dropStatistics = defineWork<StatisticsSubject, z.ZodObject>({
  id: 'drop-statistics',
  title: 'Drop statistics on columns',
  summary: 'Removes what was measured of several columns together; each column keeps its own statistics.',
  group: 'tables',
  run: 'transactional',
  long: false,
  onStandby: false,
  targetKinds: ['statistics'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the statistics object or of its schema, or superuser.',
  options: z.strictObject({}),
  locks: [
    {
      object: 'the table, for a moment',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables'],
  details: ({ subject, actor }) => ({
    text: `select /* pgdeck:statistics-target */ ${actor.major >= 17 ? 's.stxstattarget' : 'nullif(s.stxstattarget, -1)'}::int as target,
  obj_description(s.oid, 'pg_statistic_ext') as comment
from pg_catalog.pg_statistic_ext as s where s.oid = ${digits(subject.oid)}::oid`,
  }),
  refuse: ({ subject }) => refuse(subject),
  plan: ({ subject, details, actor }) => ({
    question: `Drop statistics ${subject.quoted}?`,
    effect: `The planner no longer knows how these columns of ${subject.table_quoted} depend on each other; plans can change at once. Reads and writes go on.`,
    typed: subject.name,
    facts: [{ label: 'Definition', value: subject.definition ?? '' }],
    warnings: [
      ...(details[0]?.target == null
        ? []
        : [`Its statistics target ${details[0].target} is not part of the definition: after an undo set it again.`]),
      ...(details[0]?.comment ? ['Its comment is lost, also after an undo.'] : []),
    ],
    ...(!subject.owns && {
      missingRight: `Role ${actor.role} does not own ${subject.quoted}, so PostgreSQL will refuse this (42501).`,
    }),
    steps: [
      {
        sql: dropStatisticsSql('drop-statistics', subject),
        locks: [{ oid: subject.table_oid, relation: subject.table_quoted, mode: 'ShareUpdateExclusiveLock' }],
        wait: 'brief',
        inTransaction: true,
      },
    ],
    undo: undoOf(subject),
  }),
  proof: ({ subject }) => ({
    text: `select /* pgdeck:statistics-dropped */ s.oid
from pg_catalog.pg_statistic_ext as s where s.oid = ${digits(subject.oid)}::oid`,
  }),
  judge: (before, after, { subject }) =>
    before && !after
      ? { done: true, message: `${subject.quoted} is dropped.`, undo: undoOf(subject) }
      : { done: false, message: after ? `${subject.quoted} is still there.` : `${subject.quoted} was gone before.` },
  not: 'The statistics were not dropped.',
});
