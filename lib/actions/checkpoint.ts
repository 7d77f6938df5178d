import { z } from 'zod';
import { bytes, durationInWords } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import { defineWork } from './action';
import type { ServerSubject } from './subjects/subject';

const options = z.strictObject({});

/** Makes the server write its dirty pages now: `CHECKPOINT`. */
export const checkpoint = defineWork<ServerSubject, typeof options>({
  id: 'checkpoint',
  title: 'Checkpoint',
  summary: 'Writes all changed pages to disk now, so that recovery would start from here.',
  group: 'server',
  run: 'maintenance',
  long: true,
  onStandby: true,
  targetKinds: ['server'],
  role: 'admin',
  confirm: 'step',
  rights: 'Superuser, or pg_checkpoint (from PostgreSQL 15).',
  options,
  locks: [],
  touches: ['wal'],
  details: ({ actor: { role, major } }) => ({
    text: `select /* pgdeck:checkpoint-facts */ pg_is_in_recovery() as standby,
  pg_wal_lsn_diff(case when pg_is_in_recovery() then pg_last_wal_replay_lsn() else pg_current_wal_lsn() end, c.redo_lsn)::float8 as wal_bytes,
  extract(epoch from clock_timestamp() - c.checkpoint_time)::float8 as seconds,
  (select r.rolsuper from pg_catalog.pg_roles as r where r.rolname = $1::name)${major >= 15 ? ` or pg_has_role($1::name, 'pg_checkpoint', 'usage')` : ''} as may
from pg_catalog.pg_control_checkpoint() as c`,
    values: [role],
  }),
  plan: ({ details: [found], actor }) => ({
    question: found?.standby ? 'Make a restartpoint now?' : 'Make a checkpoint now?',
    effect: found?.standby
      ? 'This standby writes its changed pages at full speed; its recovery would then start later in the WAL. It can only do so at a checkpoint of the primary.'
      : 'PostgreSQL writes all changed pages at full speed instead of spreading them over time. Reads and writes go on, and may be slower meanwhile.',
    typed: 'checkpoint',
    facts: [
      ...(typeof found?.seconds === 'number'
        ? [{ label: 'Last checkpoint', value: `${durationInWords(found.seconds)} ago` }]
        : []),
      ...(typeof found?.wal_bytes === 'number' ? [{ label: 'WAL since', value: bytes(found.wal_bytes) }] : []),
    ],
    warnings: ['After it, each page that is changed for the first time is written to the WAL as a whole again.'],
    ...(!found?.may && {
      missingRight: `Role ${actor.role} may not make checkpoints, and PostgreSQL will refuse it${actor.major >= 15 ? `: grant pg_checkpoint to ${quoted(actor.role)};` : ': before PostgreSQL 15 only a superuser may.'}`,
    }),
    steps: [{ sql: 'checkpoint /* pgdeck:checkpoint */', locks: [], wait: 'patient', inTransaction: false }],
    settings: ['checkpoint_timeout', 'max_wal_size', 'shared_buffers'],
  }),
  proof: () => ({
    text: `select /* pgdeck:checkpoint-now */ c.checkpoint_lsn::text as lsn, c.redo_lsn::text as redo, pg_is_in_recovery() as standby
from pg_catalog.pg_control_checkpoint() as c`,
  }),
  judge: (before, after) => {
    if (after && before && after.lsn !== before.lsn)
      return {
        done: true,
        message: `The ${after.standby ? 'restartpoint' : 'checkpoint'} is complete.`,
        figures: [{ label: 'Checkpoint', before: String(before.lsn), after: String(after.lsn) }],
      };
    return {
      done: false,
      message: after?.standby
        ? 'Nothing was done: no checkpoint of the primary was replayed since the last restartpoint.'
        : 'Nothing was done: the last checkpoint is the same as before.',
    };
  },
  not: 'No checkpoint was made.',
});
