import { z } from 'zod';
import { bytes } from '@/lib/format';
import { defineWork, type Refusal } from './action';
import type { SlotSubject } from './subjects/subject';

const options = z.strictObject({});

function refuse({ subject }: { subject: SlotSubject }): Refusal | undefined {
  if (subject.temporary)
    return {
      code: 'slot_temporary',
      message: `Slot ${subject.name} is temporary: it goes with the session that made it.`,
    };
  if (subject.active)
    return {
      code: 'slot_active',
      message: `Slot ${subject.name} is in use by process ${subject.active_pid}. End what follows it first; a slot in use is not dropped.`,
    };
  return subject.synced
    ? {
        code: 'slot_synced',
        message: `Slot ${subject.name} is a copy of one on the primary and would come back: drop it there.`,
      }
    : undefined;
}

/** The condition that a place in the WAL is the one that was shown. */
function isLsn(lsn: string | null): string {
  if (lsn === null) return 'is null';
  if (!/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/i.test(lsn)) throw new Error('not a place in the WAL');
  return `= '${lsn}'`;
}

/** What no longer works without the slot. */
function breaks({ slot_type, plugin, slot_database, failover }: SlotSubject): string {
  return slot_type === 'physical'
    ? 'A standby or backup tool that follows it cannot go on once the WAL it still needs is gone: it has to be built anew, or fed from an archive.'
    : `The consumer (plugin ${plugin}, database ${slot_database}) loses its place: a subscription or capture that used it needs a new slot and a new copy of the data.${failover ? ' Its copies on standbys go too.' : ''}`;
}

/** Drops a replication slot that nobody uses: `pg_drop_replication_slot()`. */
export const dropSlot = defineWork<SlotSubject, typeof options>({
  id: 'drop-slot',
  title: 'Drop replication slot',
  summary: 'Drops a replication slot that nobody uses, so that the WAL and the old rows it keeps can go.',
  group: 'server',
  run: 'transactional',
  long: false,
  onStandby: true,
  targetKinds: ['slot'],
  role: 'admin',
  confirm: 'typed',
  rights: 'REPLICATION attribute, or superuser.',
  options,
  locks: [],
  touches: ['replication', 'wal'],
  refuse,
  plan: ({ subject, actor }) => ({
    question: `Drop replication slot ${subject.quoted}?`,
    effect: `WAL that only this slot keeps is removed at the next checkpoint, and old rows that it holds can be vacuumed. ${breaks(subject)}`,
    typed: subject.name,
    facts: [
      {
        label: 'Type',
        value: subject.slot_type === 'logical' ? `logical, ${subject.plugin}, ${subject.slot_database}` : 'physical',
      },
      { label: 'WAL status', value: subject.wal_status ?? 'keeps nothing' },
      {
        label: 'Keeps WAL',
        value:
          subject.retained_bytes === null ? 'none' : `${bytes(subject.retained_bytes)} from ${subject.restart_lsn}`,
      },
      ...(subject.xmin_age === null
        ? []
        : [{ label: 'Holds rows of the last', value: `${subject.xmin_age} transactions` }]),
    ],
    warnings: ['There is no undo: a slot cannot be made again at an earlier place.'],
    ...(!subject.may_replicate && {
      missingRight: `Role ${actor.role} lacks the REPLICATION attribute: PostgreSQL will refuse it.`,
    }),
    steps: [
      {
        // The slot itself is looked at by the statement that drops it: another one of its name does not stand where it stood.
        sql: `select /* pgdeck:drop-slot */ pg_catalog.pg_drop_replication_slot(s.slot_name) from pg_catalog.pg_replication_slots as s
where s.slot_name = ${subject.literal} and not s.active and s.slot_type = '${subject.slot_type === 'logical' ? 'logical' : 'physical'}'
  and s.restart_lsn ${isLsn(subject.restart_lsn)} and s.confirmed_flush_lsn ${isLsn(subject.confirmed_flush_lsn)}`,
        locks: [],
        wait: 'brief',
        inTransaction: true,
      },
    ],
  }),
  proof: ({ subject }) => ({
    text: `select /* pgdeck:slot-now */ count(*)::int as there from pg_catalog.pg_replication_slots as s where s.slot_name = $1`,
    values: [subject.name],
  }),
  judge: (_, after, { subject }) =>
    after?.there === 0
      ? {
          done: true,
          message: `Slot ${subject.name} is dropped. The WAL that it kept is removed at the next checkpoint.`,
          ...(subject.retained_bytes !== null && {
            figures: [{ label: 'WAL kept by it', before: bytes(subject.retained_bytes), after: bytes(0) }],
          }),
        }
      : { done: false, message: `Nothing was done: slot ${subject.name} is still there.` },
  not: 'Not dropped.',
});
