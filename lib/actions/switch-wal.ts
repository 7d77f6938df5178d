import { z } from 'zod';
import { bytes } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import { defineWork } from './action';
import type { ServerSubject } from './subjects/subject';

const options = z.strictObject({});

/** The segment that is written to, counted from the first, and how far. */
const place = `div(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), s.setting::numeric)::float8 as segment,
  mod(pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0'), s.setting::numeric)::float8 as used, s.setting::float8 as size,
  pg_walfile_name(pg_current_wal_lsn()) as file`;
const from = `from pg_catalog.pg_settings as s where s.name = 'wal_segment_size'`;

/** Ends the current WAL file, so that it is archived now: `pg_switch_wal()`. */
export const switchWal = defineWork<ServerSubject, typeof options>({
  id: 'switch-wal',
  title: 'Switch WAL file',
  summary: 'Ends the current WAL file and begins the next, so that what was written so far can be archived now.',
  group: 'server',
  run: 'maintenance',
  long: false,
  onStandby: false,
  targetKinds: ['server'],
  role: 'admin',
  confirm: 'step',
  rights: 'Superuser, or EXECUTE on pg_switch_wal().',
  options,
  locks: [],
  touches: ['wal'],
  details: ({ actor: { role } }) => ({
    text: `select /* pgdeck:wal-place */ ${place}, current_setting('archive_mode') as archive_mode,
  has_function_privilege($1::name, 'pg_catalog.pg_switch_wal()', 'execute') as may
${from}`,
    values: [role],
  }),
  plan: ({ details: [found], actor }) => ({
    question: 'Switch to the next WAL file?',
    effect:
      'The rest of the current file is left empty, and the file is handed to the archiver where there is one. Reads and writes go on.',
    typed: 'switch',
    facts: [
      { label: 'Used of the current file', value: `${bytes(Number(found?.used))} of ${bytes(Number(found?.size))}` },
      { label: 'archive_mode', value: String(found?.archive_mode) },
    ],
    warnings:
      found?.archive_mode === 'off'
        ? ['archive_mode is off: the file is not archived, so this gains nothing but an early end of it.']
        : [],
    ...(!found?.may && {
      missingRight: `Role ${actor.role} may not switch WAL files, and PostgreSQL will refuse it: grant execute on function pg_switch_wal() to ${quoted(actor.role)};`,
    }),
    steps: [
      {
        sql: 'select /* pgdeck:switch-wal */ pg_catalog.pg_switch_wal()',
        locks: [],
        wait: 'brief',
        inTransaction: true,
      },
    ],
  }),
  proof: () => ({ text: `select /* pgdeck:wal-now */ ${place} ${from}` }),
  judge: (before, after) =>
    before && after && Number(after.segment) > Number(before.segment)
      ? {
          done: true,
          message: `The WAL file ${before.file} is ended.`,
          figures: [
            { label: 'Bytes used of it', before: bytes(Number(before.used)), after: bytes(Number(before.size)) },
          ],
        }
      : {
          done: false,
          message: 'Nothing was done: nothing was written since the current WAL file was begun.',
        },
  not: 'Not switched.',
});
