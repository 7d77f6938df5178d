import { z } from 'zod';
import { bytes, exact } from '@/lib/format';
import { defineWork, type Given, type Plan } from './action';
import { attachAgain, type Child, childReading, detachLocks, detachSql, placeReading } from './partitions/child';
import { digits } from './session';
import type { RelationSubject } from './subjects/subject';

type Asked = Given<RelationSubject>;

/** Takes a partition out, as a table of its own with all its rows. */
export const detachPartition = defineWork<RelationSubject, z.ZodObject>({
  id: 'detach-partition',
  title: 'Detach partition',
  summary:
    'Makes a partition a table of its own, with its rows: CONCURRENTLY, or at once where a default partition forbids that; or finishes a detach that was interrupted.',
  group: 'partitions',
  run: 'concurrent',
  long: true,
  onStandby: false,
  targetKinds: ['relation'],
  role: 'admin',
  confirm: 'step',
  rights: 'Owner of the partitioned table; or superuser.',
  options: z.strictObject({}),
  locks: [
    {
      object: 'the partitioned table',
      mode: 'ShareUpdateExclusiveLock',
      blocks: 'VACUUM, ANALYZE, CREATE INDEX, ALTER TABLE; not reads or writes',
    },
    {
      object: 'the partition and its indexes, at the end for a moment; tables with foreign keys to the partitioned one',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
    {
      object: 'tables that its foreign keys name',
      mode: 'ShareRowExclusiveLock',
      blocks: 'writes and maintenance; not reads',
    },
    {
      object: 'the partitioned table and its default partition, where it has one',
      mode: 'AccessExclusiveLock',
      blocks: 'everything, reads too',
    },
  ],
  touches: ['tables', 'partitions', 'index-usage'],
  details: ({ subject, actor }) => childReading(subject, actor.role),
  refuse: (given) =>
    childOf(given)
      ? undefined
      : { code: 'not_a_partition', message: `${given.subject.quoted} is not a partition of a table.` },
  plan,
  proof: ({ subject }) => placeReading(digits(subject.oid)),
  judge: (_before, after, given) => {
    const { subject } = given;
    const child = childOf(given) as Child;
    const undo = attachAgain(subject, child);
    if (after && after.parent === null)
      return {
        done: true,
        message: `${subject.quoted} is a table of its own, with its rows (${bytes(Number(after.bytes ?? 0))}).`,
        figures: [{ label: 'Takes', before: child.bound, after: null }],
        ...(undo && { undo }),
      };
    return {
      done: false,
      message: after
        ? `${subject.quoted} is still a partition of ${child.parent_quoted}.`
        : `${subject.quoted} is not there any more.`,
      ...(after?.pending === true && { next: [finish(subject)] }),
    };
  },
  not: 'Not detached.',
});

const childOf = ({ details }: Pick<Asked, 'details'>) => details[0] as Child | undefined;

/** The next action where a detach was begun and not finished. */
export function finish(subject: RelationSubject) {
  return {
    title: `Finish detaching ${subject.quoted}: it was begun, and queries of the whole table do not see its rows any more`,
    body: {
      action: 'detach-partition',
      target: { kind: 'relation' as const, database: subject.database, oid: subject.oid },
    },
  };
}

function plan(given: Asked): Plan {
  const { subject, actor } = given;
  const child = childOf(given) as Child;
  const { parent_quoted: parent, pending, defaults } = child;
  const plain = defaults.length > 0 && !pending;
  const undo = attachAgain(subject, child);
  return {
    question: pending ? `Finish detaching ${subject.quoted}?` : `Detach ${subject.quoted} from ${parent}?`,
    effect: pending
      ? `A detach was interrupted: queries of ${parent} do not see its rows, but it still hangs on it. This finishes it.`
      : plain
        ? `It becomes a table of its own with all its rows. ${parent} has a default partition, and so PostgreSQL detaches only while nobody uses ${parent} at all.`
        : `PostgreSQL marks it, waits for every transaction that uses ${parent}, and then it is a table of its own with all its rows. Queries of ${parent} no longer see them. A CHECK constraint that says what the bound said is left on it, so that it can be attached again without being read.`,
    typed: subject.name,
    facts: [
      { label: 'Takes', value: child.bound },
      {
        label: 'Rows and size',
        value: `about ${exact(Math.max(0, subject.estimated_rows))}, ${bytes(child.bytes ?? 0)}`,
      },
      ...(child.parts > 0 ? [{ label: 'Partitions of its own', value: exact(child.parts) }] : []),
    ],
    warnings: [
      ...(plain
        ? [
            `AccessExclusiveLock on ${parent}: reads and writes of all its partitions wait while this waits for its lock, at most 2 s for each try.`,
          ]
        : []),
      ...(child.referenced && !pending
        ? [
            `Foreign keys lead to ${parent}: PostgreSQL reads the tables with them, and refuses (23503) where they name rows of ${subject.quoted}.`,
          ]
        : []),
      ...(!plain && !pending
        ? [
            'If it is interrupted in its second half, the detach stays pending until it is finished; that is offered then.',
          ]
        : []),
    ],
    ...(!child.owns_parent && {
      missingRight: `Role ${actor.role} does not own ${parent}, so PostgreSQL will refuse this (42501).`,
    }),
    steps: [
      {
        sql: detachSql('detach-partition', subject, child),
        locks: detachLocks(subject, child),
        // Giving up a wait of the concurrent way leaves it pending: it steps back only when others have waited for long.
        wait: plain || pending ? 'brief' : 'patient',
        inTransaction: plain || pending,
        ...(pending && { outlivesSnapshots: true }),
        ...(!plain && !pending && { yieldAfterSeconds: 10 }),
      },
    ],
    queues: plain
      ? `Everybody who uses ${parent} waits behind it, for at most 2 s.`
      : `VACUUM, ANALYZE, CREATE INDEX and ALTER TABLE on ${parent} wait while this runs. At its end it waits for those who use ${subject.quoted}, and who comes later waits behind it; it steps back after 10 s.`,
    ...(undo && { undo }),
  };
}
