import { z } from 'zod';
import { count } from '@/lib/format';
import { type Claim, defineWork, type Refusal } from './action';
import { digits } from './session';
import type { ConstraintSubject } from './subjects/subject';
import { pageBytes } from './tables/maintenance';

const kinds: Record<string, string> = { c: 'check constraint', f: 'foreign key', n: 'not-null constraint' };

function refuse(
  { contype, validated, quoted, table_quoted }: ConstraintSubject,
  enforced: boolean,
): Refusal | undefined {
  if (!(contype in kinds))
    return {
      code: 'not_validatable',
      message: `${quoted} of ${table_quoted} is backed by an index and never NOT VALID: only check constraints, not-null constraints and foreign keys can be.`,
    };
  if (!enforced)
    return {
      code: 'not_enforced',
      message: `${quoted} of ${table_quoted} is NOT ENFORCED: PostgreSQL checks no row by it, and does not validate it.`,
    };
  return validated ? { code: 'already_valid', message: `${quoted} of ${table_quoted} is valid already.` } : undefined;
}

function locksOf(subject: ConstraintSubject): Claim[] {
  const own: Claim = {
    oid: subject.table_oid,
    relation: subject.table_quoted,
    mode: 'ShareUpdateExclusiveLock',
    also: [{ what: 'partitions', mode: 'ShareUpdateExclusiveLock' }],
  };
  return subject.referenced_oid === null || subject.referenced_quoted === null
    ? [own]
    : [
        own,
        {
          oid: subject.referenced_oid,
          relation: subject.referenced_quoted,
          mode: 'RowShareLock',
          also: [{ what: 'partitions', mode: 'AccessShareLock' }],
        },
      ];
}

/** Checks the rows that a NOT VALID constraint has not seen yet: `VALIDATE CONSTRAINT`. */
export const validateConstraint = defineWork<ConstraintSubject, z.ZodObject>({
  id: 'validate-constraint',
  title: 'Validate constraint',
  summary: 'Checks the rows that were there before a NOT VALID constraint, while reads and writes go on.',
  group: 'tables',
  run: 'transactional',
  long: true,
  onStandby: false,
  targetKinds: ['constraint'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the table, or superuser; for a foreign key also SELECT on both tables, else it takes longer.',
  options: z.strictObject({}),
  locks: [
    {
      object: 'the table and its partitions',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
    {
      object: 'of a foreign key: the table that it names',
      mode: 'RowShareLock',
      blocks: 'DROP, TRUNCATE, most ALTER TABLE; not reads or writes',
    },
  ],
  touches: ['tables'],
  details: ({ subject, actor }) => ({
    text: `select /* pgdeck:constraint-enforced */ ${actor.major >= 18 ? 'k.conenforced' : 'true'} as enforced
from pg_catalog.pg_constraint as k where k.oid = ${digits(subject.oid)}::oid`,
  }),
  refuse: ({ subject, details }) => refuse(subject, details[0]?.enforced !== false),
  plan: ({ subject, actor }) => ({
    question: `Validate ${subject.quoted} of ${subject.table_quoted}?`,
    effect: `PostgreSQL reads every row of ${subject.table_quoted}${subject.referenced_quoted ? `, looks each up in ${subject.referenced_quoted},` : ''} and marks the constraint valid when all of them hold. Reads and writes go on.`,
    typed: subject.name,
    facts: [
      { label: 'Kind', value: kinds[subject.contype] ?? subject.contype },
      { label: 'Definition', value: subject.definition ?? 'not readable now: the table is locked' },
      {
        label: 'Rows',
        value:
          subject.estimated_rows < 0
            ? 'not known: the table was never analyzed'
            : `about ${count(subject.estimated_rows)}`,
      },
      {
        label: 'If a row breaks it',
        value:
          'the statement fails, the constraint stays NOT VALID, and nothing else changes. New rows are checked as before.',
      },
      { label: 'Undo', value: 'none is needed: the rows do not change.' },
    ],
    warnings: [],
    ...(!subject.owns_relation && {
      missingRight: `Role ${actor.role} does not own ${subject.table_quoted}, so PostgreSQL will refuse this (42501).`,
    }),
    steps: [
      {
        sql: `alter /* pgdeck:validate-constraint */ table ${subject.table_quoted} validate constraint ${subject.quoted}`,
        locks: locksOf(subject),
        wait: 'brief',
        inTransaction: true,
      },
    ],
    queues: 'VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on it wait while this runs; reads and writes do not.',
    work: { readBytes: subject.table_pages * pageBytes, writeBytes: 0 },
  }),
  proof: ({ subject }) => ({
    text: `select /* pgdeck:constraint-validated */ k.convalidated as valid
from pg_catalog.pg_constraint as k where k.oid = ${digits(subject.oid)}::oid`,
  }),
  judge: (before, after, { subject }) => {
    const name = `${subject.quoted} of ${subject.table_quoted}`;
    if (!after) return { done: false, message: `${name} is gone.` };
    return after.valid && !before?.valid
      ? { done: true, message: `${name} is valid.` }
      : { done: false, message: after.valid ? `${name} was valid before.` : `${name} is still NOT VALID.` };
  },
  not: 'Not validated.',
});
