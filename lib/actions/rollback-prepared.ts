import { z } from 'zod';
import { durationInWords } from '@/lib/format';
import { defineWork, type Row } from './action';
import type { PreparedSubject } from './subjects/subject';

const options = z.strictObject({});

/**
 * `held`: locks of the transaction on relations, and the lock on itself by which its others are found; `waiting`: sessions
 * that wait for one of them. A prepared transaction has no process, and pg_blocking_pids() tells of it as 0.
 */
const detailsSql = `with /* pgdeck:prepared-locks */ held as (
  select l.* from pg_catalog.pg_locks as l
  where l.pid is null and l.granted and l.virtualtransaction = (
    select own.virtualtransaction from pg_catalog.pg_locks as own
    where own.locktype = 'transactionid' and own.transactionid = $1::xid and own.granted and own.mode = 'ExclusiveLock' limit 1)
)
(select 'held' as kind, h.mode, null::int as pid, null::text as application_name, null::float8 as seconds,
  case when h.database in (0, (select d.oid from pg_catalog.pg_database as d where d.datname = current_database()))
    then h.relation::regclass::text else 'relation ' || h.relation end as relation
  from held as h where h.locktype = 'relation'
  order by h.mode = 'AccessExclusiveLock' desc, h.mode <> 'AccessShareLock' desc, h.relation limit 50)
union all
(select 'waiting', w.mode, w.pid, a.application_name, extract(epoch from clock_timestamp() - w.waitstart)::float8, null
  from pg_catalog.pg_locks as w
  left join pg_catalog.pg_stat_get_activity(null) as a on a.pid = w.pid
  where not w.granted and 0 = any(pg_catalog.pg_blocking_pids(w.pid))
    and exists (select from held as h where h.locktype = w.locktype and h.database is not distinct from w.database
      and h.relation is not distinct from w.relation and h.transactionid is not distinct from w.transactionid)
  order by w.waitstart nulls last limit 50)`;

const waiter = ({ pid, application_name, mode, seconds }: Row) =>
  `${pid}${application_name ? ` (${application_name})` : ''} for ${mode}${typeof seconds === 'number' ? `, ${durationInWords(seconds)}` : ''}`;

/** What has to be typed: the identifier, or where nobody could type that, the transaction's number. */
function typed({ gid, transaction }: PreparedSubject): string {
  return /^[!-~]{1,64}$/.test(gid) ? gid : transaction;
}

/** Rolls back a prepared transaction: `ROLLBACK PREPARED`. */
export const rollbackPrepared = defineWork<PreparedSubject, typeof options>({
  id: 'rollback-prepared',
  title: 'Roll back prepared transaction',
  summary: 'Rolls back a transaction that was prepared for two-phase commit and never ended.',
  group: 'server',
  run: 'transactional',
  long: false,
  onStandby: false,
  targetKinds: ['prepared'],
  role: 'admin',
  confirm: 'typed',
  rights: 'The role that prepared it, or superuser.',
  options,
  locks: [],
  touches: ['locks', 'sessions'],
  details: ({ subject }) => ({ text: detailsSql, values: [subject.transaction] }),
  plan: ({ subject, details, actor }) => {
    const held = details.filter(({ kind }) => kind === 'held');
    const waiting = details.filter(({ kind }) => kind === 'waiting');
    return {
      question: `Roll back prepared transaction ${subject.quoted}?`,
      effect:
        'What it wrote is lost, its locks are released, and VACUUM can remove rows that it kept. Its transaction manager may still mean to commit it, and will then find it gone.',
      typed: typed(subject),
      facts: [
        { label: 'Database', value: subject.database },
        { label: 'Owner', value: subject.owner },
        { label: 'Prepared', value: `${durationInWords(subject.age_seconds)} ago` },
        { label: 'Transaction', value: subject.transaction },
        ...(subject.xmin_age === null ? [] : [{ label: 'Transactions since', value: String(subject.xmin_age) }]),
        {
          label: 'Locks it holds',
          value:
            held.length > 0
              ? held
                  .slice(0, 10)
                  .map(({ mode, relation }) => `${mode} on ${relation}`)
                  .join(', ')
              : 'none on tables',
        },
        ...(waiting.length > 0
          ? [{ label: 'Who waits for it', value: waiting.slice(0, 10).map(waiter).join('; ') }]
          : []),
      ],
      warnings: ['There is no undo. Where its other parts were committed elsewhere, this one is then missing.'],
      ...(!subject.may_finish && {
        missingRight: `Role ${actor.role} did not prepare it (${subject.owner} did) and is no superuser: PostgreSQL will refuse it.`,
      }),
      steps: [
        {
          sql: `rollback /* pgdeck:rollback-prepared */ prepared ${subject.quoted}`,
          locks: [],
          wait: 'brief',
          inTransaction: false,
        },
      ],
    };
  },
  proof: ({ subject }) => ({
    text: `select /* pgdeck:prepared-now */ count(*)::int as there from pg_catalog.pg_prepared_xacts as p
where p.gid = $1 and p.transaction::text = $2`,
    values: [subject.gid, subject.transaction],
  }),
  judge: (_, after, { subject, details }) =>
    after?.there === 0
      ? {
          done: true,
          message: `Prepared transaction ${subject.quoted} is gone; its locks are released.`,
          figures: [
            {
              label: 'Locks on tables',
              before: String(details.filter(({ kind }) => kind === 'held').length),
              after: '0',
            },
          ],
        }
      : { done: false, message: `Nothing was done: prepared transaction ${subject.quoted} is still there.` },
  not: 'Not rolled back.',
});
