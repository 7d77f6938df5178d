import { z } from 'zod';
import { exact, plural } from '@/lib/format';
import { quoted } from '@/lib/identifier';
import { defineWork, type Given, type Reading, type Refusal } from './action';
import { type StatementsExtension, statementsExtension } from './server/statements-extension';
import { digits } from './session';
import type { DatabaseSubject, ServerSubject, StatementSubject } from './subjects/subject';

const options = z.strictObject({});

type Asked = Given<StatementSubject | DatabaseSubject | ServerSubject, z.output<typeof options>>;

/** What pg_stat_statements is here: a statement was read with it, for others it is looked up. */
function extensionOf({ subject, details }: Pick<Asked, 'subject' | 'details'>): StatementsExtension | undefined {
  return subject.kind === 'statement' ? subject : (details[0] as StatementsExtension | undefined);
}

/** Role, database and statement, 0 for all. */
function which(subject: Asked['subject']): { userid: string; dbid: string; queryid: string } {
  if (subject.kind === 'server') return { userid: '0', dbid: '0', queryid: '0' };
  if (subject.kind === 'database') return { userid: '0', dbid: String(subject.oid), queryid: '0' };
  const { userid, dbid, queryid } = subject;
  return { userid, dbid, queryid };
}

/** How many statements and calls there are now; only asked where the extension works. */
function counted(schema: string, subject: Asked['subject'], tellsReset: boolean): Reading {
  const { userid, dbid, queryid } = which(subject);
  return {
    text: `select /* pgdeck:statements-counted */ count(*)::int as statements, coalesce(sum(s.calls), 0)::float8 as calls,
  ${tellsReset ? `(select (extract(epoch from i.stats_reset) * 1000000)::bigint::text from ${schema}.pg_stat_statements_info() as i)` : 'null'} as reset_us
from ${schema}.pg_stat_statements(false) as s
where ($1::bigint = 0 or s.userid = ($1::bigint)::oid) and ($2::bigint = 0 or s.dbid = ($2::bigint)::oid) and ($3::bigint = 0 or s.queryid = $3::bigint)`,
    values: [userid, dbid, queryid],
  };
}

function refuse(given: Asked): Refusal | undefined {
  const { subject, details } = given;
  const extension = extensionOf(given);
  if (!extension?.schema)
    return {
      code: 'not_installed',
      message: `pg_stat_statements is not installed in ${subject.database}, so its statistics cannot be reached from there. Create the extension there, or reset them for the whole server from a database that has it.`,
    };
  if (!extension.preloaded)
    return {
      code: 'not_preloaded',
      message:
        'pg_stat_statements was not loaded when the server started (shared_preload_libraries), so it has no statistics.',
    };
  if (!extension.selective && subject.kind !== 'server')
    return {
      code: 'version',
      message: 'This version of pg_stat_statements can only be reset as a whole: update it to 1.7 or newer.',
    };
  return subject.kind === 'statement' && Number(details[0]?.statements ?? 0) === 0
    ? {
        code: 'no_statistics',
        message: `pg_stat_statements has nothing of ${subject.quoted} for ${subject.of_role} in ${subject.of_database ?? 'a database that was dropped'}, or this role may not see it.`,
      }
    : undefined;
}

function titleOf(subject: Asked['subject']): string {
  if (subject.kind === 'server') return 'all statements of the server';
  return subject.kind === 'database' ? `all statements of ${subject.quoted}` : subject.quoted;
}

/** Makes pg_stat_statements count again from zero: one statement, one database, or all. */
export const resetStatements = defineWork<StatementSubject | DatabaseSubject | ServerSubject, typeof options>({
  id: 'reset-statements',
  title: 'Reset statement statistics',
  summary: 'Makes pg_stat_statements count again from zero: for one statement, one database, or the whole server.',
  group: 'statistics',
  run: 'transactional',
  long: false,
  onStandby: true,
  targetKinds: ['statement', 'database', 'server'],
  role: 'admin',
  confirm: 'step',
  rights: 'Superuser, or EXECUTE on pg_stat_statements_reset().',
  options,
  locks: [],
  touches: ['slow-queries', 'statement-counters'],
  details: ({ subject, actor }) => {
    if (subject.kind !== 'statement')
      return {
        text: `select /* pgdeck:statements-extension */ x.* from (${statementsExtension}) as x`,
        values: [actor.role],
      };
    return subject.schema && subject.preloaded
      ? counted(subject.schema, subject, subject.tells_reset)
      : { text: 'select /* pgdeck:statements-counted */ 0 as statements, 0 as calls' };
  },
  refuse,
  plan: (given) => {
    const { subject, details, actor } = given;
    const extension = extensionOf(given);
    const { userid, dbid, queryid } = which(subject);
    const name = `${extension?.schema}.pg_stat_statements_reset`;
    const call = extension?.selective
      ? `${name}(${digits(userid)}::oid, ${digits(dbid)}::oid, '${bigint(queryid)}'::bigint)`
      : `${name}()`;
    return {
      question: `Reset the statistics of ${titleOf(subject)}?`,
      effect: `Calls, times, rows and blocks that pg_stat_statements counted are lost for everybody who reads it, and counting begins at zero. pgdeck's own history keeps what it has recorded.`,
      typed: subject.kind === 'server' ? 'all statements' : subject.name,
      ...(subject.kind === 'server' && { confirm: 'typed' as const }),
      facts:
        subject.kind === 'statement'
          ? [
              { label: 'Database', value: subject.of_database ?? 'dropped' },
              { label: 'Role', value: subject.of_role },
              { label: 'Calls', value: exact(Number(details[0]?.calls ?? 0)) },
            ]
          : [],
      warnings:
        subject.kind === 'statement'
          ? []
          : ['Other tools that read pg_stat_statements see a fall of all its counters.'],
      ...(!extension?.may_reset && {
        missingRight: `Role ${actor.role} may not reset them, and PostgreSQL will refuse it. A superuser can allow it: grant execute on function ${name} to ${quoted(actor.role)};`,
      }),
      steps: [{ sql: `select /* pgdeck:reset-statements */ ${call}`, locks: [], wait: 'brief', inTransaction: true }],
    };
  },
  proof: (given) => {
    const extension = extensionOf(given);
    return counted(extension?.schema ?? 'pg_catalog', given.subject, extension?.tells_reset ?? false);
  },
  judge: (before, after, given) => {
    const { subject } = given;
    const [were, are] = [Number(before?.calls ?? 0), Number(after?.calls ?? 0)];
    const reset =
      subject.kind === 'server' && extensionOf(given)?.tells_reset
        ? after?.reset_us !== before?.reset_us
        : after?.statements === 0 || are < were;
    return after && before && reset
      ? {
          done: true,
          message: `The statistics of ${titleOf(subject)} are reset.`,
          figures: [
            {
              label: 'Counted',
              before: `${plural(were, 'call')} of ${plural(Number(before.statements), 'statement')}`,
              after: `${plural(are, 'call')} of ${plural(Number(after.statements), 'statement')}`,
            },
          ],
        }
      : { done: false, message: `Nothing was done: the statistics of ${titleOf(subject)} are as they were.` };
  },
  not: 'Not reset.',
});

function bigint(value: string): string {
  if (!/^-?\d{1,19}$/.test(value)) throw new Error('not a number of digits');
  return value;
}
