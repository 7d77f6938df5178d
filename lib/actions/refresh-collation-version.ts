import { z } from 'zod';
import { bytes, plural } from '@/lib/format';
import { defineWork, type Refusal } from './action';
import type { DatabaseSubject } from './subjects/subject';

const options = z.strictObject({});
const mostNamed = 20;

/** Indexes that are ordered by the default collation of the database, largest first. */
const detailsSql = `select /* pgdeck:collated-indexes */ format('%I.%I', n.nspname, c.relname) as name, c.relpages::float8 as pages,
  count(*) over ()::int as count, sum(c.relpages) over ()::float8 as all_pages
from pg_catalog.pg_index as i
join pg_catalog.pg_class as c on c.oid = i.indexrelid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where 100 = any(i.indcollation::oid[]) and c.relkind = 'i' and n.nspname not in ('pg_catalog', 'pg_toast', 'information_schema')
order by c.relpages desc, 1 limit ${mostNamed}`;

function refuse({ subject, actor }: { subject: DatabaseSubject; actor: { major: number } }): Refusal | undefined {
  if (actor.major < 15)
    return {
      code: 'version',
      message: 'PostgreSQL keeps the version of the collation of a database from version 15 on; this server is older.',
    };
  const { collation_version: recorded, actual_collation_version: actual, quoted } = subject;
  if (actual === null)
    return { code: 'no_version', message: `The collation of ${quoted} has no version that could be compared.` };
  return recorded === actual
    ? {
        code: 'nothing_to_refresh',
        message: `${quoted} was made with version ${actual} of its collation, and has it now.`,
      }
    : undefined;
}

/** Records the version of the collation that a database has now: `ALTER DATABASE … REFRESH COLLATION VERSION`. */
export const refreshCollationVersion = defineWork<DatabaseSubject, typeof options>({
  id: 'refresh-collation-version',
  title: 'Refresh collation version',
  summary: 'Records the version that the default collation of a database has now, after its indexes were rebuilt.',
  group: 'server',
  run: 'transactional',
  long: false,
  onStandby: false,
  targetKinds: ['database'],
  role: 'admin',
  confirm: 'typed',
  rights: 'Owner of the database, or superuser.',
  options,
  locks: [],
  touches: ['databases'],
  details: () => ({ text: detailsSql }),
  refuse,
  plan: ({ subject, details, actor }) => {
    const count = Number(details[0]?.count ?? 0);
    const largest = details.slice(0, 10).map(({ name, pages }) => `${name} (${bytes(Number(pages) * 8192)})`);
    return {
      question: `Record the new collation version of ${subject.quoted}?`,
      effect:
        'PostgreSQL stops warning that the versions differ. Nothing is rebuilt: an index that was ordered by the old version stays as it is and can miss rows.',
      typed: subject.name,
      facts: [
        { label: 'Recorded version', value: subject.collation_version ?? 'none' },
        { label: 'Version of the operating system', value: subject.actual_collation_version ?? 'unknown' },
        {
          label: 'Indexes on text',
          value:
            count === 0
              ? 'none with the default collation'
              : `${count}, about ${bytes(Number(details[0]?.all_pages) * 8192)}: ${largest.join(', ')}${count > largest.length ? ', …' : ''}`,
        },
      ],
      warnings: [
        count === 0
          ? 'Constraints and partition bounds on text may depend on the order, too.'
          : `Rebuild ${count === 1 ? 'that index' : `those ${plural(count, 'index', 'indexes')}`} first (REINDEX), unless that was done since the version changed: PostgreSQL does not keep when an index was built, so pgdeck cannot tell. Constraints and partition bounds on text may depend on the order, too.`,
        'It is about the default collation of the database only; collations that columns name themselves have versions of their own.',
      ],
      ...(!subject.owns && {
        missingRight: `Role ${actor.role} does not own ${subject.quoted} (${subject.owner} does): PostgreSQL will refuse it.`,
      }),
      steps: [
        {
          sql: `alter /* pgdeck:refresh-collation-version */ database ${subject.quoted} refresh collation version`,
          locks: [],
          wait: 'brief',
          inTransaction: true,
        },
      ],
    };
  },
  proof: ({ subject, actor: { major } }) => ({
    text: `select /* pgdeck:collation-now */ ${major >= 15 ? 'd.datcollversion' : 'null::text'} as version
from pg_catalog.pg_database as d where d.datname = $1`,
    values: [subject.name],
  }),
  judge: (before, after, { subject }) =>
    after && after.version === subject.actual_collation_version
      ? {
          done: true,
          message: `${subject.quoted} has version ${after.version} of its collation recorded.`,
          figures: [
            {
              label: 'Recorded version',
              before: (before?.version as string | null) ?? null,
              after: String(after.version),
            },
          ],
        }
      : { done: false, message: `Nothing was done: ${after?.version ?? 'no version'} is still recorded.` },
  not: 'Not recorded.',
});
